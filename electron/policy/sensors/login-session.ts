import { GleanerError } from '../../contract/failures.ts';
import type { Signals } from '../../contract/signals.ts';
import { Bus, type BusObject, changesOf, type OnBus, tellsChange } from './bus.ts';
import type { Reading, Sensor } from './sensor.ts';

const service = 'org.freedesktop.login1';
const manager: BusObject = {
  service,
  path: '/org/freedesktop/login1',
  interface: 'org.freedesktop.login1.Manager',
};
const sessionInterface = 'org.freedesktop.login1.Session';
const daemonName = 'org.freedesktop.DBus';

/** The person's session, as systemd-logind has it (org.freedesktop.login1(5)). */
export interface LoginSession {
  readonly locked: boolean | null;
  readonly remote: boolean | null;
  /** false: another session has the seat's screen. One without a seat is always active. */
  readonly active: boolean | null;
  /** `x11`, `wayland`, `tty` and others. */
  readonly type: string | null;
}

/** A sensor that follows the session it runs in; where there is none (a service) it has nothing to tell. */
export function sessionSensor(
  { env, clock }: OnBus,
  o: {
    readonly name: string;
    readonly gives: readonly (keyof Signals)[];
    readonly parse: (session: LoginSession) => Reading;
  },
): Sensor {
  return {
    name: o.name,
    cost: 'Nothing while nothing happens: signals on one connection to the system bus.',
    gives: o.gives,
    async start(report, fail) {
      const bus = await Bus.open({ kind: 'system', env }, clock, fail);
      try {
        const owner = await bus.owner(service);
        const session = owner === null ? undefined : await findSession(bus, env);
        if (!session) throw new GleanerError('platform-not-ready', 'There is no login session here.');
        const look = async () => {
          const properties = await bus.properties(session);
          report(
            o.parse({
              locked: booleanOf(properties.get('LockedHint')),
              remote: booleanOf(properties.get('Remote')),
              active: booleanOf(properties.get('Active')),
              type: textOf(properties.get('Type')),
            }),
          );
        };
        bus.onSignal((signal) => {
          if (signal.sender === owner && tellsChange(signal, session)) look().catch(fail);
          if (signal.sender === daemonName && signal.body[0] === service) {
            fail(new GleanerError('sensor-failed', 'systemd-logind went away.'));
          }
        });
        await bus.match({ sender: daemonName, member: 'NameOwnerChanged', arg0: service });
        await bus.match(changesOf(session));
        await look();
        return bus;
      } catch (error) {
        bus.dispose();
        throw error;
      }
    },
  };
}

/** The id of the session that `env` belongs to; null where none can be told. Never rejects. */
export async function loginSessionId({ env, clock }: OnBus): Promise<string | null> {
  try {
    const bus = await Bus.open({ kind: 'system', env }, clock, () => undefined);
    try {
      const session = (await bus.owner(service)) === null ? undefined : await findSession(bus, env);
      return session ? textOf((await bus.properties(session)).get('Id')) : null;
    } finally {
      bus.dispose();
    }
  } catch {
    return null;
  }
}

/** By the id that the session's environment carries, by our process, or the one that the person looks at. */
async function findSession(bus: Bus, env: OnBus['env']): Promise<BusObject | undefined> {
  const id = env['XDG_SESSION_ID'];
  const answers = [
    async () => (id === undefined ? undefined : await bus.ask(manager, 'GetSession', 's', [id])),
    async () => await bus.ask(manager, 'GetSessionByPID', 'u', [process.pid]),
    async () => await bus.ask(manager, 'GetSession', 's', ['auto']),
  ];
  for (const answer of answers) {
    const [path] = (await answer()) ?? [];
    if (typeof path === 'string') return { service, path, interface: sessionInterface };
  }
  return undefined;
}

const booleanOf = (value: unknown): boolean | null => (typeof value === 'boolean' ? value : null);
const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);
