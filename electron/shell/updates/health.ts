import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';
import { isHealthy } from './trial.ts';

export interface HealthOptions {
  readonly clock: Clock;
  /** null: no window was opened. */
  readonly pageLoaded: () => boolean | null;
  /** Called once. */
  readonly onHealthy: () => void;
}

const lookMs = 1000;

/** Watches the version that runs, from the moment that its host has started, until it counts as healthy. */
export class HealthWatch implements Disposable {
  readonly #o: HealthOptions;
  readonly #startedAt: number;
  #hasDecided = false;
  #cancel: () => void;

  constructor(o: HealthOptions) {
    this.#o = o;
    this.#startedAt = o.clock.monotonic();
    this.#cancel = this.#lookSoon();
  }

  /** A Snapshot came. */
  decided(): void {
    this.#hasDecided = true;
  }

  dispose(): void {
    this.#cancel();
  }

  #lookSoon(): () => void {
    const { clock, pageLoaded, onHealthy } = this.#o;
    return clock.after(lookMs, () => {
      const ranMs = clock.monotonic() - this.#startedAt;
      const vitals = { hasStarted: true, hasDecided: this.#hasDecided, pageLoaded: pageLoaded(), ranMs };
      if (isHealthy(vitals)) onHealthy();
      else this.#cancel = this.#lookSoon();
    });
  }
}
