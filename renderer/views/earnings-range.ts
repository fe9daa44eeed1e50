import type { Period } from '../../electron/contract/earnings.ts';

/** How many periods are shown at once. */
const shown: Readonly<Record<Period, number>> = { day: 7, week: 5, month: 12 };

/** A time in epoch ms; `to` is not in it. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/**
 * The whole periods of the computer's own calendar that are shown: those up to the one of `now` (epoch ms), or as many
 * times that number further `back`. A week begins on Monday. Pure but for the time zone.
 */
export function rangeOf(by: Period, back: number, now: number): Range {
  const date = new Date(now);
  const last = -back * shown[by];
  const begin = (count: number): number => {
    const [year, month, day] = [date.getFullYear(), date.getMonth(), date.getDate()];
    switch (by) {
      case 'day':
        return new Date(year, month, day + count).getTime();
      case 'week':
        // getDay counts from Sunday.
        return new Date(year, month, day - ((date.getDay() + 6) % 7) + 7 * count).getTime();
      case 'month':
        return new Date(year, month + count, 1).getTime();
    }
  };
  return { from: begin(last - shown[by] + 1), to: begin(last + 1) };
}

/** Midnight of a local date such as `2025-03-31`, in epoch ms. Pure but for the time zone. */
export function startOfDate(date: string): number {
  const [year = 0, month = 1, day = 1] = date.split('-').map(Number);
  return new Date(year, month - 1, day).getTime();
}

/** What a statement is proposed to be called. Pure but for the time zone. */
export function statementName({ from, to }: Range, format: 'csv' | 'json'): string {
  return `gleaner-earnings-${dateText(from)}-to-${dateText(to - 1)}.${format}`;
}

/** The local date of an instant, such as `2025-03-31`. */
function dateText(at: number): string {
  const date = new Date(at);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
