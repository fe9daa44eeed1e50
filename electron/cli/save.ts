import { rmSync } from 'node:fs';
import { lstat, mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { partialBeside, saveStream, writeNewFile } from '../base/save-file.ts';
import { quoteName } from '../base/tar-entry.ts';
import { GleanerError, toFailure } from '../contract/failures.ts';
import { readArchive } from '../grid/local/package-archive.ts';
import type { Io } from './io.ts';

/** What a result may hold at its top. */
const roots: Readonly<Record<string, 'file' | 'folder'>> = { out: 'folder', stdout: 'file', stderr: 'file' };
/** Results and both logs at their largest (contract/job.ts). */
const bounds = { totalBytes: 1152 * 1024 * 1024, entries: 10_010, nameBytes: 1024, depth: 32 };

export interface Saved {
  readonly path: string;
  readonly files: number;
  readonly bytes: number;
}

const exists = (path: string): GleanerError =>
  new GleanerError(
    'bad-request',
    `${quoteName(path)} is there already, and not empty.`,
    'Name another place, or add --force.',
  );

/** Why it could not be written; a full disk and what was said on purpose stay what they are. */
const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'the folder that it would lie in does not exist',
  ENOTDIR: 'it would lie in something that is no folder',
  EACCES: 'you may not write there',
  EPERM: 'you may not write there',
  EROFS: 'nothing can be written to that disk',
};

function writeFailure(error: unknown, path: string): unknown {
  if (error instanceof GleanerError || toFailure(error).code !== 'internal') return error;
  const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  const sentence = `${quoteName(path)} could not be written: ${reasons[reason] ?? reason}.`;
  return new GleanerError('storage-failed', sentence, 'Name a place that you may write to.', {
    cause: error,
  });
}

async function isThere(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    () => false,
  );
}

/** A name beside `path` that is removed again when the command ends early, also by a signal. */
function beside(path: string, io: Io): { partial: string; release: () => void } {
  const partial = partialBeside(path);
  const release = io.onExit(() => {
    rmSync(partial, { recursive: true, force: true });
  });
  return { partial, release };
}

/**
 * Writes a stream into a file, which appears only when it is complete.
 * @throws GleanerError `bad-request` when the file is there and `force` is not given
 */
export async function saveFile(
  bytes: AsyncIterable<Uint8Array>,
  filePath: string,
  force: boolean,
  io: Io,
  mode = 0o644,
): Promise<Saved> {
  const path = resolve(filePath);
  if (!force && (await isThere(path))) throw exists(filePath);
  const { partial, release } = beside(path, io);
  try {
    return { path, files: 1, bytes: await saveStream(path, bytes, mode, partial) };
  } catch (error) {
    throw writeFailure(error, filePath);
  } finally {
    release();
  }
}

/**
 * Unpacks a job's result into a folder, which appears only when it is complete. The tar came out of a guest:
 * only regular files and folders with clean relative names pass, and they are made new, so that nothing is
 * written outside. `force` replaces what is there under the same names.
 * @throws GleanerError `archive-invalid`, `archive-too-large`; `bad-request` when the folder is not empty
 */
export async function saveResult(
  bytes: AsyncIterable<Uint8Array>,
  folderPath: string,
  force: boolean,
  io: Io,
): Promise<Saved> {
  const path = resolve(folderPath);
  if (!force && (await isThere(path))) {
    const names = await readdir(path).catch(() => ['not a folder']);
    if (names.length > 0) throw exists(folderPath);
  }
  const { partial, release } = beside(path, io);
  try {
    await mkdir(partial);
    const saved = await unpack(bytes, partial);
    await moveInto(partial, path);
    return { path, ...saved };
  } catch (error) {
    throw writeFailure(error, folderPath);
  } finally {
    release();
    await rm(partial, { recursive: true, force: true });
  }
}

async function unpack(
  bytes: AsyncIterable<Uint8Array>,
  dirPath: string,
): Promise<{ files: number; bytes: number }> {
  let files = 0;
  let size = 0;
  for await (const entry of readArchive(bytes, bounds)) {
    const [first = ''] = entry.path.split('/', 1);
    const root = Object.hasOwn(roots, first) ? roots[first] : undefined;
    if (root === undefined || (entry.path === first ? entry.kind !== root : root === 'file')) {
      throw new GleanerError(
        'archive-invalid',
        `The result holds ${quoteName(entry.path)}, which is refused.`,
      );
    }
    const target = join(dirPath, entry.path);
    if (entry.kind === 'folder') {
      await mkdir(target, { recursive: true });
    } else {
      await mkdir(dirname(target), { recursive: true });
      size += await writeNewFile(target, entry.content);
      files += 1;
    }
  }
  return { files, bytes: size };
}

async function moveInto(partial: string, path: string): Promise<void> {
  // An empty folder makes room; anything else is filled up.
  await rmdir(path).catch(() => undefined);
  if (!(await isThere(path))) {
    await rename(partial, path);
    return;
  }
  for (const name of await readdir(partial)) {
    // Removing follows no link, so that what comes in its place stays inside this folder.
    await rm(join(path, name), { recursive: true, force: true });
    await rename(join(partial, name), join(path, name));
  }
}
