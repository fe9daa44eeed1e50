import { type Clock, systemClock } from '../../electron/base/clock.ts';

/** The system's clock, whose wall time a test can set otherwise, as a person or a time server does. */
export class JumpingClock implements Clock {
  #ahead = 0;

  now(): number {
    return systemClock.now() + this.#ahead;
  }

  monotonic(): number {
    return systemClock.monotonic();
  }

  after(ms: number, callback: () => void): () => void {
    return systemClock.after(ms, callback);
  }

  /** Wall time is so many ms ahead of the system's from now on; less than 0: behind. */
  setAhead(ms: number): void {
    this.#ahead = ms;
  }
}
