import { readFileSync } from 'node:fs';
import { join } from 'node:path';
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
    appPath: appPathOf(resourcesDir, platform),
    images: () => Promise.resolve(packagedImages(resourcesDir)),
    findImages: () => Promise.resolve(join(resourcesDir, 'images')),
  };
}

/** The app's program beside its resources. Pure. */
export function appPathOf(resourcesDir: string, platform: NodeJS.Platform): string {
  if (platform === 'darwin') return join(resourcesDir, '..', 'MacOS', 'Gleaner');
  return join(resourcesDir, '..', platform === 'win32' ? 'Gleaner.exe' : 'gleaner-app');
}
