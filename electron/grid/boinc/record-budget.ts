/** A guest that tells ever new tasks must not fill the disk: so many at once, and so many in an hour. */
const burst = 1000;
const perHour = 1000;

/** How many more tasks are taken up: 16 a minute, after a first thousand. Times are monotonic ms. */
export class TaskBudget {
  #left = burst;
  #at: number;

  constructor(nowMs: number) {
    this.#at = nowMs;
  }

  take(nowMs: number): boolean {
    this.#left = Math.min(burst, this.#left + ((nowMs - this.#at) / 3_600_000) * perHour);
    this.#at = nowMs;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
