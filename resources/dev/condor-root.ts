// The root folder that test pools of HTCondor run on: Debian's own packages, made once and kept in the cache. Nothing
// ever writes to it again: each machine of a pool mounts it read-only, with folders of its own over it.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { findMirrors } from '../guest/build/apt.ts';
import { archiveKeyring, securitySuite, suite } from '../guest/recipe.ts';
import { cacheDir, mustRunStep, SetupError } from './console.mjs';

/** Ordinary users of a test pool, who own jobs; with their ids. */
export const poolUsers = { alice: 2001, bob: 2002 } as const;

const packages = ['htcondor', 'iproute2', 'python3-minimal'];

const recipe = [
  '--mode=root',
  '--variant=minbase',
  `--include=${packages.join(',')}`,
  '--dpkgopt=path-exclude=/usr/share/doc/*',
  '--dpkgopt=path-exclude=/usr/share/man/*',
  ...Object.entries(poolUsers).map(
    ([name, id]) => `--customize-hook=chroot "$1" useradd --create-home --uid ${id} --shell /bin/sh ${name}`,
  ),
  // What a machine mounts its own over; systemd would make it.
  '--customize-hook=chroot "$1" install -d -o condor -g condor /var/spool/condor',
  // They come from this computer.
  '--customize-hook=rm -f "$1/etc/hostname"; : > "$1/etc/resolv.conf"',
];

const digest = createHash('sha256')
  .update(JSON.stringify([1, suite, securitySuite, recipe]))
  .digest('hex')
  .slice(0, 16);

const rootsDir = path.join(cacheDir, 'condor');

/** Where this recipe's root is, or would be. Only root may look into the folder around it: it has setuid programs. */
export const condorRootDir = path.join(rootsDir, digest, 'root');

/**
 * Makes the root where it is not there yet. Two that want it at once both make it, and the first to end wins.
 * @returns its folder
 * @throws {SetupError} exit code 2 where a person has to do something first
 */
export async function ensureCondorRoot(): Promise<string> {
  if (existsSync(condorRootDir)) return condorRootDir;
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    throw new SetupError(
      'A test pool of HTCondor needs Linux, and root: its daemons and jobs have users of their own.',
      'Run this lane as root, in a container for example.',
      2,
    );
  }
  await mkdir(rootsDir, { recursive: true });
  await sweep();
  const work = path.join(rootsDir, `.${digest}.${process.pid}`);
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { mode: 0o700 });
  try {
    await make(path.join(work, 'root'));
    await rename(work, path.dirname(condorRootDir)).catch((error: unknown) => {
      if (!existsSync(condorRootDir)) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return condorRootDir;
}

async function make(rootDir: string): Promise<void> {
  const mirrors = await findMirrors();
  const sources = [`${mirrors.main} ${suite}`, `${mirrors.security} ${securitySuite}`];
  await mustRunStep(
    'Installing HTCondor from Debian packages into a folder of its own',
    [
      ...['mmdebstrap', ...recipe, suite, rootDir],
      ...sources.map((source) => `deb [signed-by=${archiveKeyring}] ${source} main`),
    ],
    {
      log: `condor-root-${process.pid}`,
      sentence: 'The root of the test pool could not be made.',
      hint:
        'It needs a Debian mirror: set GLEANER_DEBIAN_MIRROR and GLEANER_DEBIAN_SECURITY_MIRROR if the default ' +
        'cannot be reached.',
    },
  );
  await chmod(rootDir, 0o755);
}

/** Removes what runs that died left: the names end with the pid of a process that is gone. */
async function sweep(): Promise<void> {
  for (const name of await readdir(rootsDir)) {
    const pid = /^\.[0-9a-f]+\.(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) {
      await rm(path.join(rootsDir, name), { recursive: true, force: true });
    }
  }
}
