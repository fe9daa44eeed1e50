import type { HostOptions } from './options.ts';

type Builds = Pick<HostOptions, 'rebuildImages' | 'updateImages'>;

/** The same ways to build images, and whether one of them is at work: it takes minutes, and others wait for it. */
export function watchBuilds({ rebuildImages, updateImages }: Builds): {
  readonly builds: Builds;
  readonly building: () => boolean;
} {
  let atWork = 0;
  const counted =
    <A extends readonly unknown[], T>(build: (...given: A) => Promise<T>) =>
    async (...given: A): Promise<T> => {
      atWork += 1;
      try {
        return await build(...given);
      } finally {
        atWork -= 1;
      }
    };
  return {
    builds: {
      ...(rebuildImages ? { rebuildImages: counted(rebuildImages) } : {}),
      ...(updateImages ? { updateImages: counted(updateImages) } : {}),
    },
    building: () => atWork > 0,
  };
}
