import type { Period } from '../../electron/contract/earnings.ts';
import { amount, date, list } from '../text/format.ts';
import { unitWords } from '../text/grid-names.ts';
import { t } from '../text/say.ts';
import { startOfDate } from './earnings-range.ts';
import { type Amounts, statuses } from './earnings-sums.ts';

const shortLooks = { day: 'weekday', week: 'day', month: 'month' } as const;

/** A period by its first date, as short as it fits below a bar. */
export function shortPeriod(by: Period, period: string): string {
  return date(startOfDate(period), shortLooks[by]);
}

/** A period by its first date, in full. */
export function wholePeriod(by: Period, period: string): string {
  const at = startOfDate(period);
  switch (by) {
    case 'day':
      return date(at, 'wholeDay');
    case 'week':
      return t('earnings:week', { date: date(at, 'wholeDate') });
    case 'month':
      return date(at, 'wholeMonth');
  }
}

/** What a period gave: `Monday 2 March 2026: 15 points settled, 2 points pending`. */
export function barWords(by: Period, row: Amounts & { readonly period: string }, unit: string): string {
  const period = wholePeriod(by, row.period);
  const parts = statuses
    .filter((status) => row[status] !== 0)
    .map((status) => t(`earnings:bar.${status}`, { amount: amount(row[status]), unit: unitWords(unit) }));
  if (parts.length === 0) return t('earnings:emptyBar', { period });
  return t('earnings:bar', { period, earned: list(parts) });
}
