import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';

/** The one Debian release that all guest content comes from. */
export const suite = 'trixie';

/** Where the suite's security updates appear first; of an archive of its own. */
export const securitySuite = 'trixie-security';

/** Used when neither `GLEANER_DEBIAN_MIRROR` nor the machine's own apt sources name a mirror of Debian. */
export const defaultMirror = 'http://deb.debian.org/debian';

/** Used when neither `GLEANER_DEBIAN_SECURITY_MIRROR` nor the machine's own apt sources name one. */
export const defaultSecurityMirror = 'http://deb.debian.org/debian-security';

/** Whoever signed anything else than these keys is not Debian. */
export const archiveKeyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Depends on the suite's current cloud kernel, whose real package name carries its version. */
export const kernelMetaPackage = 'linux-image-cloud-amd64';

/** Modules that the boot waits for: the disk with the keys is behind them. */
export const earlyModules = ['virtio_blk'];

/** Modules loaded beside the boot; afterwards the guest's kernel takes no more. */
export const lateModules = ['squashfs', 'overlay', 'virtio-rng', 'virtio_balloon'];

/** Packages that the control plane's programs are taken from. */
export const controlPackages = [
  'busybox-static',
  'coreutils',
  'dropbear-bin',
  'e2fsprogs',
  'libacl1',
  'libblkid1',
  'libbsd0',
  'libc6',
  'libcap-ng0',
  'libcom-err2',
  'libcrypt1',
  'libext2fs2t64',
  'libgmp10',
  'libmd0',
  'libpcre2-8-0',
  'libselinux1',
  'libtomcrypt1',
  'libtommath1',
  'libuuid1',
  'netcat-openbsd',
  'tar',
  'ucspi-unix',
  'util-linux',
  'zlib1g',
];

/** Folder for shared libraries, in Debian's packages and in the guest. */
export const libraryDir = 'usr/lib/x86_64-linux-gnu';

/**
 * The control plane's files: where each lies in its package and in the guest. `/kit` holds what the launch of a
 * workload needs after it has left the control plane's root.
 */
export const controlFiles: readonly (readonly [from: string, to: string])[] = [
  ['usr/bin/busybox', 'kit/busybox'],
  ['usr/bin/setpriv', 'kit/setpriv'],
  ['usr/lib64/ld-linux-x86-64.so.2', 'kit/ld-linux-x86-64.so.2'],
  [`${libraryDir}/libc.so.6`, 'kit/libc.so.6'],
  [`${libraryDir}/libcap-ng.so.0`, 'kit/libcap-ng.so.0'],
  // busybox's own date sets whole seconds only.
  ['usr/bin/date', 'bin/date'],
  // busybox's own tar takes no list of names, and keeps hard links.
  ['usr/bin/tar', 'bin/tar'],
  ['usr/bin/unshare', 'bin/unshare'],
  ['usr/bin/nc.openbsd', 'bin/nc'],
  ['usr/bin/unixserver', 'bin/unixserver'],
  ['usr/sbin/dropbear', 'bin/dropbear'],
  ['usr/sbin/e2fsck', 'sbin/e2fsck'],
  ['usr/sbin/mke2fs', 'sbin/mke2fs'],
  ['usr/sbin/resize2fs', 'sbin/resize2fs'],
  ...[
    'libacl.so.1',
    'libblkid.so.1',
    'libbsd.so.0',
    'libcom_err.so.2',
    'libcrypt.so.1',
    'libe2p.so.2',
    'libext2fs.so.2',
    'libgmp.so.10',
    'libmd.so.0',
    'libpcre2-8.so.0',
    'libresolv.so.2',
    'libselinux.so.1',
    'libtomcrypt.so.1',
    'libtommath.so.1',
    'libuuid.so.1',
    'libz.so.1',
  ].map((name) => [`${libraryDir}/${name}`, `lib/${name}`] as const),
];

/** Symbolic links in the control plane: name and target. */
export const controlLinks: readonly (readonly [name: string, target: string])[] = [
  ['bin/busybox', '/kit/busybox'],
  ['bin/sh', '/kit/busybox'],
  ['bin/ctl', '/control/ctl'],
  ['bin/setpriv', '/kit/setpriv'],
  ['lib/libc.so.6', '/kit/libc.so.6'],
  ['lib/libcap-ng.so.0', '/kit/libcap-ng.so.0'],
  ['lib64/ld-linux-x86-64.so.2', '/kit/ld-linux-x86-64.so.2'],
];

const guestDir = import.meta.dirname;

/**
 * The SHA-256 (hex) over every file of the recipe, names included: it names what a build of this checkout makes,
 * but for the versions of the packages, which the manifest records.
 * @param dir the recipe's folder; needed only by a bundle, whose code lies elsewhere.
 */
export function recipeDigest(dir: string = guestDir): string {
  const hash = createHash('sha256');
  const files = readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path, name: relative(dir, path).split(sep).join('/') }))
    .filter(({ name }) => !name.endsWith('.md'))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const { path, name } of files) {
    const content = readFileSync(path);
    hash.update(`${name}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/** The folder that `build.ts` fills when it is given no other: `.cache/guest/<recipe>` of the checkout. */
export function defaultOutDir(dir: string = guestDir): string {
  return resolve(dir, '../..', '.cache/guest', recipeDigest(dir).slice(0, 16));
}
