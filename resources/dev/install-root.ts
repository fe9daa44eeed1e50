// The root folder of the computers that tests install packages on: a Debian as people have it, before Gleaner.
import { type DebianRoot, ensureDebianRoot } from './debian-root.ts';
import { debDepends } from './package/depends.ts';

/** Ordinary users of such a computer, with their ids. */
export const people = { alice: 1001, bob: 1002 } as const;

const installRoot: DebianRoot = {
  name: 'install',
  title: 'computer to install packages on',
  suite: 'bookworm',
  securitySuite: 'bookworm-security',
  packages: [
    // What the package depends on, so that it can be installed there without a network.
    ...debDepends.map((name) => name.split(' | ')[0] ?? ''),
    // A desktop's parts: sessions, their bus, a display, and what starts at login.
    ...['systemd', 'systemd-sysv', 'dbus', 'dbus-user-session', 'libpam-systemd', 'polkitd'],
    ...['procps', 'iproute2', 'xvfb', 'xdotool', 'dex', 'fonts-dejavu-core'],
    // As far as a Debian can look at a package for others.
    ...['rpm', 'cpio'],
  ],
  recipe: [
    '--dpkgopt=path-exclude=/usr/share/man/*',
    '--dpkgopt=path-exclude=/usr/share/locale/*',
    ...Object.entries(people).map(
      ([name, id]) =>
        `--customize-hook=chroot "$1" useradd --create-home --uid ${id} --shell /bin/bash ${name}`,
    ),
    '--customize-hook=rm -f "$1/etc/hostname"; : > "$1/etc/resolv.conf"',
    // Nothing is to be had from a network while a package is installed.
    '--customize-hook=: > "$1/etc/apt/sources.list"',
  ],
};

/** Makes the root where it is not there yet; see {@link ensureDebianRoot}. */
export function ensureInstallRoot(): Promise<string> {
  return ensureDebianRoot(installRoot);
}
