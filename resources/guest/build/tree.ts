import { lutimesSync } from 'node:fs';
import {
  chmod,
  copyFile,
  lstat,
  mkdir,
  open,
  readdir,
  realpath,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { BuildError } from './errors.ts';
import { run } from './run.ts';

/** Unpacks Debian packages over one another; no maintainer script runs. */
export async function unpackPackages(debs: readonly string[], into: string): Promise<void> {
  await mkdir(into, { recursive: true });
  for (const deb of debs) await run('dpkg-deb', ['-x', deb, into]);
}

/**
 * Unpacks no more of a package than some of its files and links, and its copyright notice.
 * @param parts names in the package; `*` stands for anything within the last part of a name
 * @param work a folder for the whole package, which is gone afterwards
 * @throws BuildError `package-changed` when one of them is not in the package
 */
export async function unpackParts(
  deb: string,
  name: string,
  parts: readonly string[],
  work: string,
  into: string,
): Promise<void> {
  await unpackPackages([deb], work);
  for (const part of [...parts, `usr/share/doc/${name}/copyright`]) {
    const folder = dirname(part);
    const found = namesLike(basename(part), await readdir(join(work, folder)).catch(() => []));
    if (found.length === 0) {
      throw new BuildError('package-changed', `${name} holds no ${part}.`, 'The recipe needs a change.');
    }
    await mkdir(join(into, folder), { recursive: true });
    for (const file of found) await rename(join(work, folder, file), join(into, folder, file));
  }
  await rm(work, { recursive: true });
}

/** Those of `names` that fit `pattern`, in which `*` stands for anything. Pure. */
export function namesLike(pattern: string, names: readonly string[]): string[] {
  const words = pattern.split('*').map((word) => word.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  const whole = new RegExp(`^${words.join('.*')}$`);
  return names.filter((name) => whole.test(name));
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

/**
 * Makes sure that programs and libraries find all the libraries that they name, by asking the tree's own loader.
 * @param loader, libraryDirs, files relative to `tree`
 * @throws BuildError `library-missing` with what the loader said
 */
export async function checkLibraries(
  tree: string,
  loader: string,
  libraryDirs: readonly string[],
  files: readonly string[],
): Promise<void> {
  const path = libraryDirs.map((dir) => join(tree, dir)).join(':');
  for (const file of files) {
    const said = await run(join(tree, loader), ['--library-path', path, '--list', join(tree, file)]).then(
      (out) => out.toString(),
      (error: unknown) => String(error),
    );
    // A library may also be looked for, and found, outside of the tree: on this machine, but not in the guest.
    const stray = said
      .split('\n')
      .find((line) => /not found|cannot open|=> (?!\S*vdso)/.test(line) && !line.includes(`=> ${tree}`));
    if (stray !== undefined) {
      throw new BuildError(
        'library-missing',
        `${file}: ${stray.trim()}`,
        'The recipe needs another library.',
      );
    }
  }
}

/** The ELF programs and libraries below a folder that have a loader to ask, as names relative to the tree. */
export async function elfFiles(tree: string, dir: string, pattern: RegExp): Promise<string[]> {
  const names: string[] = [];
  for (const entry of await readdir(join(tree, dir), { withFileTypes: true })) {
    if (!entry.isFile() || !pattern.test(entry.name)) continue;
    const file = await open(join(tree, dir, entry.name));
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    await file.close();
    if (bytesRead === 4 && buffer.readUInt32BE(0) === 0x7f454c46) names.push(join(dir, entry.name));
  }
  return names.sort();
}
