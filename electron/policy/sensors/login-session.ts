import { GleanerError } from '../../contract/failures.ts';
import type { Signals } from '../../contract/signals.ts';
import { Bus, type BusObject, changesOf, type OnBus, tellsChange } from './bus.ts';
import { isPersonal } from './login-sessions.ts';
import type { Reading, Sensor } from './sensor.ts';

const service = 'org.freedesktop.login1';
const manager: BusObject = {
  service,
  path: '/org/freedesktop/login1',
  interface: 'org.freedesktop.login1.Manager',
};
const sessionInterface = 'org.freedesktop.login1.Session';
const seatInterface = 'org.freedesktop.login1.Seat';
const daemonName = 'org.freedesktop.DBus';

/** The person's session, as systemd-logind has it (org.freedesktop.login1(5)). */
export interface LoginSession {
  readonly locked: boolean | null;
  readonly remote: boolean | null;
  /** false: another session has the seat's screen. One without a seat is always active. */
  readonly active: boolean | null;
  /** `x11`, `wayland`, `tty` and others. */
  readonly type: string | null;
  /** Who has its seat's screen; `nobody`: a greeter, a lock screen or no session; null: it is not known, or was not looked for. */
  readonly screen: 'somebody' | 'nobody' | null;
}

/** A sensor that follows the session it runs in; where there is none (a service) it has nothing to tell. */
export function sessionSensor(
  { env, clock }: OnBus,
  o: {
    readonly name: string;
    readonly gives: readonly (keyof Signals)[];
    readonly looksAtScreen?: boolean;
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
        const seat = o.looksAtScreen === true ? seatIn(await bus.properties(session)) : undefined;
        const look = async () => {
          const properties = await bus.properties(session);
          // Afterwards: who is asked about is then whoever the screen was lost to.
          const screen = seat ? await whoHasScreen(bus, seat) : null;
          report(
            o.parse({
              locked: booleanOf(properties.get('LockedHint')),
              remote: booleanOf(properties.get('Remote')),
              active: booleanOf(properties.get('Active')),
              type: textOf(properties.get('Type')),
              screen,
            }),
          );
        };
        let looking: Promise<void> = Promise.resolve();
        bus.onSignal((signal) => {
          const isNews = tellsChange(signal, session) || (seat !== undefined && tellsChange(signal, seat));
          if (signal.sender === owner && isNews) {
            // One after the other, so that the last one tells last.
            looking = looking.then(look).catch(fail);
          }
          if (signal.sender === daemonName && signal.body[0] === service) {
            fail(new GleanerError('sensor-failed', 'systemd-logind went away.'));
          }
        });
        await bus.match({ sender: daemonName, member: 'NameOwnerChanged', arg0: service });
        await bus.match(changesOf(session));
        if (seat) await bus.match(changesOf(seat));
        looking = look();
        await looking;
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

/** A session's seat; undefined for one without, as from afar. */
function seatIn(session: ReadonlyMap<string, unknown>): BusObject | undefined {
  const path = pathIn(session.get('Seat'));
  return path === null || path === '/' ? undefined : { service, path, interface: seatInterface };
}

async function whoHasScreen(bus: Bus, seat: BusObject): Promise<LoginSession['screen']> {
  const path = pathIn((await bus.properties(seat)).get('ActiveSession'));
  if (path === null) return null;
  if (path === '/') return 'nobody';
  const kind = (await bus.properties({ service, path, interface: sessionInterface })).get('Class');
  if (typeof kind !== 'string') return null;
  return isPersonal(kind) ? 'somebody' : 'nobody';
}

/** Of a name with its object, `(so)`. */
function pathIn(pair: unknown): string | null {
  return Array.isArray(pair) ? textOf(pair[1]) : null;
}

const booleanOf = (value: unknown): boolean | null => (typeof value === 'boolean' ? value : null);
const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);
