import type { EarningsReport, EarningsSums } from '../../electron/contract/earnings.ts';

/** In the order in which they are shown: the surest first. */
export const statuses = ['settled', 'pending', 'observed'] as const;
export type Status = (typeof statuses)[number];

export type Amounts = Readonly<Record<Status, number>>;

/** What one grid gave in one unit: units are never added up. */
export interface Earned {
  readonly grid: string;
  readonly unit: string;
  /** Those of which there was any, be it that a rise and a fall cancel out; never none. */
  readonly statuses: readonly Status[];
  readonly total: Amounts;
  /** One for each period of the report. */
  readonly periods: readonly (Amounts & { readonly period: string })[];
}

const nothing: Amounts = { settled: 0, pending: 0, observed: 0 };

/** A report by grid and unit. Pure. */
export function earnedOf({ total, periods }: Pick<EarningsReport, 'total' | 'periods'>): readonly Earned[] {
  return total.earned.map((sum) => {
    const { grid, unit } = sum;
    const own = periods.map(({ period, earned }) => ({
      period,
      ...amountsOf(earned.find((row) => row.grid === grid && row.unit === unit) ?? nothing),
    }));
    const used = statuses.filter((status) => [sum, ...own].some((row) => row[status] !== 0));
    return {
      grid,
      unit,
      statuses: used.length > 0 ? used : ['settled'],
      total: amountsOf(sum),
      periods: own,
    };
  });
}

const amountsOf = ({ settled, pending, observed }: Amounts): Amounts => ({ settled, pending, observed });

/** Whether nothing was booked at all. Pure. */
export function isNothing({ earned, jobsDone, jobsFailed, cpuSeconds }: EarningsSums): boolean {
  return earned.length + jobsDone + jobsFailed + cpuSeconds === 0;
}
