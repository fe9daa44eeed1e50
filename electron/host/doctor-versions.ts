import type { Versions } from '../contract/index.ts';
import type { Checker } from './doctor.ts';
import { type ImageFacts, shortRecipe } from './doctor-images.ts';
import type { MachineFacts } from './doctor-machine.ts';

export interface VersionFacts
  extends Pick<ImageFacts, 'images'>,
    Pick<MachineFacts, 'hypervisor' | 'system'> {
  /** Of this program. */
  readonly version: string;
  /** Of the runtime, as `process.versions` has them. */
  readonly runtime: Readonly<Partial<Record<string, string>>>;
  readonly architecture: string;
  /** Name and release of the kernel, for a system that does not tell its own. */
  readonly kernel: string;
}

/** Never rejects: what is not there is null. */
export async function versionsOf(facts: VersionFacts): Promise<Versions> {
  const [qemu, images, system] = await Promise.all([
    facts.hypervisor().catch(() => null),
    facts.images().catch(() => null),
    facts.system(),
  ]);
  const { runtime, kernel } = facts;
  return {
    gleaner: facts.version,
    electron: runtime['electron'] ?? null,
    chromium: runtime['chrome'] ?? null,
    node: runtime['node'] ?? 'unknown',
    system: system.name === null ? kernel : `${system.name}, ${kernel}`,
    architecture: facts.architecture,
    qemu: qemu?.version ?? null,
    images: images && {
      recipe: shortRecipe(images.recipe),
      kernel: images.kernelRelease,
      builtAt: images.builtAt,
      boincClient: images.packages.get('boinc-client') ?? null,
    },
  };
}

export const versionsChecker: Checker<'versions', VersionFacts> = {
  id: 'versions',
  title: 'Versions',
  async check(facts) {
    const { gleaner, electron, node, qemu, images } = await versionsOf(facts);
    const all: readonly (readonly [string, string | null | undefined])[] = [
      ['Gleaner', gleaner],
      ['Electron', electron],
      ['Node', node],
      ['QEMU', qemu],
      ['images', images?.recipe],
      ['boinc-client', images?.boincClient],
    ];
    const known = all.flatMap(([name, version]) => (version == null ? [] : [`${name} ${version}`]));
    return { state: 'ok', code: 'told', values: { gleaner }, detail: `${known.join(', ')}.` };
  },
};
