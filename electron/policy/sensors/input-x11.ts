import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';
import { GleanerError } from '../../contract/failures.ts';
import { InputEdges, quietMs } from './input-edges.ts';
import type { Reading, Sensor } from './sensor.ts';
import { XConnection } from './x11/connection.ts';

/** What a sensor on X11 needs to know. */
export interface OnDisplay {
  /** DISPLAY, and XAUTHORITY or HOME. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
}

// X Synchronization Extension Protocol, "Alarm attributes".
const absolute = 0;
const negativeTransition = 1;
const positiveComparison = 2;

/**
 * Input on X11: the server's counter IDLETIME, with an alarm on each way across 250 ms. The upward one is needed for the
 * downward one to be seen: the server looks at its counter only when an alarm makes it. It fires once and is set again at
 * each input, since a standing one (a transition) can keep the server from waking for everybody's later alarms, such as
 * a screen saver's: it sets no timer when its counter was last seen exactly on the value (21.1).
 * Another client that sets up an alarm right upon an input can hide it from ours; the input after the next pause is seen.
 */
export function x11InputSensor({ env, clock }: OnDisplay): Sensor {
  return {
    name: 'input-x11',
    cost: 'Nothing while nothing happens; one question a second to the X server while input goes on.',
    gives: ['lastInputAt', 'inputSource', 'inputPollMs'],
    async start(report, fail) {
      const connection = await XConnection.open(env, clock, fail);
      try {
        return await watch(connection, clock, report, fail);
      } catch (error) {
        connection.dispose();
        throw error;
      }
    },
  };
}

async function watch(
  connection: XConnection,
  clock: Clock,
  report: (reading: Reading) => void,
  fail: (error: unknown) => void,
): Promise<Disposable> {
  const sync = await connection.sync();
  const counters = await connection.ask<{ name: string; counter: number }[] | undefined>((answer) => {
    sync.ListSystemCounters(answer);
  });
  const counter = counters?.find(({ name }) => name === 'IDLETIME')?.counter;
  if (counter === undefined) {
    throw new GleanerError('platform-not-ready', 'This X server does not count idle time.');
  }
  const edges = new InputEdges({
    source: 'x11',
    clock,
    report,
    fail,
    idleMs: () =>
      connection.ask<number>((answer) => {
        sync.QueryCounter(counter, answer);
      }),
  });
  const values = { counter, valueType: absolute, value: quietMs, delta: 0, events: 1 };
  const upward = { ...values, testType: positiveComparison };
  const [quiet, active] = [connection.newId(), connection.newId()];
  connection.onEvent((event) => {
    if (event.name !== 'AlarmNotify') return;
    if (event.alarm === active) {
      edges.active();
      sync.ChangeAlarm(quiet, upward);
    }
    if (event.alarm === quiet) edges.quiet(event.counterValue ?? quietMs);
  });
  sync.CreateAlarm(quiet, upward);
  sync.CreateAlarm(active, { ...values, testType: negativeTransition });
  await edges.begin();
  return {
    dispose() {
      edges.dispose();
      connection.dispose();
    },
  };
}
