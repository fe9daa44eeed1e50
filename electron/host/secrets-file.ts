import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createPrivateFile, NotPrivate, readPrivateFile } from '../base/private-file.ts';
import { GleanerError } from '../contract/index.ts';

const keyBytes = 32;

/**
 * Secrets in files that only this user may read, where there is no better place: `DIR/NAME.key`, 32 random bytes,
 * made when it is first asked for.
 */
export class KeyFiles {
  /** Where the keys are, for doctor. */
  readonly place = 'a file that only this user may read';
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Rejects `storage-failed` for a file that others could read, or that is no key; else what the file system says. */
  async key(name: string): Promise<Uint8Array> {
    const filePath = join(this.#dir, `${name}.key`);
    const known = await this.#read(filePath);
    if (known) return known;
    const made = randomBytes(keyBytes);
    if (await createPrivateFile(filePath, made)) return made;
    // Another process was faster.
    return (await this.#read(filePath)) ?? made;
  }

  async #read(filePath: string): Promise<Uint8Array | undefined> {
    try {
      const key = await readPrivateFile(filePath, keyBytes);
      if (key && key.length !== keyBytes) throw new NotPrivate('is too short');
      return key;
    } catch (error) {
      if (!(error instanceof NotPrivate)) throw error;
      throw new GleanerError(
        'storage-failed',
        `The key file ${filePath} is not used: it ${error.message}.`,
        'Delete it, and another is made; what was saved under it is lost.',
      );
    }
  }
}
