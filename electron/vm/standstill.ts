import type { Clock } from '../base/clock.ts';

/** How long a VM's vCPUs have stood still because of freezes. */
export class Standstill {
  readonly #clock: Clock;
  #before = 0;
  #since: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** All of that time so far, in ms; never decreases. */
  get ms(): number {
    return this.#before + (this.#since === undefined ? 0 : this.#clock.monotonic() - this.#since);
  }

  begin(): void {
    this.#since ??= this.#clock.monotonic();
  }

  end(): void {
    this.#before = this.ms;
    this.#since = undefined;
  }
}
