import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { link, mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDir } from './atomic-file.ts';

/** Why a file is not one to keep a secret in, as a clause. */
export class NotPrivate extends Error {
  override readonly name = 'NotPrivate';
}

/**
 * What a small file holds that only this user may read; undefined when there is none. Throws {@link NotPrivate} for
 * a link, a folder, somebody else's file, or one that others may open.
 */
export async function readPrivateFile(filePath: string, maxBytes: number): Promise<Uint8Array | undefined> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(
      filePath,
      constants.O_RDONLY | (constants.O_NOFOLLOW || 0) | (constants.O_NONBLOCK || 0),
    );
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return undefined;
    if (code === 'ELOOP') throw new NotPrivate('is a link');
    throw error;
  }
  try {
    const facts = await file.stat();
    if (!facts.isFile()) throw new NotPrivate('is not a file');
    if (process.platform !== 'win32') {
      if (facts.uid !== process.getuid?.()) throw new NotPrivate('belongs to somebody else');
      if ((facts.mode & 0o077) !== 0) throw new NotPrivate('can be opened by others');
    }
    if (facts.size > maxBytes) throw new NotPrivate('is too long');
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** Makes such a file, whole or not at all; false when there is one already, which stays. */
export async function createPrivateFile(filePath: string, content: Uint8Array): Promise<boolean> {
  const dirPath = dirname(filePath);
  await mkdir(dirPath, { recursive: true, mode: 0o700 });
  const temporary = `${filePath}.${randomUUID()}.tmp`;
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await link(temporary, filePath);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
  await syncDir(dirPath);
  return true;
}
