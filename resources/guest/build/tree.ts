import { lutimesSync } from 'node:fs';
import { chmod, copyFile, lstat, mkdir, readdir, realpath, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { BuildError } from './errors.ts';
import { run } from './run.ts';

/** Unpacks Debian packages over one another; no maintainer script runs. */
export async function unpackPackages(debs: readonly string[], into: string): Promise<void> {
  await mkdir(into, { recursive: true });
  for (const deb of debs) await run('dpkg-deb', ['-x', deb, into]);
}

/** Copies a file (the one that a link leads to, inside `root`) with its folders, mode 755 or 644. */
export async function copyInto(root: string, from: string, tree: string, to: string): Promise<void> {
  const real = await realpath(join(root, from)).catch(() => '');
  if (real === '' || relative(await realpath(root), real).startsWith('..')) {
    throw new BuildError('package-changed', `The packages hold no ${from}.`, 'The recipe needs a change.');
  }
  const target = join(tree, to);
  await mkdir(dirname(target), { recursive: true });
  await copyFile(real, target);
  await chmod(target, ((await lstat(real)).mode & 0o100) === 0 ? 0o644 : 0o755);
}

export async function makeLink(tree: string, name: string, target: string): Promise<void> {
  await mkdir(dirname(join(tree, name)), { recursive: true });
  await symlink(target, join(tree, name));
}

export async function writeText(tree: string, name: string, text: string): Promise<void> {
  await mkdir(dirname(join(tree, name)), { recursive: true });
  await writeFile(join(tree, name), text);
}

/** All names below a folder, sorted, folders before what they hold. */
export async function namesBelow(tree: string): Promise<string[]> {
  return (await readdir(tree, { recursive: true })).sort((a, b) => (a < b ? -1 : 1));
}

/** Sets every time below a folder to the epoch, so that archives of it do not depend on when it was made. */
export async function stampTimes(tree: string): Promise<void> {
  for (const name of (await namesBelow(tree)).reverse()) lutimesSync(join(tree, name), 0, 0);
}
