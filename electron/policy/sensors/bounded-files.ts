import { closeSync, openSync, readSync } from 'node:fs';
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

const procBytes = 512;
const procBuffer = Buffer.alloc(procBytes);

/**
 * The first 512 bytes of a file of /proc, at once: for those for which the kernel never waits, where a detour over a
 * thread costs many times the read. Undefined when it cannot be read.
 */
export function readProcNow(filePath: string): string | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(filePath, 'r');
    return procBuffer.toString('utf8', 0, readSync(descriptor, procBuffer, 0, procBytes, 0));
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
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
