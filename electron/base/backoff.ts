/** Wait before attempt `attempt` (1, 2, …) in ms: doubles from `firstMs` up to `maxMs`. Pure. */
export function backoffMs(attempt: number, firstMs = 1000, maxMs = 300_000): number {
  if (!Number.isFinite(attempt) || attempt < 1) return firstMs;
  return Math.min(maxMs, firstMs * 2 ** Math.min(attempt - 1, 30));
}
