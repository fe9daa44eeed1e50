import type { Clock } from '../../base/clock.ts';
import { GleanerError } from '../../contract/failures.ts';
import type { Signals } from '../../contract/signals.ts';
import { checkReading } from './reading.ts';
import type { Reading, Sensor } from './sensor.ts';
import { within } from './within.ts';

/** A read that takes longer is given up. */
const readLimitMs = 5000;

interface Polled {
  readonly name: string;
  readonly cost: string;
  readonly gives: readonly (keyof Signals)[];
  readonly everyMs: number;
  readonly clock: Clock;
  readonly read: () => Promise<Reading> | Reading;
}

/**
 * A sensor that asks every so often. The first read is its start; later ones follow `everyMs` after the end of the one
 * before, never two at once. A read that hangs, throws or tells what cannot be ends the sensor.
 */
export function polledSensor(o: Polled): Sensor {
  const next = reader(o);
  return {
    name: o.name,
    cost: o.cost,
    gives: o.gives,
    async start(report, fail) {
      let cancel: (() => void) | undefined;
      const stopped = new AbortController();
      const turn = () => {
        cancel = o.clock.after(o.everyMs, () => {
          next().then(
            (reading) => {
              if (stopped.signal.aborted) return;
              turn();
              report(reading);
            },
            (error: unknown) => {
              if (!stopped.signal.aborted) fail(error);
            },
          );
        });
      };
      const first = await next();
      turn();
      report(first);
      return {
        dispose() {
          stopped.abort();
          cancel?.();
        },
      };
    },
  };
}

/** Reads and checks, one at a time also over restarts: a read that was given up may still be under way. */
function reader(o: Polled): () => Promise<Reading> {
  let busy = false;
  return async () => {
    if (busy) throw new GleanerError('sensor-failed', `The sensor ${o.name} is still reading from before.`);
    busy = true;
    const answer = Promise.resolve()
      .then(() => o.read())
      .finally(() => {
        busy = false;
      });
    const { reading, lies } = checkReading(
      await within(o.clock, readLimitMs, answer, `The sensor ${o.name} took too long to read.`),
    );
    if (lies.length === 0) return reading;
    throw new GleanerError('sensor-failed', `The sensor ${o.name} read an impossible ${lies.join(', ')}.`);
  };
}
