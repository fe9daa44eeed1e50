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
const positiveTransition = 0;
const negativeTransition = 1;

/**
 * Input on X11: the server's counter IDLETIME, with an alarm on each way across 250 ms. The upward one is needed for the
 * downward one to be seen: the server looks at its counter only when an alarm makes it.
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
  const alarm = (testType: number): number => {
    const id = connection.newId();
    sync.CreateAlarm(id, { counter, valueType: absolute, value: quietMs, testType, delta: 0, events: 1 });
    return id;
  };
  const [quiet, active] = [alarm(positiveTransition), alarm(negativeTransition)];
  connection.onEvent((event) => {
    if (event.name !== 'AlarmNotify') return;
    if (event.alarm === active) edges.active();
    if (event.alarm === quiet) edges.quiet(event.counterValue ?? quietMs);
  });
  await edges.begin();
  return {
    dispose() {
      edges.dispose();
      connection.dispose();
    },
  };
}
