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

/** Replaces `filePath` as a whole (written beside it, synced, renamed, folder synced). Throws what the file system throws. */
export async function writeFileAtomic(
  filePath: string,
  content: string | Uint8Array,
  mode = 0o600,
): Promise<void> {
  const temporary = `${filePath}.${process.pid}.tmp`;
  try {
    const file = await open(temporary, 'w', mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, filePath);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDir(dirname(filePath));
}
