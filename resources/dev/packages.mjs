// @ts-check
// What Gleaner needs installed, from Debian and Ubuntu and from npm, and the pure rules that turn "what is there" into
// "what to install". Plain JavaScript for any Node >= 20: loaded before `npm ci` has run.

/** @typedef {'vm' | 'guest' | 'electron' | 'display' | 'test'} PackageGroup */

/**
 * @typedef {object} SystemPackage
 * @property {string} name Debian's name; Ubuntu 24.04 renamed some libraries to `<name>t64`
 * @property {PackageGroup} group
 * @property {string} [command] a program of it, looked for on systems that are not Debian
 * @property {string} [unless] a package that it would replace: where that is installed, this one is not wanted
 */

/** @type {readonly SystemPackage[]} */
export const systemPackages = [
  { name: 'qemu-system-x86', group: 'vm', command: 'qemu-system-x86_64' },
  { name: 'qemu-utils', group: 'vm', command: 'qemu-img' },
  { name: 'bubblewrap', group: 'vm', command: 'bwrap' },
  { name: 'util-linux', group: 'vm', command: 'setpriv' },

  { name: 'squashfs-tools', group: 'guest', command: 'mksquashfs' },
  { name: 'cpio', group: 'guest', command: 'cpio' },
  { name: 'zstd', group: 'guest', command: 'zstd' },
  { name: 'xz-utils', group: 'guest', command: 'xz' },
  { name: 'kmod', group: 'guest', command: 'depmod' },
  // Signs the guest's packages; an Ubuntu host does not have it by itself.
  { name: 'debian-archive-keyring', group: 'guest' },

  { name: 'libnss3', group: 'electron' },
  { name: 'libatk-bridge2.0-0', group: 'electron' },
  { name: 'libgtk-3-0', group: 'electron' },
  { name: 'libgbm1', group: 'electron' },
  { name: 'libasound2', group: 'electron' },
  { name: 'libdrm2', group: 'electron' },
  { name: 'libxss1', group: 'electron' },
  { name: 'libxtst6', group: 'electron' },
  { name: 'libnotify4', group: 'electron' },
  { name: 'fonts-dejavu-core', group: 'electron' },

  { name: 'xvfb', group: 'display', command: 'Xvfb' },
  { name: 'xauth', group: 'display', command: 'xauth' },
  { name: 'dbus', group: 'display', command: 'dbus-daemon' },

  { name: 'xdotool', group: 'test', command: 'xdotool' },
  // Stands in for the system's services on a bus of the tests' own; and logind's client, which asks it for locks.
  { name: 'python3-dbusmock', group: 'test' },
  { name: 'systemd', group: 'test', command: 'systemd-inhibit' },
  // A sound server whose microphone can be used without any hardware. It would put out a desktop's own.
  { name: 'pulseaudio', group: 'test', command: 'pulseaudio', unless: 'pipewire-audio' },
  { name: 'pulseaudio-utils', group: 'test', command: 'pactl' },
  // Makes the network that tests have to themselves.
  { name: 'iproute2', group: 'test', command: 'ip' },
  // Compiles the installer for Windows.
  { name: 'nsis', group: 'test', command: 'makensis' },
  // Makes the root that test pools of HTCondor run on.
  { name: 'mmdebstrap', group: 'test', command: 'mmdebstrap' },
  // Makes the .rpm, and looks at packages as the distributions do.
  { name: 'rpm', group: 'test', command: 'rpmbuild' },
  { name: 'rpmlint', group: 'test', command: 'rpmlint' },
  { name: 'lintian', group: 'test', command: 'lintian' },
  { name: 'appstream', group: 'test', command: 'appstreamcli' },
  { name: 'desktop-file-utils', group: 'test', command: 'desktop-file-validate' },
];

/**
 * @param {{ hasDisplay: boolean, forTests: boolean }} use tests bring their own display, so that they never
 *   open windows on the person's screen
 * @returns {SystemPackage[]}
 */
export function packagesFor(use) {
  return systemPackages.filter(({ group }) => {
    if (group === 'display') return use.forTests || !use.hasDisplay;
    if (group === 'test') return use.forTests;
    return true;
  });
}

/**
 * Parses `/etc/os-release` (os-release(5)): shell-like assignments, values quoted or not.
 * @param {string} text
 * @returns {{ name: string, debianLike: boolean }}
 */
