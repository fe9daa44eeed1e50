import type { Configuration } from 'electron-builder';

/**
 * What a package is made of beside the app itself, put together beforehand: `cli/`, `runtime/`, `images/`, `qemu/ARCH/`,
 * `launchd/`, the notices and the bill of materials. `os` is electron-builder's: `linux`, `win` or `mac`.
 */
export const stageDir = (os: 'linux' | 'win' | 'mac'): string => `.cache/stage/${os}`;

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
