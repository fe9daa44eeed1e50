import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packagedImages } from './images.ts';
import type { Program } from './program.ts';
import { readVersion } from './version.ts';

/**
 * An installed command line.
 * @param resourcesDir the installed app's `resources` folder, which has `cli`, `images` and the app's archive
 */
export function packagedProgram(resourcesDir: string, platform: NodeJS.Platform): Program {
  const cliDir = join(resourcesDir, 'cli');
  const worker = (name: string): URL => pathToFileURL(join(cliDir, 'main', `${name}.js`));
  return {
    version: readVersion(readFileSync(join(cliDir, 'package.json'), 'utf8')),
    sampleDir: join(cliDir, 'resources', 'sample'),
    workers: {
      session: worker('session'),
      judge: worker('judge'),
      boinc: worker('boinc'),
      condor: worker('condor'),
      egress: worker('egress'),
    },
    appPath: appPathOf(resourcesDir, platform, process.env),
    images: () => Promise.resolve(packagedImages(resourcesDir)),
    findImages: () => Promise.resolve(join(resourcesDir, 'images')),
  };
}

/** The app's program beside its resources; of an AppImage its file, since this mount goes with this process. Pure. */
export function appPathOf(
  resourcesDir: string,
  platform: NodeJS.Platform,
  env: Readonly<Record<string, string | undefined>>,
): string {
  const { APPIMAGE: file, APPDIR: mount } = env;
  if (file !== undefined && mount !== undefined && resolve(mount) === dirname(resourcesDir)) return file;
  if (platform === 'darwin') return join(resourcesDir, '..', 'MacOS', 'Gleaner');
  return join(resourcesDir, '..', platform === 'win32' ? 'Gleaner.exe' : 'gleaner-app');
}
