import type { BusObject, OnBus } from './bus.ts';
import { sessionSensor } from './login-session.ts';
import type { Sensor } from './sensor.ts';
import { followServices } from './service-follower.ts';

/** Who may own the lock, by desktop; all of them have the same two members. */
const lockers: readonly BusObject[] = [
  'org.freedesktop.ScreenSaver',
  'org.gnome.ScreenSaver',
  'org.cinnamon.ScreenSaver',
  'org.mate.ScreenSaver',
  'org.xfce.ScreenSaver',
].map((name) => ({ service: name, path: `/${name.replaceAll('.', '/')}`, interface: name }));

/** The lock as the desktop's own locker tells it (GetActive, ActiveChanged). */
export function lockerSensor({ env, clock }: OnBus): Sensor {
  return {
    name: 'screen-lock-desktop',
    cost: 'Nothing while nothing happens: signals on one connection to the session bus.',
    gives: ['screenLocked'],
    start: (report, fail) =>
      followServices<boolean | undefined>({
        place: { kind: 'session', env },
        clock,
        fail,
        services: lockers.map((object) => ({
          object,
          changes: ['ActiveChanged'],
          look: async (bus) => {
            const [active] = (await bus.ask(object, 'GetActive')) ?? [];
            return typeof active === 'boolean' ? active : undefined;
          },
        })),
        tell: (seen) => {
          const known = seen.filter((active) => active !== undefined);
          report({ screenLocked: known.length === 0 ? null : known.includes(true) });
        },
      }),
  };
}

/** The lock as systemd-logind was told of it; many lockers do not tell. */
export function lockHintSensor(on: OnBus): Sensor {
  return sessionSensor(on, {
    name: 'screen-lock-logind',
    gives: ['screenLocked'],
    // A session that never was locked proves little; the hub takes a lock from either.
    parse: ({ locked }) => ({ screenLocked: locked }),
  });
}
