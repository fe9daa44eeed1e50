import { constants } from 'node:fs';
import { lstat, open, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The bytes of a file that only an administrator can have written; null: there is none. */
export type TrustedFile = { readonly bytes: Buffer } | { readonly fault: string } | null;

/** No profile needs more, in bytes. */
const maxBytes = 256 * 1024;
const rootUid = 0;
const stickyBit = 0o1000;

/**
 * Reads a file that must be an administrator's: it and every folder above its real place belong to root (or to
 * `trustedUid`, for tests), and nobody else can write them, or rename in them. Never rejects.
 */
export async function readTrustedFile(filePath: string, trustedUid = rootUid): Promise<TrustedFile> {
  const isTrusted = (uid: number): boolean => uid === rootUid || uid === trustedUid;
  try {
    // A pipe in its place must not hold us up.
    const file = await open(filePath, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = await file.stat();
      const { mode, uid, size } = stats;
      if (!stats.isFile()) return { fault: 'it is not a regular file' };
      if (!isTrusted(uid)) return { fault: 'it does not belong to the administrator (root)' };
      if (isOpenToOthers(mode)) return { fault: 'others than the administrator can write it' };
      if (size > maxBytes) return { fault: `it is larger than ${maxBytes} bytes` };
      const fault = await folderFault(await realpath(filePath), isTrusted);
      if (fault !== null) return { fault };
      const bytes = Buffer.alloc(maxBytes + 1);
      const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
      if (bytesRead > maxBytes) return { fault: `it is larger than ${maxBytes} bytes` };
      return { bytes: bytes.subarray(0, bytesRead) };
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = codeOf(error);
    return code === 'ENOENT'
      ? await whyMissing(filePath, isTrusted)
      : { fault: `it cannot be read (${code})` };
  }
}

/** A file that is not there is none; one that somebody can have taken away is a fault. */
async function whyMissing(filePath: string, isTrusted: (uid: number) => boolean): Promise<TrustedFile> {
  try {
    await lstat(filePath);
    return { fault: 'it points to a file that is not there' };
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') return { fault: `it cannot be read (${codeOf(error)})` };
  }
  try {
    const dirPath = await realpath(dirname(filePath));
    const fault = await folderFault(`${dirPath}/.`, isTrusted);
    return fault === null ? null : { fault };
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? null : { fault: `it cannot be read (${codeOf(error)})` };
  }
}

/** Why somebody else could put another file in its place; null when nobody can. */
async function folderFault(
  realFilePath: string,
  isTrusted: (uid: number) => boolean,
): Promise<string | null> {
  for (let dirPath = dirname(realFilePath); ; dirPath = dirname(dirPath)) {
    const { mode, uid } = await stat(dirPath);
    // In a folder with the sticky bit others can add files, and touch none that are not theirs.
    if (!isTrusted(uid) || (isOpenToOthers(mode) && (mode & stickyBit) === 0)) {
      return `others than the administrator can replace files in ${dirPath}`;
    }
    if (dirPath === dirname(dirPath)) return null;
  }
}

const isOpenToOthers = (mode: number): boolean => (mode & 0o022) !== 0;

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : String(error);
}
