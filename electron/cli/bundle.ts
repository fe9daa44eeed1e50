import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { readArchive } from '../grid/local/package-archive.ts';

/** More than a bundle ever has, unpacked. */
const bounds = { totalBytes: 32 * 1024 * 1024, entries: 100, nameBytes: 256, depth: 4 };
const unpack = promisify(gunzip);

/** The files in a support bundle, with their sizes in bytes. Throws `archive-invalid`, or what the file system throws. */
export async function listBundle(filePath: string): Promise<{ path: string; bytes: number }[]> {
  const tar: Uint8Array = await unpack(await readFile(filePath), { maxOutputLength: bounds.totalBytes });
  const files: { path: string; bytes: number }[] = [];
  for await (const { path, size } of readArchive([tar], bounds)) files.push({ path, bytes: size });
  return files;
}
