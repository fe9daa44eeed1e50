import { type Failure, fromFailure } from '../contract/failures.ts';

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Which rules a worker was given, of which it has told that it follows them, and who waits for that. */
export class Followed {
  #given = 0;
  #told: { readonly number: number; readonly failure: Failure | null } | undefined;
  #waiting: Waiter[] = [];

  /** The number of further rules; those that it opened with have none. */
  next(): number {
    this.#given += 1;
    return this.#given;
  }

  /**
   * It follows those of this number, 0 for those that it opened with, and all of them but for this failure. False
   * when that cannot be.
   */
  tell(number: number, failure: Failure | null): boolean {
    if (number > this.#given || number <= (this.#told?.number ?? -1)) return false;
    this.#told = { number, failure };
    if (number < this.#given) return true;
    for (const waiter of this.#waiting.splice(0)) settle(waiter, failure);
    return true;
  }

  /** Resolves when it follows the latest; rejects with what keeps it from that, or with the error of its end. */
  wait(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#told?.number === this.#given) settle({ resolve, reject }, this.#told.failure);
      else this.#waiting.push({ resolve, reject });
    });
  }

  /** It will tell nothing any more. */
  end(error: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}

function settle({ resolve, reject }: Waiter, failure: Failure | null): void {
  if (failure) reject(fromFailure(failure));
  else resolve();
}
