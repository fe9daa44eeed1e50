import { backoffMs } from '../../base/backoff.ts';
import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';
import type { Log } from '../../base/log.ts';
import { GleanerError, toFailure } from '../../contract/failures.ts';
import type { Sensor } from './sensor.ts';

const startLimitMs = 10_000;
/** One that held for so long has recovered: its next fault is a first one again. */
const soundAfterMs = 60_000;
/** How long an ending sensor is waited for. */
const endLimitMs = 2000;

/** `never`: this computer has no such thing. `waiting`: it failed, and is tried again. */
export type SensorState = 'off' | 'starting' | 'running' | 'waiting' | 'never';

interface Context {
  readonly clock: Clock;
  readonly log: Log;
  /** Whatever the sensor says, unchecked. */
  readonly onReading: (reading: unknown) => void;
  /** It tells nothing any more. */
  readonly onSilent: () => void;
}

/** One sensor's life: started, watched while it starts, started again with growing waits after a fault. */
export class SensorRun {
  readonly sensor: Sensor;
  readonly #context: Context;
  #state: SensorState = 'off';
  #trouble: string | undefined;
  /** The words of the last fault that was noted: the same one again is not. */
  #noted: string | undefined;
  #attempt = 0;
  /** What a start may still say after it was given up carries an older turn, and is not heard. */
  #turn = 0;
  #cancel: (() => void) | undefined;
  #held: Disposable | undefined;
  #startedAt = 0;
  readonly #ending = new Set<Promise<void>>();

  constructor(sensor: Sensor, context: Context) {
    this.sensor = sensor;
    this.#context = context;
  }

  get state(): SensorState {
    return this.#state;
  }

  /** Why it does not tell what it should, in words. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  setNeeded(needed: boolean): void {
    if (needed && this.#state === 'off') this.#start();
    if (!needed && this.#state !== 'off' && this.#state !== 'never') this.stop();
  }

  stop(): void {
    this.#state = 'off';
    this.#attempt = 0;
    this.#trouble = undefined;
    this.#end();
  }

  /** Resolves when everything that was begun has ended, or was waited for long enough. */
  async ended(): Promise<void> {
    await Promise.all(this.#ending);
  }

  #start(): void {
    this.#turn += 1;
    const turn = this.#turn;
    const current = () => this.#turn === turn;
    this.#state = 'starting';
    this.#startedAt = this.#context.clock.monotonic();
    const cancelLimit = this.#context.clock.after(startLimitMs, () => {
      if (current()) this.#fail(new GleanerError('sensor-failed', 'It took too long to start.'));
    });
    this.#cancel = cancelLimit;
    const begin = () =>
      this.sensor.start(
        (reading) => {
          if (!current()) return;
          this.#trouble = undefined;
          this.#context.onReading(reading);
        },
        (error) => {
          if (current()) this.#fail(error);
        },
      );
    // In a turn of its own: who asks for a sensor is not called back from within.
    Promise.resolve()
      .then(begin)
      .then(
        (held) => {
          if (!current()) {
            this.#letGo(held);
            return;
          }
          cancelLimit();
          this.#cancel = undefined;
          this.#held = held;
          this.#state = 'running';
          this.#trouble = undefined;
        },
        (error: unknown) => {
          if (current()) this.#fail(error);
        },
      );
  }

  #fail(error: unknown): void {
    const { clock, log } = this.#context;
    const failure = toFailure(error);
    const never = failure.code === 'platform-not-ready' && this.#state === 'starting';
    if (this.#state === 'running' && clock.monotonic() - this.#startedAt >= soundAfterMs) {
      this.#attempt = 0;
      this.#noted = undefined;
    }
    this.#state = never ? 'never' : 'waiting';
    this.#end();
    const fields = { sensor: this.sensor.name, words: failure.sentence };
    if (never) {
      log.info('sensors', 'a sensor has nothing to tell here', fields);
      return;
    }
    this.#attempt += 1;
    this.#trouble = failure.sentence;
    if (this.#noted !== failure.sentence) log.warn('sensors', 'a sensor failed', fields);
    this.#noted = failure.sentence;
    this.#cancel = clock.after(backoffMs(this.#attempt), () => {
      this.#start();
    });
  }

  #end(): void {
    this.#turn += 1;
    this.#cancel?.();
    this.#cancel = undefined;
    const held = this.#held;
    this.#held = undefined;
    if (held) this.#letGo(held);
    this.#context.onSilent();
  }

  #letGo(held: Disposable): void {
    const { clock, log } = this.#context;
    const ended = new Promise<void>((resolve) => {
      const cancel = clock.after(endLimitMs, resolve);
      const letGo = async () => {
        await held.dispose();
      };
      letGo()
        .catch((error: unknown) => {
          log.warn('sensors', 'a sensor did not end cleanly', {
            sensor: this.sensor.name,
            words: String(error),
          });
        })
        .finally(() => {
          cancel();
          resolve();
        });
    });
    this.#ending.add(ended);
    void ended.then(() => this.#ending.delete(ended));
  }
}
