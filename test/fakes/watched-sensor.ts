import type { Disposable } from '../../electron/base/disposal.ts';
import type { Reading, Sensor } from '../../electron/policy/sensors/sensor.ts';

/** A real sensor under way, and what it has told so far. */
export class WatchedSensor {
  readonly failed: Promise<unknown>;
  /** Everything it told, put together. */
  reading: Reading = {};
  reports = 0;
  readonly #sensor: Sensor;
  #running: Disposable | undefined;
  #fail: (error: unknown) => void = () => undefined;
  readonly #waiting = new Set<() => void>();

  private constructor(sensor: Sensor) {
    this.#sensor = sensor;
    this.failed = new Promise((resolve) => {
      this.#fail = resolve;
    });
  }

  /** Resolves when it has started; rejects as it does. */
  static async start(sensor: Sensor): Promise<WatchedSensor> {
    const watched = new WatchedSensor(sensor);
    watched.#running = await sensor.start(
      (reading) => {
        watched.#take(reading);
      },
      (error) => {
        watched.#fail(error);
      },
    );
    return watched;
  }

  /** Resolves as soon as all that it told fits. */
  async until(fits: (reading: Reading) => boolean): Promise<Reading> {
    while (!fits(this.reading)) await this.nextReport();
    return this.reading;
  }

  nextReport(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  async stop(): Promise<void> {
    await this.#running?.dispose();
  }

  #take(reading: Reading): void {
    const strange = Object.keys(reading).filter((key) => !this.#sensor.gives.some((name) => name === key));
    if (strange.length > 0) throw new Error(`${this.#sensor.name} told ${strange.join(', ')}`);
    this.reading = { ...this.reading, ...reading };
    this.reports += 1;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }
}
