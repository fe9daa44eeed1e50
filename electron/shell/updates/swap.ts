import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, link, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDir } from '../../base/atomic-file.ts';
import { GleanerError } from '../../contract/failures.ts';
import { putInPlace, type UpdateFiles } from './files.ts';

export interface SwapOptions {
  readonly files: UpdateFiles;
  /** The file that is replaced. */
  readonly target: string;
  /** What was downloaded. */
  readonly downloaded: string;
  /** Of it, in base64, as the signed manifest says. */
  readonly sha512: string;
  readonly version: string;
  /** The version that runs. */
  readonly from: string;
  readonly databasePath: string;
}

/** Where the program lies that a version on trial goes back to. Pure. */
export function previousPath(target: string): string {
  return `${target}.previous`;
}

/**
 * Puts a newer version in the place of the one that runs, which is kept beside it, and notes that it is on trial. The host
 * must have stopped: the database is copied as it lies. At every step the target is a whole program; what was begun and not
 * finished leaves files that the next swap writes over. Rejects `update-refused` when the file is not what was signed (any
 * more), and what the file system says; then nothing was replaced.
 */
export async function swap(o: SwapOptions): Promise<void> {
  const { files, target, version, from } = o;
  const fresh = `${target}.new`;
  try {
    await copyChecked(o.downloaded, fresh, o.sha512);
    await rm(files.databaseCopyPath, { force: true });
    await copyFile(o.databasePath, files.databaseCopyPath);
    await keep(target, previousPath(target));
    await files.writeTrial({ version, from, target, previous: previousPath(target), starts: 0 });
    await putInPlace(fresh, target);
  } catch (error) {
    await rm(fresh, { force: true });
    files.endTrial();
    throw error;
  }
}

/** Copies a program, and looks at every byte that it writes. */
async function copyChecked(from: string, to: string, sha512: string): Promise<void> {
  const digest = createHash('sha512');
  await rm(to, { force: true });
  const file = await open(to, 'wx', 0o755);
  try {
    for await (const chunk of createReadStream(from) as AsyncIterable<Buffer>) {
      digest.update(chunk);
      await file.writeFile(chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  if (digest.digest('base64') === sha512) return;
  throw new GleanerError(
    'update-refused',
    'What was downloaded is not what the feed has signed.',
    'Nothing was changed; it is downloaded again.',
  );
}

/** A second name for the same file, or a copy where the file system has no such thing. */
async function keep(path: string, kept: string): Promise<void> {
  const temporary = `${kept}.tmp`;
  await rm(temporary, { force: true });
  await link(path, temporary).catch(() => copyFile(path, temporary));
  await rename(temporary, kept);
  await syncDir(dirname(kept));
}
