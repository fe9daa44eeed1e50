import { expect, test } from 'vitest';
import {
  familyOf,
  installCommand,
  namespaceCommand,
  parseOsRelease,
  readSystem,
} from '../../electron/host/doctor-commands.ts';

/** As the systems themselves ship it, shortened. */
const releases = {
  debian: `PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
ID=debian
HOME_URL="https://www.debian.org/"
`,
  ubuntu: `PRETTY_NAME="Ubuntu 24.04.1 LTS"
ID=ubuntu
ID_LIKE=debian
`,
  mint: `NAME="Linux Mint"
ID=linuxmint
ID_LIKE="ubuntu debian"
`,
  fedora: `NAME="Fedora Linux"
ID=fedora
PRETTY_NAME='Fedora Linux 41 (Workstation Edition)'
`,
  rocky: `NAME="Rocky Linux"
ID="rocky"
ID_LIKE="rhel centos fedora"
`,
  rhel: `ID="rhel"
ID_LIKE="fedora"
`,
  arch: `NAME="Arch Linux"
ID=arch
BUILD_ID=rolling
`,
  manjaro: `ID=manjaro
ID_LIKE=arch
`,
  nixos: 'ID=nixos\n',
  nothing: '',
  nonsense: '\u0000=\n=x\nID\nid=debian\n#ID=debian\n$(ID)=debian',
};
const familyIn = (name: keyof typeof releases) => familyOf('linux', parseOsRelease(releases[name]));

test.each([
  ['debian', 'debian'],
  ['ubuntu', 'debian'],
  ['mint', 'debian'],
  ['fedora', 'fedora'],
  ['rocky', 'rhel'],
  ['rhel', 'rhel'],
  ['arch', 'arch'],
  ['manjaro', 'arch'],
  ['nixos', null],
  ['nothing', null],
  ['nonsense', null],
] as const)('%s installs like %s', (name, family) => {
  expect(familyIn(name)).toBe(family);
});

test('each family is told its own command, and nobody one that would not work', () => {
  expect(installCommand('debian', 'qemu')).toBe('sudo apt-get install qemu-system-x86');
  expect(installCommand('fedora', 'qemu')).toBe('sudo dnf install qemu-system-x86-core');
  expect(installCommand('arch', 'qemu')).toBe('sudo pacman -S qemu-system-x86');
  expect(installCommand('rhel', 'qemu')).toBeNull();
  expect(installCommand('rhel', 'wrapper')).toBe('sudo dnf install bubblewrap');
  expect(installCommand('debian', 'wrapper')).toBe('sudo apt-get install bubblewrap');
  expect(installCommand('arch', 'tray')).toBe('sudo pacman -S gnome-shell-extension-appindicator');
  expect(installCommand(familyOf('darwin', new Map()), 'qemu')).toBe('brew install qemu');
  expect(installCommand('macos', 'wrapper')).toBeNull();
  expect(installCommand('debian', 'polkit')).toBe('sudo apt-get install polkitd');
  expect(installCommand('rhel', 'polkit')).toBe('sudo dnf install polkit');
  expect(installCommand(null, 'qemu')).toBeNull();
});

test('namespaces are opened where something known keeps them shut', () => {
  expect(namespaceCommand({})).toBeNull();
  expect(
    namespaceCommand({
      'kernel.apparmor_restrict_unprivileged_userns': '0',
      'kernel.unprivileged_userns_clone': '1',
      'user.max_user_namespaces': '31000',
    }),
  ).toBeNull();
  expect(namespaceCommand({ 'kernel.apparmor_restrict_unprivileged_userns': '1' })).toBe(
    String.raw`printf 'kernel.apparmor_restrict_unprivileged_userns = 0\n' | sudo tee /etc/sysctl.d/60-gleaner.conf && sudo sysctl --system`,
  );
  const both = namespaceCommand({
    'kernel.unprivileged_userns_clone': '0',
    'user.max_user_namespaces': '0',
  });
  expect(both).toContain(
    String.raw`'kernel.unprivileged_userns_clone = 1\nuser.max_user_namespaces = 15000\n'`,
  );
});

test('os-release is read as a shell would', () => {
  const read = parseOsRelease(`A="x \\"y\\" \\$z"\nB='single'\nC=plain\n D=indented \nE="open\n`);
  expect(Object.fromEntries(read)).toEqual({
    A: 'x "y" $z',
    B: 'single',
    C: 'plain',
    D: 'indented',
    E: '"open',
  });
});

test('this computer is read without failing', async () => {
  const { kernel } = await readSystem(process.platform);
  for (const value of Object.values(kernel)) expect(value).toMatch(/^\d+$/);
  expect(await readSystem('win32')).toEqual({ family: null, kernel: {}, name: null });
});
