import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';

export interface BunchedLookOptions {
  /** Looks once and tells what it sees, unless {@link BunchedLook.ended} by then. */
  readonly look: () => Promise<void>;
  readonly clock: Clock;
  /** Least time between two looks, in ms. */
  readonly bunchMs: number;
  /** A later look has failed; not after the end. */
  readonly fail: (error: unknown) => void;
}

/** Looks anew when something says that there is news: never twice at once, and news that come in a bunch once. */
export class BunchedLook implements Disposable {
  readonly #o: BunchedLookOptions;
  #looking = false;
  #again = false;
  #ended = false;
  #cancel: (() => void) | undefined;

  constructor(o: BunchedLookOptions) {
    this.#o = o;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Rejects what the look rejects. */
  async now(): Promise<void> {
    this.#looking = true;
    this.#again = false;
    try {
      await this.#o.look();
    } finally {
      this.#looking = false;
    }
    if (this.#ended) return;
    this.#cancel = this.#o.clock.after(this.#o.bunchMs, () => {
      this.#cancel = undefined;
      if (this.#again) this.soon();
    });
  }

  /** There is news. */
  soon(): void {
    if (this.#ended) return;
    if (this.#looking || this.#cancel) {
      this.#again = true;
      return;
    }
    this.now().catch((error: unknown) => {
      if (!this.#ended) this.#o.fail(error);
    });
  }

  dispose(): void {
    this.#ended = true;
    this.#cancel?.();
  }
}
