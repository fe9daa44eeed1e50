import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';
import type { InputSource } from '../../contract/signals.ts';
import type { Reading } from './sensor.ts';

/** After so long without input the next one is an edge, and told at once. */
export const quietMs = 250;
/** How old what is told may get while input goes on without a pause. */
const refreshMs = 1000;

interface Edges {
  readonly source: InputSource;
  readonly clock: Clock;
  readonly report: (reading: Reading) => void;
  readonly fail: (error: unknown) => void;
  /** Resolves to how long there was no input, in ms. */
  readonly idleMs: () => Promise<number>;
}

/**
 * Turns the two edges that event-driven platforms give (quiet for a while; input again) into readings. While input goes on
 * it asks once a second; while all is quiet there is no timer.
 */
export class InputEdges implements Disposable {
  readonly #o: Edges;
  #cancel: (() => void) | undefined;
  #ended = false;
  #told = Number.NEGATIVE_INFINITY;

  constructor(o: Edges) {
    this.#o = o;
  }

  /** Input, after quiet. Synchronous up to the report. */
  active(): void {
    this.#tell(0);
    this.#refreshLater();
  }

  /** Quiet for `idleMs`. */
  quiet(idleMs: number): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#tell(idleMs);
  }

  /** Asks where things stand; the first thing to do. */
  async begin(): Promise<void> {
    const idleMs = await this.#o.idleMs();
    this.#tell(idleMs);
    if (idleMs < quietMs) this.#refreshLater();
  }

  dispose(): void {
    this.#ended = true;
    this.#cancel?.();
  }

  #tell(idleMs: number): void {
    if (this.#ended) return;
    const lastInputAt = this.#o.clock.monotonic() - Math.max(0, idleMs);
    // The edge after a single input says nothing new.
    if (Math.abs(lastInputAt - this.#told) < quietMs / 5) return;
    this.#told = lastInputAt;
    this.#o.report({ lastInputAt, inputSource: this.#o.source, inputPollMs: 0 });
  }

  #refreshLater(): void {
    this.#cancel?.();
    this.#cancel = this.#o.clock.after(refreshMs, () => {
      this.#cancel = undefined;
      this.begin().catch((error: unknown) => {
        if (!this.#ended) this.#o.fail(error);
      });
    });
  }
}
