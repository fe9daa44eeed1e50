import type { Disposable } from '../../electron/base/disposal.ts';
import type { Signals } from '../../electron/contract/signals.ts';
import type { Reading, Sensor } from '../../electron/policy/sensors/sensor.ts';

/** A sensor that says what a test makes it say, also what no sensor may. */
export class FakeSensor implements Sensor {
  readonly name: string;
  readonly cost = 'nothing';
  readonly gives: readonly (keyof Signals)[];
  starts = 0;
  ends = 0;
  /** What its start does; a test may replace it. */
  onStart: () => Promise<Disposable> | Disposable = () => ({
    dispose: () => {
      this.ends += 1;
    },
  });
  #report: ((reading: Reading) => void) | undefined;
  #fail: ((error: unknown) => void) | undefined;

  constructor(name: string, gives: readonly (keyof Signals)[]) {
    this.name = name;
    this.gives = gives;
  }

  start(
    report: (reading: Reading) => void,
    fail: (error: unknown) => void,
  ): Promise<Disposable> | Disposable {
    this.starts += 1;
    this.#report = report;
    this.#fail = fail;
    return this.onStart();
  }

  says(reading: unknown): void {
    this.#report?.(reading as Reading);
  }

  fails(error: unknown): void {
    this.#fail?.(error);
  }
}
