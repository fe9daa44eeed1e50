import { type FileHandle, open, readdir } from 'node:fs/promises';

/** The first `maxBytes` of a file, trimmed; undefined when it cannot be read. Never waits for more. */
export async function readHead(filePath: string, maxBytes: number): Promise<string | undefined> {
  let file: FileHandle | undefined;
  try {
    file = await open(filePath, 'r');
    const { bytesRead, buffer } = await file.read(Buffer.alloc(maxBytes), 0, maxBytes, null);
    return buffer.toString('utf8', 0, bytesRead).trim();
  } catch {
    return undefined;
  } finally {
    await file?.close().catch(() => undefined);
  }
}

/** Names in a folder, sorted, at most `most`; undefined when there is no such folder. */
export async function namesIn(dirPath: string, most: number): Promise<string[] | undefined> {
  try {
    return (await readdir(dirPath)).sort().slice(0, most);
  } catch {
    return undefined;
  }
}

/** The decimal number that a sysfs attribute holds; undefined for all else. */
export async function readNumber(filePath: string): Promise<number | undefined> {
  const text = await readHead(filePath, 32);
  return text !== undefined && /^-?\d{1,18}$/.test(text) ? Number(text) : undefined;
}
