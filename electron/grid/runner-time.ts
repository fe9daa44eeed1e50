import type { Clock } from '../base/clock.ts';
import { GleanerError } from '../contract/index.ts';
import type { Halt } from './halt.ts';

/** How long it may take until a thaw is noticed by what waits, in ms. */
const frozenLookMs = 5000;
/** A machine that stood still for most of a wait is taken for frozen. */
const mostly = 0.9;

/** Time that stands still while a machine is frozen, for everything that waits for that machine. */
export class UnfrozenWait {
  readonly #clock: Clock;
  readonly #frozenMs: () => number;

  constructor(clock: Clock, frozenMs: () => number) {
    this.#clock = clock;
    this.#frozenMs = frozenMs;
  }

  /** Unfrozen ms; only differences mean anything. */
  now(): number {
    return this.#clock.monotonic() - this.#frozenMs();
  }

  /** Calls back once after so many unfrozen ms; while frozen it looks every few seconds only. Returns the way to cancel. */
  after(ms: number, callback: () => void): () => void {
    const due = this.now() + ms;
    let cancel: () => void = () => undefined;
    const arm = (waitMs: number): void => {
      const [began, frozenBefore] = [this.#clock.monotonic(), this.#frozenMs()];
      cancel = this.#clock.after(waitMs, () => {
        const left = due - this.now();
        if (left <= 0) {
          callback();
          return;
        }
        const passed = this.#clock.monotonic() - began;
        const isFrozen = this.#frozenMs() - frozenBefore >= passed * mostly;
        arm(isFrozen ? Math.max(left, frozenLookMs) : left);
      });
    };
    arm(Math.max(0, ms));
    return () => {
      cancel();
    };
  }

  /** Resolves after so many unfrozen ms, or as soon as `early` does; rejects when halted. */
  async pause(ms: number, halt: Halt, early?: Promise<unknown>): Promise<void> {
    let cancel: () => void = () => undefined;
    const over = new Promise<void>((resolve) => {
      cancel = this.after(ms, resolve);
    });
    try {
      await halt.race(early ? Promise.race([over, early]) : over);
    } finally {
      cancel();
    }
  }

  /** What `asked` gives; rejects with `grid-protocol` when that takes longer than so many unfrozen ms, or when halted. */
  async within<T>(ms: number, what: string, halt: Halt, asked: Promise<T>): Promise<T> {
    let cancel: () => void = () => undefined;
    const late = new Promise<never>((_, reject) => {
      cancel = this.after(ms, () => {
        reject(
          new GleanerError(
            'grid-protocol',
            `What runs in the virtual machine did not answer in time (${what}).`,
          ),
        );
      });
    });
    // A late end of it is nobody's concern.
    asked.catch(() => undefined);
    try {
      return await halt.race(Promise.race([asked, late]));
    } finally {
      cancel();
    }
  }
}

/** After so long in real ms, a machine is looked at that has not done what it was asked. */
const standstillMs = 2000;

/**
 * Waits for what was asked of a machine, but no longer than so many real ms, and not for a machine that stands frozen.
 * Rejects as `asked` does.
 */
export function settledWithin(
  clock: Clock,
  ms: number,
  asked: Promise<unknown>,
  frozenMs: () => number,
): Promise<void> {
  const frozenBefore = frozenMs();
  return new Promise((resolve, reject) => {
    const over = (): void => {
      cancelLimit();
      cancelLook();
      resolve();
    };
    const cancelLimit = clock.after(ms, over);
    const cancelLook = clock.after(standstillMs, () => {
      if (frozenMs() - frozenBefore >= standstillMs / 2) over();
    });
    asked.then(over, (error: unknown) => {
      reject(error instanceof Error ? error : new Error(String(error)));
      over();
    });
  });
}

/** What was made for this key, or is being made; what failed is made again. */
export function once<K extends object, T>(
  made: WeakMap<K, Promise<T>>,
  key: K,
  make: () => Promise<T>,
): Promise<T> {
  const known = made.get(key);
  if (known) return known;
  const making = make();
  made.set(key, making);
  making.catch(() => {
    made.delete(key);
  });
  return making;
}
