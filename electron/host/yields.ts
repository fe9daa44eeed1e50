import type { YieldStats } from '../contract/index.ts';

/** How many of the latest yields the statistics look at. */
const kept = 1000;

/** The `p`-th percentile (0…1) by the nearest-rank method; null of nothing. Pure. */
export function percentile(values: readonly number[], p: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)] ?? null;
}

/** Remembers how fast the computer was given back, in ms. */
export class Yields {
  readonly #ms: number[] = [];
  #count = 0;

  add(ms: number): void {
    this.#count += 1;
    this.#ms.push(ms);
    if (this.#ms.length > kept) this.#ms.shift();
  }

  stats(): YieldStats {
    return {
      count: this.#count,
      lastMs: this.#ms.at(-1) ?? null,
      p50Ms: percentile(this.#ms, 0.5),
      p95Ms: percentile(this.#ms, 0.95),
    };
  }
}
