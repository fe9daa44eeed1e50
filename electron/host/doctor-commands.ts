import { readFile } from 'node:fs/promises';

/** What may have to be installed. */
export type Wanted = 'qemu' | 'wrapper' | 'tray' | 'polkit';

interface Packager {
  readonly install: string;
  /** null: this system has no such package. */
  readonly packages: Readonly<Record<Wanted, string | null>>;
}

const indicator = 'gnome-shell-extension-appindicator';
const dnf: Packager = {
  install: 'sudo dnf install',
  packages: { qemu: 'qemu-system-x86-core', wrapper: 'bubblewrap', tray: indicator, polkit: 'polkit' },
};
const packagers = {
  debian: {
    install: 'sudo apt-get install',
    packages: { qemu: 'qemu-system-x86', wrapper: 'bubblewrap', tray: indicator, polkit: 'polkitd' },
  },
  // Red Hat's own QEMU has another name and place, and lacks what we ask of it.
  rhel: { ...dnf, packages: { ...dnf.packages, qemu: null } },
  fedora: dnf,
  arch: {
    install: 'sudo pacman -S',
    packages: { qemu: 'qemu-system-x86', wrapper: 'bubblewrap', tray: indicator, polkit: 'polkit' },
  },
  macos: { install: 'brew install', packages: { qemu: 'qemu', wrapper: null, tray: null, polkit: null } },
} as const satisfies Record<string, Packager>;

/** A family of systems that install programs in the same way. */
export type Family = keyof typeof packagers;
/** The stricter name first: Rocky is like both. */
const linuxFamilies: readonly (readonly [string, Family])[] = [
  ['debian', 'debian'],
  ['ubuntu', 'debian'],
  ['rhel', 'rhel'],
  ['centos', 'rhel'],
  ['fedora', 'fedora'],
  ['arch', 'arch'],
];

/** `/etc/os-release` by its keys (os-release(5)): quotes and backslashes as a shell has them, nothing else of one. Pure. */
export function parseOsRelease(text: string): ReadonlyMap<string, string> {
  const lines = text.split('\n').map((line) => /^([A-Z][A-Z0-9_]*)=(.*)$/.exec(line.trim()));
  return new Map(
    lines.flatMap((line) => {
      if (!line) return [];
      const [, key = '', raw = ''] = line;
      const bare = /^(["'])(.*)\1$/.exec(raw)?.[2] ?? raw;
      return [[key, bare.replace(/\\(.)/g, '$1')] as const];
    }),
  );
}

/** By the system's own name, else by those that it says it is like; null: not one that is known here. Pure. */
export function familyOf(platform: NodeJS.Platform, osRelease: ReadonlyMap<string, string>): Family | null {
  if (platform === 'darwin') return 'macos';
  const like = (osRelease.get('ID_LIKE') ?? '').split(/\s+/);
  for (const ids of [[osRelease.get('ID') ?? ''], like]) {
    const found = linuxFamilies.find(([id]) => ids.includes(id));
    if (found) return found[1];
  }
  return null;
}

/** What an administrator types to install it; null where no command is known. Pure. */
export function installCommand(family: Family | null, wanted: Wanted): string | null {
  if (family === null) return null;
  const { install, packages } = packagers[family];
  const name = packages[wanted];
  return name === null ? null : `${install} ${name}`;
}

/** Kernel settings by their names with dots, as far as this kernel has them. */
export type KernelSettings = Readonly<Partial<Record<(typeof namespaceSettings)[number]['name'], string>>>;

/** What keeps ordinary users from making namespaces: the value that forbids it, and one that permits it. */
const namespaceSettings = [
  { name: 'kernel.apparmor_restrict_unprivileged_userns', forbids: '1', permits: '0' },
  { name: 'kernel.unprivileged_userns_clone', forbids: '0', permits: '1' },
  { name: 'user.max_user_namespaces', forbids: '0', permits: '15000' },
] as const;

/** What an administrator types so that every user may make namespaces, for good; null where nothing known forbids it. Pure. */
export function namespaceCommand(settings: KernelSettings): string | null {
  const inTheWay = namespaceSettings.filter(({ name, forbids }) => settings[name] === forbids);
  if (inTheWay.length === 0) return null;
  const lines = inTheWay.map(({ name, permits }) => `${name} = ${permits}`).join(String.raw`\n`);
  return `printf '${lines}\\n' | sudo tee /etc/sysctl.d/60-gleaner.conf && sudo sysctl --system`;
}

/** What the commands of this system depend on. */
export interface SystemFacts {
  readonly family: Family | null;
  readonly kernel: KernelSettings;
  /** The system's own name with its version; null where it does not tell. */
  readonly name: string | null;
}

/** What cannot be read is left out. */
export async function readSystem(platform: NodeJS.Platform): Promise<SystemFacts> {
  if (platform !== 'linux') return { family: familyOf(platform, new Map()), kernel: {}, name: null };
  const read = (path: string): Promise<string | undefined> => readFile(path, 'utf8').catch(() => undefined);
  const text = (await read('/etc/os-release')) ?? (await read('/usr/lib/os-release')) ?? '';
  const osRelease = parseOsRelease(text);
  const kernel: Partial<Record<keyof KernelSettings, string>> = {};
  for (const { name } of namespaceSettings) {
    const value = await read(`/proc/sys/${name.replaceAll('.', '/')}`);
    if (value !== undefined) kernel[name] = value.trim();
  }
  return { family: familyOf(platform, osRelease), kernel, name: osRelease.get('PRETTY_NAME') ?? null };
}
