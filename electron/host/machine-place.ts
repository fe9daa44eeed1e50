import { access } from 'node:fs/promises';
import type { Disposable } from '../base/disposal.ts';
import type { ServicePaths } from '../base/paths.ts';
import { GleanerError, type HostPlace } from '../contract/index.ts';
import { type ToldPlace, toldPlace } from '../settings/profiles/place.ts';
import { type ProfileSource, readProfiles } from '../settings/profiles/source.ts';

export interface MachinePlaceOptions {
  readonly profiles: ProfileSource;
  readonly servicePaths: ServicePaths;
}

/** Where the host of this computer lives, as its administrator's profiles say now. Never rejects. */
export async function machinePlace({ profiles, servicePaths }: MachinePlaceOptions): Promise<ToldPlace> {
  const found = await readProfiles(profiles);
  return toldPlace(found, await seenPlace(servicePaths));
}

/** A running service has its folder; the service itself sees that it has kept something here before. */
async function seenPlace({ runDir, databasePath }: ServicePaths): Promise<HostPlace> {
  const isThere = await Promise.any([access(runDir), access(databasePath)]).then(
    () => true,
    () => false,
  );
  return isThere ? 'service' : 'session';
}

/** Calls `onChange` once the profiles say another place than `from`; what cannot be told is no other place. */
export function followPlace(
  o: MachinePlaceOptions,
  from: HostPlace | null,
  onChange: () => void,
): Disposable {
  let ended = false;
  const look = async (): Promise<void> => {
    const told = await machinePlace(o);
    if (ended || !('place' in told) || told.place === from) return;
    ended = true;
    onChange();
  };
  const watch = o.profiles.watch(() => void look());
  // What was written between the first look and the watch.
  void look();
  return {
    async dispose() {
      ended = true;
      await watch.dispose();
    },
  };
}

/**
 * Composing a host is for where it lives in the app.
 * @throws GleanerError `not-permitted` where the machine has a service, `profile-broken` where that cannot be told
 */
export function requireSession(told: ToldPlace): void {
  if ('failure' in told) {
    throw new GleanerError(told.failure.code, told.failure.sentence, told.failure.hint);
  }
  if (told.place === 'session') return;
  throw new GleanerError(
    'not-permitted',
    'On this computer Gleaner is a service of the machine, and has no second host.',
    'Start it with: systemctl start gleaner',
  );
}
