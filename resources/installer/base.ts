import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Configuration } from 'electron-builder';
import { checkoutDir } from '../dev/console.mjs';
import { type Arch, leftOut, type PackageLock, type Platform } from '../dev/shipped.ts';

/**
 * What a package is made of beside the app itself, put together beforehand: `cli/`, `runtime/`, `images/`, `qemu/ARCH/`,
 * `launchd/`, the notices and the bill of materials. `os` is electron-builder's: `linux`, `win` or `mac`.
 */
export const stageDir = (os: 'linux' | 'win' | 'mac'): string => `.cache/stage/${os}`;

/** Patterns that keep out of a package what electron-builder would take by itself and does not ship (resources/dev/shipped.ts). */
export function unshipped(platform: Platform, archs: readonly Arch[]): string[] {
  const lock = JSON.parse(readFileSync(path.join(checkoutDir, 'package-lock.json'), 'utf8')) as PackageLock;
  return leftOut(lock, platform, archs).map((place) => `!${place}/**`);
}

/** What holds on every system. Each system's own file adds to it. */
export const base: Configuration = {
  appId: 'org.gleaner.Gleaner',
  productName: 'Gleaner',
  copyright: 'The authors of Gleaner, MIT licence',
  // Windows shows it as the publisher.
  extraMetadata: { author: { name: 'Gleaner' } },
  directories: { output: 'dist', buildResources: 'resources/installer' },
  files: ['package.json', 'out/**/*', 'resources/icons/*.png', 'resources/sample/**/*'],
  asar: true,
  // Programs and libraries that the system loads from files.
  asarUnpack: ['**/*.node'],
  // No script of any package runs, so nothing is compiled either (resources/dev/shipped.ts).
  npmRebuild: false,
  nodeGypRebuild: false,
  // Only what is asked for with --publish is ever sent anywhere; there is no address to ask for.
  publish: null,
  // https://www.electronjs.org/docs/latest/tutorial/fuses: what the packaged program no longer does for whoever starts it.
  electronFuses: {
    runAsNode: false,
    enableCookieEncryption: true,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    // Checked on macOS and Windows; Electron on Linux does not know it.
    enableEmbeddedAsarIntegrityValidation: true,
    onlyLoadAppFromAsar: true,
    loadBrowserProcessSpecificV8Snapshot: false,
    grantFileProtocolExtraPrivileges: false,
  },
};
