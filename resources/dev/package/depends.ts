export const maintainer = 'The Gleaner authors <packages@gleaner.invalid>';

/** What the program needs of Debian and Ubuntu; Ubuntu 24.04 and Debian 13 have renamed some libraries. */
export const debDepends = [
  'bubblewrap',
  'libasound2 | libasound2t64',
  'libatk-bridge2.0-0 | libatk-bridge2.0-0t64',
  'libc6',
  'libdrm2',
  'libgbm1',
  'libgtk-3-0 | libgtk-3-0t64',
  'libnotify4',
  'libnss3',
  'libsecret-1-0',
  'libxss1',
  'libxtst6',
  'passwd',
  'qemu-system-x86',
] as const;
/** A tray on desktops whose panel wants libayatana; and polkit, without which logind grants a service no lock on sleep. */
export const debRecommends = ['libayatana-appindicator3-1', 'polkitd | policykit-1', 'xdg-utils'];

/** As {@link debRecommends}. */
export const rpmRecommends = ['polkit'];

/** What the program needs of Fedora and RHEL 9, by their names for it. */
export const rpmRequires = [
  '(qemu-system-x86-core or qemu-kvm-core)',
  'alsa-lib',
  'at-spi2-core',
  'bubblewrap',
  'gtk3',
  'libXScrnSaver',
  'libXtst',
  'libdrm',
  'libnotify',
  'libsecret',
  'mesa-libgbm',
  'nss',
  'shadow-utils',
  'util-linux',
] as const;
