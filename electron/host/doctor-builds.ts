import { type CommandOutput, GleanerError } from '../contract/index.ts';
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

/** Builds newer images. Rejects with `platform-not-ready` where nobody gave the host a way to. */
export async function updateImages({
  updateImages: update,
}: Builds): Promise<CommandOutput<'appliance.update'>> {
  if (update) return await update();
  throw new GleanerError(
    'platform-not-ready',
    'This host cannot build images.',
    'Ask a running host: start the app, or run "gleaner run --headless".',
  );
}
