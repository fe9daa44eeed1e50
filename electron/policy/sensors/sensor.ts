import type { Disposable } from '../../base/disposal.ts';
import type { Signals } from '../../contract/signals.ts';

/** What a sensor tells: a signal it can no longer tell is null. */
export type Reading = Partial<Signals>;

/** One duty each. What it gives is unknown until it reports, and again after it failed. */
export interface Sensor {
  /** A word for logs and `policy explain`. */
  readonly name: string;
  /** What it costs, in a sentence. */
  readonly cost: string;
  readonly gives: readonly (keyof Signals)[];
  /**
   * Begins to report; what it returns ends it. `fail` is for a fault after the start (the bus went away): the hub ends it,
   * makes its signals unknown and starts it again later. May reject, with `platform-not-ready` for: never here.
   */
  start(report: (reading: Reading) => void, fail: (error: unknown) => void): Promise<Disposable> | Disposable;
}
