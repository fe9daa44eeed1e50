import { join } from 'node:path';
import type { CheckoutImages } from '../host/checkout-images.ts';
import type { ProgramImages } from './program.ts';

/** The images that came with the package: they are built nowhere else, and newer ones come with a newer package. */
export function packagedImages(resourcesDir: string): ProgramImages {
  const folder = join(resourcesDir, 'images');
  return { source: { imageSourceDir: () => Promise.resolve(folder) }, dispose: () => undefined };
}

/** A checkout's images as a host wants them. */
export function imagesOf(images: CheckoutImages): ProgramImages {
  return {
    source: {
      imageSourceDir: (signal) => images.folder(signal),
      rebuildImages: (_why, signal) => images.rebuild(signal),
      updateImages: (signal) => images.update(signal),
    },
    dispose: () => {
      images.dispose();
    },
  };
}
