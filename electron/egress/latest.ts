import type { Clock } from '../base/clock.ts';

/** Tells a value that changes, at most once in `everyMs`: the first change at once, of later ones the latest. */
export class Latest<T> {
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #tell: (value: T) => void;
  #told: T;
  #value: T;
  #cancelTimer: (() => void) | undefined;

  constructor(clock: Clock, everyMs: number, first: T, tell: (value: T) => void) {
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#told = first;
    this.#value = first;
    this.#tell = tell;
  }

  set(value: T): void {
    this.#value = value;
    if (this.#cancelTimer === undefined) this.#next();
  }

  dispose(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #next(): void {
    if (this.#value === this.#told) return;
    this.#told = this.#value;
    this.#cancelTimer = this.#clock.after(this.#everyMs, () => {
      this.#cancelTimer = undefined;
      this.#next();
    });
    this.#tell(this.#value);
  }
}
