/** One measured figure; printed as one JSON line. */
export interface Figure {
  readonly name: string;
  readonly metric: string;
  readonly value: number;
  readonly unit: string;
  /** What was run beside it in the same run, in the same unit. */
  readonly baseline?: number;
  readonly ratio?: number;
  /** The promise of the README that this figure answers to, in words. */
  readonly promise?: string;
  readonly holds?: boolean;
}

/** A bench measures and reports; it never judges by throwing. */
export interface Bench {
  readonly name: string;
  readonly about: string;
  run(report: (figure: Omit<Figure, 'name'>) => void): Promise<void>;
}

const round = (value: number): number => Number(value.toPrecision(4));

/** A figure with numbers a person can read, and its ratio where there is a baseline. */
export function finished(name: string, figure: Omit<Figure, 'name'>): Figure {
  const { baseline } = figure;
  return {
    name,
    ...figure,
    value: round(figure.value),
    ...(baseline === undefined ? {} : { baseline: round(baseline), ratio: round(figure.value / baseline) }),
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
