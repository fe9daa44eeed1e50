// The root folder that test pools of HTCondor run on.
import { securitySuite, suite } from '../guest/recipe.ts';
import { type DebianRoot, debianRootDir, ensureDebianRoot } from './debian-root.ts';

/** Ordinary users of a test pool, who own jobs; with their ids. */
export const poolUsers = { alice: 2001, bob: 2002 } as const;

const condorRoot: DebianRoot = {
  name: 'condor',
  title: 'test pool of HTCondor',
  suite,
  securitySuite,
  packages: ['htcondor', 'iproute2', 'python3-minimal'],
  recipe: [
    '--dpkgopt=path-exclude=/usr/share/doc/*',
    '--dpkgopt=path-exclude=/usr/share/man/*',
    ...Object.entries(poolUsers).map(
      ([name, id]) =>
        `--customize-hook=chroot "$1" useradd --create-home --uid ${id} --shell /bin/sh ${name}`,
    ),
    // What a machine mounts its own over; systemd would make it.
    '--customize-hook=chroot "$1" install -d -o condor -g condor /var/spool/condor',
    // They come from this computer.
    '--customize-hook=rm -f "$1/etc/hostname"; : > "$1/etc/resolv.conf"',
  ],
};

/** Where the root is, or would be. */
export const condorRootDir = debianRootDir(condorRoot);

/** Makes the root where it is not there yet; see {@link ensureDebianRoot}. */
export function ensureCondorRoot(): Promise<string> {
  return ensureDebianRoot(condorRoot);
}
