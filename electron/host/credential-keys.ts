import { hkdfSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GleanerError } from '../contract/index.ts';
import type { HostOptions } from './options.ts';
import { KeyFiles } from './secrets-file.ts';

/** As a unit's `LoadCredentialEncrypted=` names it. */
const credentialName = 'gleaner.key';
const leastBytes = 32;
const keyBytes = 32;

/** Keys made of one secret that systemd hands to the service (systemd.exec(5), CREDENTIALS): none lies in a file of the host's. */
export class CredentialKeys {
  /** Where the keys are, for doctor. */
  readonly place = 'a credential that systemd keeps for this service';
  readonly #secret: Buffer;

  private constructor(secret: Buffer) {
    this.#secret = secret;
  }

  /** null: there is no such credential. Rejects `storage-failed` for one that is too short to be a secret. */
  static async open(credentialsDir: string): Promise<CredentialKeys | null> {
    const filePath = join(credentialsDir, credentialName);
    const secret = await readFile(filePath).catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
      throw error;
    });
    if (secret === null) return null;
    if (secret.length >= leastBytes) return new CredentialKeys(secret);
    throw new GleanerError(
      'storage-failed',
      `The credential ${credentialName} is too short for a secret: ${secret.length} bytes of ${leastBytes}.`,
      'Make it of 32 random bytes or more.',
    );
  }

  /** By HKDF (RFC 5869) with SHA-256: other names, keys that have nothing to do with each other. */
  key(name: string): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(hkdfSync('sha256', this.#secret, '', `gleaner ${name}`, keyBytes)));
  }
}

/** The service's secrets: of systemd's credential where there is one, else in private files in its folder. */
export async function serviceSecrets(
  env: Readonly<Record<string, string | undefined>>,
  keysDir: string,
): Promise<NonNullable<HostOptions['secrets']>> {
  const credentialsDir = env['CREDENTIALS_DIRECTORY'];
  const credential = credentialsDir === undefined ? null : await CredentialKeys.open(credentialsDir);
  return credential ?? new KeyFiles(keysDir);
}
