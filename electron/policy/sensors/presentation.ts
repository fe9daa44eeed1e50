import type { Bus, BusObject, OnBus } from './bus.ts';
import type { Sensor } from './sensor.ts';
import { type Followed, followServices } from './service-follower.ts';

/** Of the session not being marked idle (gnome-session's GsmInhibitorFlag). */
const idleFlag = 8;
/** Of inhibitors that are looked at one by one. */
const mostInhibitors = 32;
/** Gleaner takes no such inhibitor; should a part of it ever do, it is no presentation. */
const ours = /^gleaner$/i;

const gnomeSession: BusObject = {
  service: 'org.gnome.SessionManager',
  path: '/org/gnome/SessionManager',
  interface: 'org.gnome.SessionManager',
};

/** Has who keeps the desktop awake speak: org.freedesktop.PowerManagement.Inhibit (KDE, Xfce) or gnome-session. */
export function presentationSensor({ env, clock }: OnBus): Sensor {
  return {
    name: 'presentation',
    cost: 'Nothing while nothing happens: signals on one connection to the session bus.',
    gives: ['presentation'],
    start: (report, fail) =>
      followServices<boolean | undefined>({
        place: { kind: 'session', env },
        clock,
        fail,
        services: [
          powerManagement('org.freedesktop.PowerManagement.Inhibit'),
          powerManagement('org.freedesktop.PowerManagement'),
          {
            object: gnomeSession,
            changes: ['InhibitorAdded', 'InhibitorRemoved'],
            look: inhibitedByGnome,
          },
        ],
        tell: (seen) => {
          const known = seen.filter((inhibited) => inhibited !== undefined);
          report({ presentation: known.length === 0 ? null : known.includes(true) });
        },
      }),
  };
}

function powerManagement(service: string): Followed<boolean | undefined> {
  const object: BusObject = {
    service,
    path: '/org/freedesktop/PowerManagement/Inhibit',
    interface: 'org.freedesktop.PowerManagement.Inhibit',
  };
  return {
    object,
    changes: ['HasInhibitChanged'],
    look: async (bus) => {
      const [has] = (await bus.ask(object, 'HasInhibit')) ?? [];
      return typeof has === 'boolean' ? has : undefined;
    },
  };
}

async function inhibitedByGnome(bus: Bus): Promise<boolean | undefined> {
  const actions = (await bus.properties(gnomeSession)).get('InhibitedActions');
  if (typeof actions !== 'number') return undefined;
  if ((actions & idleFlag) === 0) return false;
  const [paths] = (await bus.ask(gnomeSession, 'GetInhibitors')) ?? [];
  if (!Array.isArray(paths)) return true;
  for (const path of (paths as unknown[]).slice(0, mostInhibitors)) {
    if (typeof path !== 'string') continue;
    const inhibitor = {
      service: gnomeSession.service,
      path,
      interface: 'org.gnome.SessionManager.Inhibitor',
    };
    const [flags] = (await bus.ask(inhibitor, 'GetFlags')) ?? [];
    const [app] = (await bus.ask(inhibitor, 'GetAppId')) ?? [];
    const isIdle = typeof flags === 'number' && (flags & idleFlag) !== 0;
    if (isIdle && !(typeof app === 'string' && ours.test(app))) return true;
  }
  return paths.length > mostInhibitors;
}
