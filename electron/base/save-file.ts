import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** A new name beside `filePath` for what is not complete yet. */
export function partialBeside(filePath: string): string {
  return join(dirname(filePath), `.${basename(filePath)}.${randomBytes(6).toString('hex')}.partial`);
}

/** Writes a file that must not be there; follows no link. Resolves with its size in bytes. */
export async function writeNewFile(
  filePath: string,
  bytes: AsyncIterable<Uint8Array>,
  mode = 0o644,
): Promise<number> {
  const file = await open(filePath, 'wx', mode);
  try {
    let size = 0;
    for await (const chunk of bytes) {
      await file.writeFile(chunk);
      size += chunk.length;
    }
    return size;
  } finally {
    await file.close();
  }
}

/**
 * Writes a stream into a file, which appears, or is replaced, only when it is complete. Resolves with its size in bytes;
 * throws what the file system or the stream throws, and leaves nothing then.
 */
export async function saveStream(
  filePath: string,
  bytes: AsyncIterable<Uint8Array>,
  mode: number,
  partialPath = partialBeside(filePath),
): Promise<number> {
  try {
    const size = await writeNewFile(partialPath, bytes, mode);
    await rename(partialPath, filePath);
    return size;
  } finally {
    await rm(partialPath, { force: true });
  }
}
