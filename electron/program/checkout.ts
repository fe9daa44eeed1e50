import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { imagesOf } from './images.ts';
import type { Program } from './program.ts';
import { readVersion } from './version.ts';

const root = new URL('../../', import.meta.url);

/** The command line as it runs from the sources. */
export const checkoutProgram: Program = {
  version: readVersion(readFileSync(new URL('package.json', root), 'utf8')),
  sampleDir: fileURLToPath(new URL('resources/sample', root)),
  workers: {
    session: new URL('electron/vm/session/child.ts', root),
    judge: new URL('electron/grid/local/judge-child.ts', root),
    boinc: new URL('electron/grid/boinc/child.ts', root),
    condor: new URL('electron/grid/condor/child.ts', root),
    egress: new URL('electron/egress/child.ts', root),
  },
  appPath: undefined,
  async images(log) {
    // Most commands need none of it.
    const { CheckoutImages } = await import('../host/checkout-images.ts');
    return imagesOf(
      new CheckoutImages({ checkoutDir: fileURLToPath(root), nodePath: process.execPath, log }),
    );
  },
  async findImages() {
    const { defaultOutDir, recipeDigest } = await import('../../resources/guest/recipe.ts');
    const { readIntact } = await import('../../resources/guest/build/manifest.ts');
    const folder = defaultOutDir();
    return readIntact(folder, recipeDigest()) ? folder : undefined;
  },
};
