import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../base/atomic-file.ts';
import { GleanerError } from '../contract/index.ts';
import type { Secrets } from '../vm/vm.ts';

const ivBytes = 12;
const tagBytes = 16;
const algorithm = 'aes-256-gcm';

/**
 * Small secrets of others (account keys, a proxy's password), each in a file that is enciphered under a key of the
 * host's: `DIR/NAME.sealed` holds nonce, tag and text; the name is authenticated, too.
 */
export class SealedFiles {
  readonly #dir: string;
  readonly #secrets: Secrets;

  constructor(dir: string, secrets: Secrets) {
    this.#dir = dir;
    this.#secrets = secrets;
  }

  /** @param name `a-z0-9-` */
  async put(name: string, text: string): Promise<void> {
    const iv = randomBytes(ivBytes);
    const cipher = createCipheriv(algorithm, await this.#secrets.key('sealed'), iv);
    cipher.setAAD(Buffer.from(name));
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    await writeFileAtomic(this.#path(name), Buffer.concat([iv, cipher.getAuthTag(), sealed]));
  }

  /** null when there is none. Rejects `storage-failed` for one that was changed, or whose key is gone. */
  async get(name: string): Promise<string | null> {
    const file = await readFile(this.#path(name)).catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
      throw error;
    });
    if (file === null) return null;
    try {
      const decipher = createDecipheriv(
        algorithm,
        await this.#secrets.key('sealed'),
        file.subarray(0, ivBytes),
      );
      decipher.setAAD(Buffer.from(name));
      decipher.setAuthTag(file.subarray(ivBytes, ivBytes + tagBytes));
      return decipher.update(file.subarray(ivBytes + tagBytes), undefined, 'utf8') + decipher.final('utf8');
    } catch (error) {
      throw new GleanerError(
        'storage-failed',
        'A password or key that Gleaner keeps cannot be read any more.',
        'Enter it again.',
        { cause: error },
      );
    }
  }

  async forget(name: string): Promise<void> {
    await rm(this.#path(name), { force: true });
  }

  #path(name: string): string {
    return join(this.#dir, `${name}.sealed`);
  }
}
