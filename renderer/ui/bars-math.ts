/**
 * Each part's end: on those before it, what is above nothing upwards and what is below it downwards. null where a part is
 * nothing, which is not drawn. Pure.
 */
export function stacked(parts: readonly { readonly values: readonly number[] }[]): (number | null)[][] {
  const above: number[] = [];
  const below: number[] = [];
  return parts.map(({ values }) =>
    values.map((value, at) => {
      if (value === 0) return null;
      const side = value > 0 ? above : below;
      const sum = (side[at] ?? 0) + value;
      side[at] = sum;
      return sum;
    }),
  );
}

/** The height that bars need, from the lowest to the highest of them: nothing is always in it, and some air. Pure. */
export function heightOf(lowest: number, highest: number): [low: number, high: number] {
  const low = Math.min(0, lowest);
  const high = Math.max(0, highest);
  return low === 0 && high === 0 ? [0, 1] : [low * 1.08, high * 1.08];
}

/** Where a key moves to from the bar `at` of `count`; null for a key that moves nowhere. Pure. */
export function movedBar(at: number, key: string, count: number, isRightToLeft: boolean): number | null {
  const within = (index: number): number => Math.min(count - 1, Math.max(0, index));
  switch (key) {
    case 'ArrowLeft':
      return within(at + (isRightToLeft ? 1 : -1));
    case 'ArrowRight':
      return within(at + (isRightToLeft ? -1 : 1));
    case 'ArrowDown':
      return within(at - 1);
    case 'ArrowUp':
      return within(at + 1);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}
