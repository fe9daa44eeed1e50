import type { Clock } from '../../base/clock.ts';

interface Timer {
  /** On the unfrozen clock, in ms. */
  readonly due: number;
  readonly callback: () => void;
  cancel: () => void;
}

/**
 * A clock that stands still while the VM is frozen, so that no time limit on a guest runs out when it cannot
 * answer. Holds no timer of the system's while frozen.
 */
export class UnfrozenTime {
  readonly #clock: Clock;
  readonly #timers = new Set<Timer>();
  #passed = 0;
  /** When time last began to run, on the system's monotonic clock; undefined while it stands still. */
  #runningSince: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#runningSince = clock.monotonic();
  }

  get isFrozen(): boolean {
    return this.#runningSince === undefined;
  }

  /** Unfrozen ms since the beginning. */
  now(): number {
    return (
      this.#passed + (this.#runningSince === undefined ? 0 : this.#clock.monotonic() - this.#runningSince)
    );
  }

  /** Calls back once after `ms` of unfrozen time; returns the way to cancel. */
  after(ms: number, callback: () => void): () => void {
    const timer: Timer = { due: this.now() + ms, callback, cancel: () => undefined };
    this.#timers.add(timer);
    if (!this.isFrozen) this.#arm(timer);
    return () => {
      timer.cancel();
      this.#timers.delete(timer);
    };
  }

  freeze(): void {
    if (this.isFrozen) return;
    this.#passed = this.now();
    this.#runningSince = undefined;
    for (const timer of this.#timers) timer.cancel();
  }

  thaw(): void {
    if (!this.isFrozen) return;
    this.#runningSince = this.#clock.monotonic();
    for (const timer of this.#timers) this.#arm(timer);
  }

  #arm(timer: Timer): void {
    timer.cancel = this.#clock.after(Math.max(0, timer.due - this.now()), () => {
      this.#timers.delete(timer);
      timer.callback();
    });
  }
}
