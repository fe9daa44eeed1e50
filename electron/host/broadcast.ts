import type { Clock } from '../base/clock.ts';
import type { HostEvent, Snapshot } from '../contract/index.ts';

/** Least time between two events, in ms: at most 4 per second. */
const spacingMs = 250;

/**
 * Sends the Snapshot to whoever listens: the first one at once, changes coalesced, nothing while nobody looks.
 * `view` is called only for an event that somebody will get.
 */
export class Broadcast {
  readonly #clock: Clock;
  readonly #view: () => Snapshot;
  readonly #listeners = new Set<(event: HostEvent) => void>();
  #cancel: (() => void) | undefined;
  #sentAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, view: () => Snapshot) {
    this.#clock = clock;
    this.#view = view;
  }

  subscribe(listener: (event: HostEvent) => void): () => void {
    this.#listeners.add(listener);
    listener({ type: 'snapshot', snapshot: this.#view() });
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.dispose();
    };
  }

  changed(): void {
    if (this.#cancel || this.#listeners.size === 0) return;
    const wait = Math.max(0, this.#sentAt + spacingMs - this.#clock.monotonic());
    this.#cancel = this.#clock.after(wait, () => {
      this.#cancel = undefined;
      this.#sentAt = this.#clock.monotonic();
      const event: HostEvent = { type: 'snapshot', snapshot: this.#view() };
      for (const listener of [...this.#listeners]) listener(event);
    });
  }

  dispose(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
