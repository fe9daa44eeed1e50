import { GleanerError } from '../../contract/failures.ts';
import { Bus, type BusObject, type OnBus } from './bus.ts';
import { InputEdges, quietMs } from './input-edges.ts';
import type { Sensor } from './sensor.ts';

const monitor: BusObject = {
  service: 'org.gnome.Mutter.IdleMonitor',
  path: '/org/gnome/Mutter/IdleMonitor/Core',
  interface: 'org.gnome.Mutter.IdleMonitor',
};

/**
 * Input on GNOME, X11 or Wayland: Mutter's idle monitor. One watch fires whenever there was no input for 250 ms; it sets
 * another, which fires once, at the next input.
 */
export function gnomeInputSensor({ env, clock }: OnBus): Sensor {
  return {
    name: 'input-gnome',
    cost: 'Nothing while nothing happens; one question a second to the desktop while input goes on.',
    gives: ['lastInputAt', 'inputSource', 'inputPollMs'],
    async start(report, fail) {
      const bus = await Bus.open({ kind: 'session', env }, clock, fail);
      try {
        const owner = await bus.owner(monitor.service);
        if (owner === null)
          throw new GleanerError('platform-not-ready', 'This desktop has no idle monitor of GNOME.');
        const number = async (member: string, signature = '', body: unknown[] = []): Promise<number> =>
          numberOf(await bus.call(monitor, member, signature, body));
        const edges = new InputEdges({
          source: 'gnome',
          clock,
          report,
          fail,
          idleMs: () => number('GetIdletime'),
        });
        /** Ids of the watches; what fires may overtake the answer that tells its id. */
        const watches = { quiet: -1, active: -1, fired: -1 };
        const watchForInput = async () => {
          watches.active = await number('AddUserActiveWatch');
          if (watches.fired === watches.active) edges.active();
        };
        bus.onSignal((signal) => {
          const [id] = signal.body;
          if (signal.sender === 'org.freedesktop.DBus' && id === monitor.service) {
            fail(new GleanerError('sensor-failed', 'The desktop’s idle monitor went away.'));
          }
          if (signal.sender !== owner || signal.member !== 'WatchFired') return;
          if (typeof id === 'number') watches.fired = id;
          if (id === watches.active) edges.active();
          if (id !== watches.quiet) return;
          edges.quiet(quietMs);
          watchForInput().catch(fail);
        });
        await bus.match({
          sender: 'org.freedesktop.DBus',
          member: 'NameOwnerChanged',
          arg0: monitor.service,
        });
        await bus.match({ sender: owner, interface: monitor.interface, member: 'WatchFired' });
        watches.quiet = await number('AddIdleWatch', 't', [BigInt(quietMs)]);
        await watchForInput();
        await edges.begin();
        return {
          dispose() {
            edges.dispose();
            // The desktop forgets the watches of who left the bus.
            bus.dispose();
          },
        };
      } catch (error) {
        bus.dispose();
        throw error;
      }
    },
  };
}

/** The one number of an answer; D-Bus's 64-bit numbers come as BigInt. */
function numberOf([value]: readonly unknown[]): number {
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value);
  throw new GleanerError('sensor-failed', 'The desktop’s idle monitor answers nonsense.');
}
