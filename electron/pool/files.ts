import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { placeFile, syncDir } from '../base/atomic-file.ts';
import type { PublicFile } from './plan.ts';

/** For a web server: all may read what is published. */
const publicMode = 0o644;
const publicDirMode = 0o755;
/** Writes that are under way at once, so that a disk can sync several together. */
const together = 16;

export async function makePublicDir(dirPath: string): Promise<void> {
  await mkdir(dirPath, { recursive: true, mode: publicDirMode });
}

/** Writes the files one after another, each durable before the next. */
export async function writeInOrder(publicDir: string, files: readonly PublicFile[]): Promise<void> {
  for (const { path, bytes } of files) {
    const filePath = join(publicDir, path);
    await makePublicDir(dirname(filePath));
    await placeFile(filePath, bytes, publicMode);
    await syncDir(dirname(filePath));
  }
}

/** Writes files that nothing leads to yet, in no order; all are durable when it resolves. */
export async function writeTogether(publicDir: string, files: AsyncIterable<PublicFile>): Promise<void> {
  const dirs = new Set<string>();
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  for await (const { path, bytes } of files) {
    if (failures.length > 0) break;
    const filePath = join(publicDir, path);
    const dirPath = dirname(filePath);
    if (!dirs.has(dirPath)) await makePublicDir(dirPath);
    dirs.add(dirPath);
    const one: Promise<void> = placeFile(filePath, bytes, publicMode)
      .catch((error: unknown) => {
        failures.push(error);
      })
      .finally(() => running.delete(one));
    running.add(one);
    if (running.size >= together) await Promise.race(running);
  }
  await Promise.all(running);
  if (failures.length > 0) throw failures[0];
  for (const dirPath of dirs) await syncDir(dirPath);
}

/** Paths of all files below a folder, relative to it; without what is not complete yet. */
export async function listFiles(dirPath: string, below = ''): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(join(dirPath, below), { withFileTypes: true })) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) found.push(...(await listFiles(dirPath, path)));
    else if (entry.isFile() && !entry.name.endsWith('.tmp')) found.push(path);
  }
  return found;
}

export async function sizeOf(filePath: string): Promise<number | undefined> {
  return await stat(filePath).then(
    (facts) => (facts.isFile() ? facts.size : undefined),
    () => undefined,
  );
}

export async function readIfThere(filePath: string): Promise<Buffer | undefined> {
  return await readFile(filePath).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  });
}
