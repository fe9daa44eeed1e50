import type { Clock } from '../../base/clock.ts';
import { GleanerError } from '../../contract/failures.ts';
import { BunchedLook } from './bunched-look.ts';
import { Bus, type BusObject } from './bus.ts';
import type { Sensor } from './sensor.ts';
import { type LoginState, loginPollMs } from './sessions.ts';

const service = 'org.freedesktop.login1';
const manager: BusObject = {
  service,
  path: '/org/freedesktop/login1',
  interface: 'org.freedesktop.login1.Manager',
};
const sessionInterface = 'org.freedesktop.login1.Session';
const daemonName = 'org.freedesktop.DBus';
/** Changes that come in a bunch are answered by one more look, so much later. */
const bunchMs = 200;
/** More sessions than that are not looked at: a computer has a handful. */
const maxSessions = 64;

type Properties = ReadonlyMap<string, unknown>;

/**
 * Every login session of the computer, as systemd-logind has them (org.freedesktop.login1(5)): for a host that is in none of them.
 * New and ended sessions and their properties come by signal. The last input of a terminal has none: it is asked for in turns of
 * 5 s, as long as there is such a session. `hear` gets them, and none once the sensor ends; it tells no reading of its own.
 */
export function loginSessionsSensor(o: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly hear: (logins: readonly LoginState[]) => void;
}): Sensor {
  const { env, clock, hear } = o;
  return {
    name: 'input-logins',
    cost: 'Signals on one connection to the system bus, and a few questions every 5 s while somebody is at a terminal.',
    gives: ['lastInputAt', 'inputSource', 'inputPollMs', 'screenLocked', 'remoteSession'],
    async start(_report, fail) {
      const bus = await Bus.open({ kind: 'system', env }, clock, fail);
      try {
        const owner = await bus.owner(service);
        if (owner === null) throw new GleanerError('platform-not-ready', 'There is no systemd-logind here.');
        let cancel: (() => void) | undefined;
        const looks = new BunchedLook({
          clock,
          bunchMs,
          fail,
          look: async () => {
            const logins = await lookAtSessions(bus, clock);
            if (looks.ended) return;
            hear(logins);
            cancel?.();
            cancel = logins.some(({ graphical }) => !graphical)
              ? clock.after(loginPollMs, () => {
                  looks.soon();
                })
              : undefined;
          },
        });
        bus.onSignal((signal) => {
          if (signal.sender === daemonName && signal.body[0] === service) {
            fail(new GleanerError('sensor-failed', 'systemd-logind went away.'));
          } else if (signal.sender === owner) looks.soon();
        });
        await bus.match({ sender: daemonName, member: 'NameOwnerChanged', arg0: service });
        for (const member of ['SessionNew', 'SessionRemoved']) {
          await bus.match({ sender: service, path: manager.path, interface: manager.interface, member });
        }
        await bus.match({
          sender: service,
          interface: 'org.freedesktop.DBus.Properties',
          member: 'PropertiesChanged',
          arg0: sessionInterface,
        });
        await looks.now();
        return {
          dispose() {
            looks.dispose();
            cancel?.();
            bus.dispose();
            hear([]);
          },
        };
      } catch (error) {
        bus.dispose();
        throw error;
      }
    },
  };
}

async function lookAtSessions(bus: Bus, clock: Clock): Promise<LoginState[]> {
  const [list] = (await bus.ask(manager, 'ListSessions')) ?? [];
  const rows = Array.isArray(list) ? (list as unknown[]).slice(0, maxSessions) : [];
  const found: LoginState[] = [];
  for (const row of rows) {
    // (susso): id, uid, user, seat, path.
    const path: unknown = Array.isArray(row) ? row[4] : undefined;
    if (typeof path !== 'string') continue;
    const properties = await bus.properties({ service, path, interface: sessionInterface });
    const login = loginState(properties, clock.monotonic(), bootMs());
    if (login) found.push(login);
  }
  return found;
}

/** Ms of CLOCK_MONOTONIC, in which logind tells. */
const bootMs = (): number => Number(process.hrtime.bigint() / 1_000_000n);

const personal: readonly unknown[] = ['user', 'user-early', 'user-light', 'user-early-light'];

/** Whether a session of this class holds a person; a greeter, a lock screen's and a background job's do not. Pure. */
export const isPersonal = (sessionClass: unknown): boolean => personal.includes(sessionClass);

/**
 * A session out of its properties; null for one that is no person's, or of which nothing can be told. Pure.
 * @param now monotonic ms of the host
 * @param boot ms of CLOCK_MONOTONIC at the same moment
 */
export function loginState(properties: Properties, now: number, boot: number): LoginState | null {
  const id = properties.get('Id');
  const kind = properties.get('Class');
  if (typeof id !== 'string' || id === '' || (kind !== undefined && !isPersonal(kind))) return null;
  if (properties.get('State') === 'closing') return null;
  const type = properties.get('Type');
  const graphical = type === 'x11' || type === 'wayland' || type === 'mir';
  return {
    id,
    active: properties.get('Active') === true,
    graphical,
    locked: booleanOf(properties.get('LockedHint')),
    remote: booleanOf(properties.get('Remote')),
    lastInputAt: lastInput(properties, graphical, now, boot),
  };
}

/**
 * `IdleSinceHintMonotonic` (µs) is the last input of a terminal, and of a desktop that says it is idle. A desktop that says it is not has
 * input now; one that never said anything has 0 there, and is unknown.
 */
function lastInput(
  properties: Properties,
  graphical: boolean,
  now: number,
  boot: number,
): LoginState['lastInputAt'] {
  const since = Number(properties.get('IdleSinceHintMonotonic') ?? 0) / 1000;
  if (!Number.isFinite(since) || since <= 0 || since > boot) return null;
  if (graphical && properties.get('IdleHint') === false) return 'now';
  return now - (boot - since);
}

const booleanOf = (value: unknown): boolean | null => (typeof value === 'boolean' ? value : null);
