import { z } from 'zod';
import { GridId } from './grids.ts';
import { EnergyModel } from './ledger.ts';
import { Today } from './snapshot.ts';

/** Epoch milliseconds, up to the year 9999. */
export const epochMs = z.int().min(0).max(253_402_300_799_999);

/** Periods of the computer's own calendar; a week begins on Monday. */
export const Period = z.enum(['day', 'week', 'month']);
export type Period = z.infer<typeof Period>;

/** How many periods one report has at most. */
export const mostPeriods = 400;

const reportFields = {
  /** What was booked from here on … */
  from: epochMs,
  /** … and before this. */
  to: epochMs,
  by: Period,
  /** Of this grid alone. */
  grid: GridId.optional(),
};
const forward = ({ from, to }: { readonly from: number; readonly to: number }): boolean => from < to;
const forwardWords = { message: '"from" must be before "to"', path: ['to'] };

export const EarningsQuery = z.strictObject(reportFields).refine(forward, forwardWords);
export type EarningsQuery = z.infer<typeof EarningsQuery>;

export const EarningsExport = z
  .strictObject({ ...reportFields, format: z.enum(['csv', 'json']) })
  .refine(forward, forwardWords);

/**
 * Sums over what was booked in a time: as in {@link Today} by grid and unit, since units are never added up, and the
 * energy beside it.
 */
const EarningsSums = Today.extend({
  energy: z.strictObject({
    /** An estimate; see {@link EnergyModel}. */
    wattHours: z.number().min(0),
    /** By which it was estimated, in the order of their names; empty when nothing was. */
    models: z.array(EnergyModel),
    /** CPU time of attempts whose energy nobody estimated; it is not in `wattHours`. */
    unknownCpuSeconds: z.number().min(0),
  }),
  /** Of that energy at today's price, in the report's currency; null without a price. Never booked. */
  electricity: z.number().min(0).nullable(),
});
export type EarningsSums = z.infer<typeof EarningsSums>;

export const EarningsReport = z.strictObject({
  from: epochMs,
  to: epochMs,
  by: Period,
  grid: GridId.nullable(),
  /** The oldest first, without a gap; empty periods are there too. The first and the last end where the report does. */
  periods: z.array(
    EarningsSums.extend({
      /** The local date of the period's first day, also where the report begins later: `2025-03-31`. */
      period: z.string(),
      from: epochMs,
      to: epochMs,
    }),
  ),
  total: EarningsSums,
  /** The settings `energy.pricePerKwh` and `energy.currency`; null without a price. */
  price: z.strictObject({ perKwh: z.number().min(0), currency: z.string() }).nullable(),
});
export type EarningsReport = z.infer<typeof EarningsReport>;
