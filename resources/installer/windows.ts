import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Configuration } from 'electron-builder';
import { stageDir, unshipped } from './base.ts';
import { withPublicProperties } from './windows/msi.ts';

/** Never changes: by these, Windows knows a newer package for a newer version of the same program. */
const guid = '8f6b6a0e-5d2c-4f7b-9c0f-3a6d2b7e41c5';
const upgradeCode = '2B1F4E9A-7C3D-4B58-8E6A-91D0C5F2A7B3';

/**
 * Windows: an installer for whoever clicks or types, and an MSI for software distribution; both for all users of the
 * computer. Neither was ever run on Windows; test/unit/installer-nsis.test.ts compiles the first.
 */
export const windows: Configuration = {
  win: {
    target: [
      { target: 'nsis', arch: ['x64'] },
      { target: 'msi', arch: ['x64'] },
    ],
    icon: 'resources/icons/app.ico',
    files: unshipped('win32', ['x64']),
    extraResources: [{ from: stageDir('win'), to: '.' }],
  },
  nsis: {
    guid,
    oneClick: false,
    perMachine: true,
    allowToChangeInstallationDirectory: true,
    // Nothing that a person did not ask for: no icon on the desktop, no start of the program by the installer.
    createDesktopShortcut: false,
    createStartMenuShortcut: true,
    runAfterFinish: false,
    // What a person has in Gleaner stays; /PURGE takes it.
    deleteAppDataOnUninstall: false,
    include: 'resources/installer/windows/installer.nsh',
    installerLanguages: ['en_US', 'de_DE', 'fr_FR', 'es_ES', 'ja_JP', 'ar_SA'],
    warningsAsErrors: true,
    artifactName: 'Gleaner-${version}-${arch}-setup.${ext}',
  },
  msi: {
    upgradeCode,
    oneClick: false,
    perMachine: true,
    createDesktopShortcut: false,
    createStartMenuShortcut: true,
    runAfterFinish: false,
    artifactName: 'Gleaner-${version}-${arch}.${ext}',
  },
  /** Adds Gleaner's properties to the project that electron-builder has written. */
  msiProjectCreated: async (projectPath: string) => {
    const installJson = path.resolve('resources/installer/windows/install-msi.json');
    const project = await readFile(projectPath, 'utf8');
    await writeFile(projectPath, withPublicProperties(project, installJson));
  },
};
