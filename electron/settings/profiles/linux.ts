import { isAbsolute, join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';
import { FileWatch } from '../file-watch.ts';
import type { ProfileSource, RawProfile, RawProfiles } from './source.ts';
import { readTrustedFile } from './trusted-file.ts';

const systemDir = '/etc/gleaner';

/**
 * The folder of the profiles. `GLEANER_PROFILES` names another one to a host that runs as root, which could write the
 * profiles anyway, so that tests of the whole application need not touch /etc. For everybody else it has no effect:
 * an ordinary user could name an empty folder and be rid of what is locked. Pure.
 */
export function linuxProfilesDir(
  uid: number | undefined,
  env: Readonly<Record<string, string | undefined>>,
): string {
  const override = env['GLEANER_PROFILES'];
  return uid === 0 && override !== undefined && isAbsolute(override) ? override : systemDir;
}

/** `defaults.json` and `locked.json`, which must be root's. */
export class LinuxProfiles implements ProfileSource {
  readonly #defaultsPath: string;
  readonly #lockedPath: string;
  readonly #clock: Clock;
  readonly #trustedUid: number | undefined;

  /** `trustedUid` is believed beside root; for tests that are not root. */
  constructor(o: { readonly profilesDir: string; readonly clock: Clock; readonly trustedUid?: number }) {
    this.#defaultsPath = join(o.profilesDir, 'defaults.json');
    this.#lockedPath = join(o.profilesDir, 'locked.json');
    this.#clock = o.clock;
    this.#trustedUid = o.trustedUid;
  }

  async read(): Promise<RawProfiles> {
    const [defaults, locked] = await Promise.all([
      this.#read(this.#defaultsPath),
      this.#read(this.#lockedPath),
    ]);
    return { defaults, locked };
  }

  watch(onChange: () => void): Disposable {
    return new FileWatch({
      filePaths: [this.#defaultsPath, this.#lockedPath],
      clock: this.#clock,
      onChange,
    });
  }

  async #read(place: string): Promise<RawProfile | null> {
    const found = await readTrustedFile(place, this.#trustedUid);
    if (found === null) return null;
    if ('fault' in found) return { place, fault: found.fault };
    try {
      return { place, raw: JSON.parse(found.bytes.toString('utf8')) };
    } catch {
      return { place, fault: 'it is not JSON' };
    }
  }
}
