import { constants, createReadStream } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { quoteName } from '../base/tar-entry.ts';
import { tarEnd, tarHeader, tarPadding } from '../base/tar-write.ts';
import { GleanerError } from '../contract/failures.ts';
import { documentName } from '../contract/job.ts';

/** What a job's folder may hold, and what a job's tar may. */
const allowed = new Set([documentName, 'in']);
const howTo = `A job is a folder with ${documentName} and its input under in/.`;

const refuse = (sentence: string): GleanerError => new GleanerError('archive-invalid', sentence, howTo);

/**
 * A job as a tar: the bytes of a tar file, or a folder packed on the way. Call the result for every time the
 * bytes are needed.
 * @throws GleanerError `bad-request` when there is no such file or folder, `archive-invalid` for a lone document
 */
export async function openPackage(path: string): Promise<() => AsyncIterable<Uint8Array>> {
  const found = await lstat(path).catch((error: unknown) => {
    throw new GleanerError('bad-request', `There is no file or folder ${quoteName(path)}.`, howTo, {
      cause: error,
    });
  });
  if (found.isDirectory()) return () => packFolder(path);
  if (found.isFile() && (await isJson(path))) {
    throw refuse(
      `${quoteName(path)} is no tar, but looks like a job's document: give the folder that it lies in.`,
    );
  }
  return () => createReadStream(path);
}

/** Whether a file begins as a JSON object does, which no job's tar does. */
async function isJson(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(64), 0, 64, 0);
    return buffer.toString('utf8', 0, bytesRead).trimStart().startsWith('{');
  } finally {
    await file.close();
  }
}

/**
 * Packs a job's folder, the entries in the order of their names. Links are refused: what they point to may
 * lie anywhere on this computer.
 * @throws GleanerError `archive-invalid`
 */
export async function* packFolder(dirPath: string): AsyncGenerator<Uint8Array, void, undefined> {
  const names = await readdir(dirPath);
  const stranger = names.find((name) => !allowed.has(name));
  if (stranger !== undefined) throw refuse(`${quoteName(stranger)} does not belong into a job's folder.`);
  if (!names.includes(documentName)) throw refuse(`There is no ${documentName} in ${quoteName(dirPath)}.`);
  yield* packFile(dirPath, documentName);
  if (names.includes('in')) yield* packEntry(dirPath, 'in');
  yield tarEnd;
}

async function* packEntry(root: string, path: string): AsyncGenerator<Uint8Array, void, undefined> {
  const found = await lstat(join(root, path));
  if (found.isFile()) {
    yield* packFile(root, path);
  } else if (found.isDirectory()) {
    yield tarHeader({ path, kind: 'folder', size: 0 });
    for (const name of (await readdir(join(root, path))).sort()) yield* packEntry(root, `${path}/${name}`);
  } else if (found.isSymbolicLink()) {
    throw refuse(`${quoteName(path)} is a link; put the file itself there.`);
  } else {
    throw refuse(`${quoteName(path)} is neither a file nor a folder.`);
  }
}

async function* packFile(root: string, path: string): AsyncGenerator<Uint8Array, void, undefined> {
  // The file may have been replaced since it was looked at; a pipe must not block us.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(join(root, path), flags).catch((error: unknown) => {
    const isLink = error instanceof Error && 'code' in error && error.code === 'ELOOP';
    throw isLink ? refuse(`${quoteName(path)} is a link; put the file itself there.`) : error;
  });
  try {
    const found = await file.stat();
    if (!found.isFile()) throw refuse(`${quoteName(path)} is no regular file.`);
    const { size } = found;
    yield tarHeader({ path, kind: 'file', size, executable: (found.mode & 0o100) !== 0 });
    let sent = 0;
    if (size > 0) {
      const bytes: AsyncIterable<Buffer> = file.createReadStream({ autoClose: false, end: size - 1 });
      for await (const chunk of bytes) {
        sent += chunk.length;
        yield chunk;
      }
    }
    if (sent !== size) throw refuse(`${quoteName(path)} changed while it was read.`);
    yield tarPadding(size);
  } finally {
    await file.close();
  }
}
