import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';
import { FileWatch } from '../file-watch.ts';
import { documentFromFlat } from './flat.ts';
import type { ProfileSource, RawProfile, RawProfiles } from './source.ts';
import { readTrustedFile } from './trusted-file.ts';

/** As in the application's bundle. */
const bundleId = 'org.gleaner.Gleaner';

/** What an MDM server manages comes before what an administrator put there by hand. */
const systemDirs = ['/Library/Managed Preferences', '/Library/Preferences'];

/**
 * `<id>.profile.{defaults,locked}.plist` in the first of the folders that has one; they must be root's. A flat
 * dictionary of `version`, `organization` and the settings by their dotted keys; XML or binary.
 */
export class MacProfiles implements ProfileSource {
  readonly #dirs: readonly string[];
  readonly #clock: Clock;
  readonly #trustedUid: number | undefined;

  constructor(o: {
    readonly clock: Clock;
    readonly profilesDirs?: readonly string[];
    readonly trustedUid?: number;
  }) {
    this.#dirs = o.profilesDirs ?? systemDirs;
    this.#clock = o.clock;
    this.#trustedUid = o.trustedUid;
  }

  async read(): Promise<RawProfiles> {
    return { defaults: await this.#read('defaults'), locked: await this.#read('locked') };
  }

  watch(onChange: () => void): Disposable {
    return new FileWatch({
      filePaths: [...this.#paths('defaults'), ...this.#paths('locked')],
      clock: this.#clock,
      onChange,
    });
  }

  #paths(kind: 'defaults' | 'locked'): string[] {
    return this.#dirs.map((dir) => `${dir}/${bundleId}.profile.${kind}.plist`);
  }

  async #read(kind: 'defaults' | 'locked'): Promise<RawProfile | null> {
    for (const place of this.#paths(kind)) {
      const found = await readTrustedFile(place, this.#trustedUid);
      if (found === null) continue;
      if ('fault' in found) return { place, fault: found.fault };
      const table = await parsePlist(found.bytes);
      return table === null
        ? { place, fault: 'it is not a property list' }
        : { place, raw: documentFromFlat(table) };
    }
    return null;
  }
}

/** The entries of a property list that is a dictionary; null for anything else. Never rejects. */
export async function parsePlist(bytes: Buffer): Promise<ReadonlyMap<string, unknown> | null> {
  // Only this platform has them, so only it loads the library.
  const { parse } = await import('plist');
  try {
    const isBinary = bytes.subarray(0, 6).toString('latin1') === 'bplist';
    const value = parse(isBinary ? new Uint8Array(bytes) : bytes.toString('utf8'));
    const isDictionary =
      value !== null &&
      typeof value === 'object' &&
      !Array.isArray(value) &&
      !(value instanceof Date) &&
      !(value instanceof Uint8Array);
    return isDictionary ? new Map(Object.entries(value)) : null;
  } catch {
    return null;
  }
}
