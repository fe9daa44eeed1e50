/** The largest share there is (`GridShare`). */
const largest = 1_000_000;
/** A part of all of it would take the others' away, which no share can. */
export const mostPercent = 99;

/** What each share is of all, in whole percent that add up to 100, by the largest remainders; all 0 when all shares are. Pure. */
export function wholeParts(shares: readonly number[]): number[] {
  const sum = shares.reduce((total, share) => total + share, 0);
  if (sum === 0) return shares.map(() => 0);
  const exact = shares.map((share) => (share / sum) * 100);
  const parts = exact.map(Math.floor);
  const missing = 100 - parts.reduce((total, part) => total + part, 0);
  const byRemainder = exact
    .map((value, index) => ({ index, rest: value - Math.floor(value) }))
    .sort((one, other) => other.rest - one.rest || one.index - other.index);
  for (const { index } of byRemainder.slice(0, missing)) parts[index] = (parts[index] ?? 0) + 1;
  return parts;
}

/**
 * The share that is so many percent of all, while the others' shares stay as they are: their parts then give way in
 * proportion. Pure.
 * @param others the sum of the others' shares
 */
export function shareForPart(percent: number, others: number): number {
  const wanted = Math.min(percent, mostPercent);
  if (wanted <= 0) return 0;
  // Whatever it is, it is all there is.
  if (others === 0) return 100;
  return Math.min(largest, Number(((others * wanted) / (100 - wanted)).toPrecision(4)));
}
