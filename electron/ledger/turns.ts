import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../base/clock.ts';

/** How long a walk over many entries may hold the event loop before others are let in, in ms. */
const turnMs = 8;

/** The turns of the event loop that a long walk takes. */
export class Turns {
  readonly #clock: Clock;
  #began: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#began = clock.monotonic();
  }

  /** To be awaited between pieces of work that are short themselves. */
  async letOthersIn(): Promise<void> {
    if (this.#clock.monotonic() - this.#began <= turnMs) return;
    await nextTurn();
    this.#began = this.#clock.monotonic();
  }
}
