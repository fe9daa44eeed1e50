import type { Package } from './apt.ts';
import { BuildError } from './errors.ts';
import { run } from './run.ts';

/** A package of another version than an image was made of; `from` is null for one that the image lacks. */
export interface Change {
  readonly name: string;
  readonly from: string | null;
  readonly to: string;
}

/** Whether a version of Debian's is later than another. */
export type IsLater = (version: string, than: string) => Promise<boolean>;

/** As dpkg compares them. */
export const isLater: IsLater = async (version, than) => {
  try {
    await run('dpkg', ['--compare-versions', version, 'gt', than]);
    return true;
  } catch (error) {
    // It says no by its exit code, and prints only when something is wrong.
    if (error instanceof BuildError && /ended with code 1: $/.test(error.message)) return false;
    throw error;
  }
};

/** The kernel's package carries its version in its name. */
const kernelName = /^linux-image-\d/;

/**
 * What has become newer since an image was made.
 * @throws BuildError `mirror-older` when a mirror offers an older version of anything: it is behind, or somebody wants
 * us to go back to what had a hole.
 */
export async function newerPackages(
  before: readonly Package[],
  offered: readonly Package[],
  later: IsLater = isLater,
): Promise<Change[]> {
  const changes: Change[] = [];
  for (const { name, version: to } of offered) {
    const kernel = kernelName.test(name);
    const old = before.find((other) => (kernel ? kernelName.test(other.name) : other.name === name));
    const from = old?.version ?? null;
    if (from === to) continue;
    if (from !== null && !(await later(to, from))) {
      throw new BuildError(
        'mirror-older',
        `The mirror offers ${name} ${to}, which is older than ${from}, which the image has.`,
        'Try again later, or another mirror.',
      );
    }
    changes.push({ name, from, to });
  }
  return changes;
}
