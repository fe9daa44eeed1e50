import { type Clock, systemClock } from '../../electron/base/clock.ts';

interface Timer {
  /** On this clock, in ms. */
  readonly at: number;
  readonly fire: () => void;
}

/** The system's clock, which a test can make skip ahead: as if it had waited, for code beside real processes. */
export class SkippingClock implements Clock {
  #skipped = 0;
  readonly #timers = new Set<Timer>();
  readonly #waiters = new Set<() => void>();

  now(): number {
    return systemClock.now() + Math.round(this.#skipped);
  }

  monotonic(): number {
    return systemClock.monotonic() + this.#skipped;
  }

  after(ms: number, callback: () => void): () => void {
    const cancel = systemClock.after(ms, () => {
      timer.fire();
    });
    const drop = (): void => {
      cancel();
      this.#timers.delete(timer);
    };
    const timer: Timer = {
      at: this.monotonic() + ms,
      fire: () => {
        drop();
        callback();
      },
    };
    this.#timers.add(timer);
    for (const look of [...this.#waiters]) look();
    return drop;
  }

  /** Resolves when something waits that has between `atLeast` and `atMost` ms to go. */
  armed(atLeast: number, atMost: number): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        const left = [...this.#timers].map(({ at }) => at - this.monotonic());
        if (!left.some((ms) => ms >= atLeast && ms <= atMost)) return;
        this.#waiters.delete(look);
        resolve();
      };
      this.#waiters.add(look);
      look();
    });
  }

  /** Moves both times ahead by `ms` and fires, in order, what was waiting and falls due; not what that starts anew. */
  skip(ms: number): void {
    this.#skipped += ms;
    const due = [...this.#timers].filter(({ at }) => at <= this.monotonic());
    for (const timer of due.toSorted((a, b) => a.at - b.at)) {
      // One of the others may have cancelled it.
      if (this.#timers.has(timer)) timer.fire();
    }
  }
}
