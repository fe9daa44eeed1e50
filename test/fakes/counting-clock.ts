import type { Clock } from '../../electron/base/clock.ts';

/** Counts the timers that fire on a clock, and knows those that are set. */
export class CountingClock implements Clock {
  readonly #clock: Clock;
  readonly #set = new Set<{ readonly ms: number }>();
  readonly #waiting = new Set<() => void>();
  fired = 0;
  /** Of the timers that fired. */
  shortestMs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { ms };
    this.#set.add(timer);
    this.#wake();
    const cancel = this.#clock.after(ms, () => {
      this.#forget(timer);
      this.fired += 1;
      this.shortestMs = Math.min(this.shortestMs, ms);
      callback();
    });
    return () => {
      this.#forget(timer);
      cancel();
    };
  }

  /** Resolves when no timer of this length is set. */
  async none(ms: number): Promise<void> {
    while ([...this.#set].some((timer) => timer.ms === ms)) {
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  /** Resolves when a timer of this length is set. */
  async some(ms: number): Promise<void> {
    while (![...this.#set].some((timer) => timer.ms === ms)) {
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  #forget(timer: { readonly ms: number }): void {
    if (this.#set.delete(timer)) this.#wake();
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }
}
