import { access, mkdir, rm } from 'node:fs/promises';
import { writeFileAtomic } from '../base/atomic-file.ts';
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

/** Nothing else tells: systemd makes the service's folders before it asks, and what the service has kept outlives it. */
async function seenPlace({ wantedPath }: ServicePaths): Promise<HostPlace> {
  return await access(wantedPath).then(
    () => 'service',
    () => 'session',
  );
}

/** Keeps for later, also after the next boot, where the profiles have said that the host lives. Throws what the file system throws. */
export async function rememberPlace({ dataDir, wantedPath }: ServicePaths, place: HostPlace): Promise<void> {
  if (place === 'session') {
    await rm(wantedPath, { force: true });
    return;
  }
  await mkdir(dataDir, { recursive: true, mode: 0o711 });
  await writeFileAtomic(wantedPath, '');
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

/** Calls `onUnwanted` once the profiles want no service any more, which is remembered then. */
export function followWanted(machine: MachinePlaceOptions, onUnwanted: () => void): Disposable {
  return followPlace(machine, 'service', () => {
    // Where it cannot be removed, "service wanted" tries again before the next start.
    void rememberPlace(machine.servicePaths, 'session').then(onUnwanted, onUnwanted);
  });
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