export function parseOsRelease(text) {
  /** @type {Map<string, string>} */
  const values = new Map();
  for (const line of text.split('\n')) {
    const match = /^\s*([A-Z0-9_]+)=(?:"([^"]*)"|'([^']*)'|([^\s#]*))/.exec(line);
    if (match) values.set(match[1] ?? '', match[2] ?? match[3] ?? match[4] ?? '');
  }
  const ids = [values.get('ID') ?? '', ...(values.get('ID_LIKE') ?? '').split(/\s+/)];
  return {
    name: values.get('PRETTY_NAME') ?? values.get('ID') ?? 'an unknown system',
    debianLike: ids.includes('debian') || ids.includes('ubuntu'),
  };
}

/** The format that `installedNames` reads: `dpkg-query -W -f=<this>`. */
export const dpkgFormat = '${Package}\\t${db:Status-Status}\\t${Architecture}\\t${Provides}\\n';

/**
 * Every name that installed packages satisfy: their own and the ones they provide (a renamed library provides its
 * old name).
 * @param {string} dpkgOutput lines in `dpkgFormat`
 * @param {string} architecture Debian's name of this machine's, for example `amd64`; foreign packages do not count
 * @returns {Set<string>}
 */
export function installedNames(dpkgOutput, architecture) {
  /** @type {Set<string>} */
  const names = new Set();
  for (const line of dpkgOutput.split('\n')) {
    const [name = '', status, arch, provides = ''] = line.split('\t');
    if (status !== 'installed' || (arch !== architecture && arch !== 'all')) continue;
    names.add(name);
    for (const provided of provides.split(',')) {
      const [alias = ''] = provided.trim().split(/[\s(:]/);
      if (alias !== '') names.add(alias);
    }
  }
  return names;
}

/**
 * @param {readonly SystemPackage[]} wanted
 * @param {ReadonlySet<string>} installed
 * @returns {string[]} names of packages that are not there under their own, provided or renamed name
 */
export function missingPackages(wanted, installed) {
  return wanted
    .filter(({ unless }) => unless === undefined || !installed.has(unless))
    .map(({ name }) => name)
    .filter((name) => !installed.has(name) && !installed.has(`${name}t64`));
}

/**
 * The packages that apt could install, from the output of `apt-cache policy NAME…`: those with a candidate. A name
 * that is only provided by others has none.
 * @param {string} policyOutput
 * @returns {Set<string>}
 */
export function aptCandidates(policyOutput) {
  /** @type {Set<string>} */
  const names = new Set();
  let current = '';
  for (const line of policyOutput.split('\n')) {
    const heading = /^(\S+):$/.exec(line);
    if (heading) current = heading[1] ?? '';
    const candidate = /^\s+Candidate:\s*(\S+)/.exec(line);
    if (candidate && candidate[1] !== '(none)') names.add(current);
  }
  return names;
}

/**
 * The names to give to `apt-get install`: Debian's, or the renamed one where only that can be installed.
 * @param {readonly string[]} missing
 * @param {ReadonlySet<string>} candidates
 * @returns {string[]}
 */
export function installNames(missing, candidates) {
  return missing.map((name) => (!candidates.has(name) && candidates.has(`${name}t64`) ? `${name}t64` : name));
}

/** @typedef {{ version?: string, integrity?: string, optional?: boolean }} LockedPackage */
/** @typedef {{ packages?: Record<string, LockedPackage> }} Lock */

/**
 * Whether node_modules holds what the lock file says: also when somebody installed it by hand.
 * @param {Lock} lock package-lock.json
 * @param {Lock} installed npm's own note of what it installed, node_modules/.package-lock.json
 * @returns {boolean}
 */
export function matchesLock(lock, installed) {
  const wanted = Object.entries(lock.packages ?? {}).filter(([place]) => place !== '');
  const found = installed.packages ?? {};
  const known = new Set(wanted.map(([place]) => place));
  return (
    Object.keys(found).every((place) => known.has(place)) &&
    wanted.every(([place, { version, integrity, optional }]) => {
      const there = found[place];
      // Optional packages of other platforms are not installed.
      if (there === undefined) return optional === true;
      return there.version === version && there.integrity === integrity;
    })
  );
}
