import { backoffMs } from '../../base/backoff.ts';
import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';

const firstMs = 10 * 60_000;
const mostMs = 4 * 3_600_000;
/** A project may ask for more, but not for ever. */
const longestMs = 24 * 3_600_000;
const shortestMs = 60_000;

/** When it is worth while to ask again; so long the VM is not wanted. */
export class Patience implements Disposable {
  readonly #clock: Clock;
  readonly #onOver: () => void;
  #tries = 0;
  #until: number | undefined;
  #cancel: () => void = () => undefined;

  /** `onOver` is called when a wait is over. */
  constructor(clock: Clock, onOver: () => void) {
    this.#clock = clock;
    this.#onOver = onOver;
  }

  get waits(): boolean {
    return this.#until !== undefined && this.#clock.monotonic() < this.#until;
  }

  /** Nothing was to be had: waits twice as long as the last time in a row, and at least `leastMs`. Returns how long. */
  more(leastMs: number): number {
    this.#tries += 1;
    return this.#wait(Math.max(backoffMs(this.#tries, firstMs, mostMs), leastMs));
  }

  /** Waits for something that is known to come. Returns how long. */
  for(ms: number): number {
    return this.#wait(ms);
  }

  /** There is work: the next wait is a short one again. */
  reset(): void {
    this.#tries = 0;
    this.#end();
  }

  dispose(): void {
    this.#end();
  }

  #wait(ms: number): number {
    this.#end();
    const wait = Math.min(longestMs, Math.max(shortestMs, ms));
    this.#until = this.#clock.monotonic() + wait;
    this.#cancel = this.#clock.after(wait, this.#onOver);
    return wait;
  }

  #end(): void {
    this.#cancel();
    this.#cancel = () => undefined;
    this.#until = undefined;
  }
}
