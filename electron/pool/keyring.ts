import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createPrivateFile, NotPrivate, readPrivateFile } from '../base/private-file.ts';
import { GleanerError } from '../contract/failures.ts';
import { keyOfPem, type Role, roles, type SigningKey } from './keys.ts';

/** `ROLE.FIRST-OF-ITS-ID.pem`. */
const keyFile = /^(root|targets|snapshot|timestamp|statements)\.[0-9a-f]{16}\.pem$/;
const keyBytesMax = 4096;

/**
 * For so long a key that is trusted no more signs along, so that hosts that have not seen the new root can read on. Epoch
 * ms by the file's own time.
 */
const retiredMs = 14 * 86_400_000;

export function keyFileName({ role, id }: SigningKey): string {
  return `${role}.${id.slice(0, 16)}.pem`;
}

/** One key of a file that was named. @throws GleanerError `not-found`, `document-invalid` */
export async function readKey(role: Role, filePath: string): Promise<SigningKey> {
  try {
    const pem = await readPrivateFile(filePath, keyBytesMax);
    if (pem !== undefined) return keyOfPem(role, Buffer.from(pem).toString('utf8'));
  } catch (error) {
    const why = error instanceof NotPrivate ? error.message : 'holds no ed25519 key';
    throw new GleanerError('document-invalid', `The key file ${filePath} ${why}.`, undefined, {
      cause: error,
    });
  }
  throw new GleanerError('not-found', `There is no key file ${filePath}.`);
}

/** All keys in a folder. @throws GleanerError as {@link readKey} */
export async function readKeys(keysDir: string): Promise<SigningKey[]> {
  const keys: SigningKey[] = [];
  for (const name of (await readdir(keysDir)).sort()) {
    const [, role] = keyFile.exec(name) ?? [];
    const known = roles.find((one) => one === role);
    if (known !== undefined) keys.push(await readKey(known, join(keysDir, name)));
  }
  return keys;
}

/** Deletes keys that nothing trusts any more, once hosts have had time to follow. Returns those that are left. */
export async function dropRetired(
  keysDir: string,
  keys: readonly SigningKey[],
  trusted: ReadonlySet<string>,
  now: number,
): Promise<SigningKey[]> {
  const left: SigningKey[] = [];
  for (const key of keys) {
    const filePath = join(keysDir, keyFileName(key));
    const isOld = !trusted.has(key.id) && (await ageOf(filePath, now)) > retiredMs;
    if (isOld) await rm(filePath, { force: true });
    else left.push(key);
  }
  return left;
}

/** @throws GleanerError `bad-request` when the file is there */
export async function saveKey(filePath: string, pem: string): Promise<void> {
  if (await createPrivateFile(filePath, Buffer.from(pem))) return;
  throw new GleanerError('bad-request', `There is a file ${filePath} already.`, 'Name another one.');
}

async function ageOf(filePath: string, now: number): Promise<number> {
  const facts = await stat(filePath).catch(() => undefined);
  return facts === undefined ? 0 : now - facts.mtimeMs;
}
