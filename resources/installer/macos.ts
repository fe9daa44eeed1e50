import type { Configuration } from 'electron-builder';
import { stageDir, unshipped } from './base.ts';

const entitlements = 'resources/installer/macos/entitlements.plist';

/**
 * macOS: a package for software distribution and a disk image for people, for both processors. None of it was ever built or
 * run: signing, notarizing, `pkgbuild` and `productbuild` exist on a Mac only.
 */
export const macos: Configuration = {
  mac: {
    target: [
      { target: 'pkg', arch: ['universal'] },
      { target: 'dmg', arch: ['universal'] },
    ],
    category: 'public.app-category.utilities',
    icon: 'resources/icons/app-512.png',
    minimumSystemVersion: '13.0',
    hardenedRuntime: true,
    gatekeeperAssess: false,
    entitlements,
    entitlementsInherit: 'resources/installer/macos/entitlements-inherit.plist',
    files: unshipped('darwin', ['arm64', 'x64']),
    extraResources: [
      { from: stageDir('mac'), to: '.' },
      // Beside the app in every form: newer versions come as packages.
      { from: 'resources/installer/macos/install.json', to: 'install.json' },
    ],
    // Both QEMUs are in both halves, as they are; there is nothing to merge.
    x64ArchFiles: 'Contents/Resources/qemu/**',
    // QEMU needs the right to the hypervisor itself.
    binaries: [
      'Contents/Resources/qemu/arm64/qemu-system-x86_64',
      'Contents/Resources/qemu/x64/qemu-system-x86_64',
    ],
    artifactName: 'Gleaner-${version}-${arch}.${ext}',
  },
  pkg: {
    installLocation: '/Applications',
    allowAnywhere: false,
    allowCurrentUserHome: false,
    allowRootDirectory: true,
    isRelocatable: false,
    // An older version does not replace a newer one.
    isVersionChecked: true,
    hasStrictIdentifier: true,
    overwriteAction: 'upgrade',
    scripts: 'macos/pkg-scripts',
  },
  dmg: { sign: false },
};
