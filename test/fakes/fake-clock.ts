import type { Clock } from '../../electron/base/clock.ts';

/** A clock that a test turns by hand. Wall clock and monotonic time may be moved apart. */
export class FakeClock implements Clock {
  #now: number;
  #monotonic = 0;
  #timers: { at: number; callback: () => void }[] = [];

  constructor(now = 1_700_000_000_000) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#monotonic + Math.max(0, ms), callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  get pending(): number {
    return this.#timers.length;
  }

  /** Moves time by `ms`, firing what falls due, in order. */
  advance(ms: number): void {
    const end = this.#monotonic + ms;
    for (;;) {
      const [next] = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!next) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#now += Math.max(0, next.at - this.#monotonic);
      this.#monotonic = Math.max(this.#monotonic, next.at);
      next.callback();
    }
    this.#now += end - this.#monotonic;
    this.#monotonic = end;
  }

  /** The wall clock jumps (suspend, a person, NTP); monotonic time does not. */
  jump(ms: number): void {
    this.#now += ms;
  }
}
