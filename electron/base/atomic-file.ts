import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Makes a rename in `dirPath` durable. Folders cannot be synced on Windows, where renames are journaled. */
export async function syncDir(dirPath: string): Promise<void> {
  if (process.platform === 'win32') return;
  const dir = await open(dirPath, 'r');
  try {
    await dir.sync();
  } finally {
    await dir.close();
  }
}

/**
 * Puts `filePath` in its place as a whole: written beside it, synced, renamed. The rename is durable once its folder is
 * synced, which is left to whoever writes several. Throws what the file system throws.
 */
export async function placeFile(filePath: string, content: string | Uint8Array, mode: number): Promise<void> {
  const temporary = `${filePath}.${randomUUID()}.tmp`;
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      await file.writeFile(content);
      // Its content and its length; times are no matter.
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(temporary, filePath);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Replaces `filePath` as a whole (written beside it, synced, renamed, folder synced). Throws what the file system throws. */
export async function writeFileAtomic(
  filePath: string,
  content: string | Uint8Array,
  mode = 0o600,
): Promise<void> {
  await placeFile(filePath, content, mode);
  await syncDir(dirname(filePath));
}
