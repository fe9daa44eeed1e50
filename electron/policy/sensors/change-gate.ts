import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';

/** How soon after an input the next one is one of many. */
const quietMs = 250;
/** How often the many are told. */
const inputEveryMs = 1000;
/** Changes of one source within a second that are told one by one; more of them are told together. */
const burst = 10;
const floodEveryMs = 1000;

/**
 * Decides when a change is told. The first input after quiet is told at once and synchronously, since a computer is given
 * back by it; so is any other change, unless its source floods. What is held back is told by one timer.
 */
export class ChangeGate implements Disposable {
  readonly #clock: Clock;
  readonly #tell: () => void;
  readonly #told = new Map<string, number[]>();
  #inputAt = Number.NEGATIVE_INFINITY;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, tell: () => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** The person gave input, and nothing else changed. */
  input(): void {
    const now = this.#clock.monotonic();
    const wasQuiet = now - this.#inputAt >= quietMs;
    this.#inputAt = now;
    if (wasQuiet) this.#now();
    else this.#later(inputEveryMs);
  }

  /** @returns whether `source` floods */
  change(source: string): boolean {
    const now = this.#clock.monotonic();
    const recent = (this.#told.get(source) ?? []).filter((at) => now - at < floodEveryMs);
    if (recent.length >= burst) {
      this.#later(floodEveryMs);
      return true;
    }
    this.#told.set(source, [...recent, now]);
    this.#now();
    return false;
  }

  dispose(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#told.clear();
  }

  #now(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#tell();
  }

  #later(ms: number): void {
    this.#cancel ??= this.#clock.after(ms, () => {
      this.#cancel = undefined;
      this.#tell();
    });
  }
}
