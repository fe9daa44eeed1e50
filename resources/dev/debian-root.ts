// Root folders that tests run machines on: Debian's own packages, made once and kept in the cache. Nothing ever writes to one
// again: each machine mounts it read-only, with folders of its own over it.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { findMirrors } from '../guest/build/apt.ts';
import { archiveKeyring } from '../guest/recipe.ts';
import { cacheDir, mustRunStep, SetupError } from './console.mjs';

export interface DebianRoot {
  /** Its folder below the cache. */
  readonly name: string;
  /** What it is for, to people: "test pool of HTCondor". */
  readonly title: string;
  readonly suite: string;
  readonly securitySuite: string;
  readonly packages: readonly string[];
  /** More of mmdebstrap's arguments: hooks, what is left out. */
  readonly recipe: readonly string[];
}

/** Where this root is, or would be. Only root may look into the folder around it: it has setuid programs. */
export function debianRootDir(root: DebianRoot): string {
  return path.join(cacheDir, root.name, digestOf(root), 'root');
}

function digestOf(root: DebianRoot): string {
  const { suite, securitySuite, packages, recipe } = root;
  return createHash('sha256')
    .update(JSON.stringify([2, suite, securitySuite, packages, recipe]))
    .digest('hex')
    .slice(0, 16);
}

/**
 * Makes the root where it is not there yet. Two that want it at once both make it, and the first to end wins.
 * @returns its folder
 * @throws {SetupError} exit code 2 where a person has to do something first
 */
export async function ensureDebianRoot(root: DebianRoot): Promise<string> {
  const rootDir = debianRootDir(root);
  if (existsSync(rootDir)) return rootDir;
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    throw new SetupError(
      `A ${root.title} needs Linux, and root: it has users of its own.`,
      'Run this lane as root, in a container for example.',
      2,
    );
  }
  const rootsDir = path.join(cacheDir, root.name);
  await mkdir(rootsDir, { recursive: true });
  await sweep(rootsDir);
  const work = path.join(rootsDir, `.${digestOf(root)}.${process.pid}`);
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { mode: 0o700 });
  try {
    await make(root, path.join(work, 'root'));
    await rename(work, path.dirname(rootDir)).catch((error: unknown) => {
      if (!existsSync(rootDir)) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return rootDir;
}

async function make(root: DebianRoot, rootDir: string): Promise<void> {
  const mirrors = await findMirrors();
  const sources = [`${mirrors.main} ${root.suite}`, `${mirrors.security} ${root.securitySuite}`];
  await mustRunStep(
    `Installing Debian packages into a folder of their own, for a ${root.title}`,
    [
      // What it mounts there ends with it, however it ends.
      ...['unshare', '--mount'],
      ...['mmdebstrap', '--mode=root', '--variant=minbase', `--include=${root.packages.join(',')}`],
      // Nothing of it has to outlast a crash.
      '--dpkgopt=force-unsafe-io',
      ...[...root.recipe, root.suite, rootDir],
      ...sources.map((source) => `deb [signed-by=${archiveKeyring}] ${source} main`),
    ],
    {
      log: `${root.name}-root-${process.pid}`,
      sentence: `The root of the ${root.title} could not be made.`,
      hint:
        'It needs a Debian mirror: set GLEANER_DEBIAN_MIRROR and GLEANER_DEBIAN_SECURITY_MIRROR if the default ' +
        'cannot be reached.',
    },
  );
  await chmod(rootDir, 0o755);
}

/** Removes what runs that died left: the names end with the pid of a process that is gone. */
async function sweep(rootsDir: string): Promise<void> {
  for (const name of await readdir(rootsDir)) {
    const pid = /^\.[0-9a-f]+\.(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) {
      await rm(path.join(rootsDir, name), { recursive: true, force: true });
    }
  }
}
