import { GleanerError, mostPeriods, type Period } from '../contract/index.ts';

const hourMs = 3_600_000;

/** A piece of time, in epoch ms; `to` is not in it. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Year, month (from 0) and day of the month; they may run over, as `Date` has it. */
type Fields = readonly [year: number, month: number, day: number];

/**
 * The periods of the computer's own calendar that a time touches, the oldest first, without a gap; the first and the
 * last are cut where the time begins and ends. `period` is the local date of each one's first day. A day that the calendar
 * left out (Samoa, 30 December 2011) is none. Throws `bad-request` for more than 400. Pure but for the time zone.
 */
export function periodsOf({ from, to }: Span, by: Period): readonly (Span & { readonly period: string })[] {
  const first = firstDay(from, by);
  const periods: (Span & { period: string })[] = [];
  for (let index = 0; ; index += 1) {
    const fields = later(first, by, index);
    const begins = startOf(fields);
    if (begins >= to) return periods;
    const ends = startOf(later(first, by, index + 1));
    if (ends <= begins) continue;
    if (periods.length === mostPeriods) {
      throw new GleanerError(
        'bad-request',
        `A report has at most ${mostPeriods} periods.`,
        'Ask for a shorter time, or by week or month.',
      );
    }
    periods.push({ period: dateText(fields), from: Math.max(begins, from), to: Math.min(ends, to) });
  }
}

/** The local day of a date such as `2025-03-30`. Pure but for the time zone. */
export function dayOf(date: string): Span {
  const [year = 0, month = 0, day = 0] = date.split('-').map(Number);
  return { from: startOf([year, month - 1, day]), to: startOf([year, month - 1, day + 1]) };
}

/** The local date of an instant, such as `2025-03-30`. Pure but for the time zone. */
export function dateOf(at: number): string {
  return dateText(firstDay(at, 'day'));
}

/** Where the local period begins that is so many before the one of an instant. Pure but for the time zone. */
export function firstDayBefore(at: number, by: Period, count: number): number {
  return startOf(later(firstDay(at, by), by, -count));
}

/** The hours of a day, 23 or 25 of them when the clocks change by one; where they change by less, the last is short. Pure. */
export function hoursOf({ from, to }: Span): readonly Span[] {
  const hours: Span[] = [];
  for (let at = from; at < to; at += hourMs) hours.push({ from: at, to: Math.min(at + hourMs, to) });
  return hours;
}

function firstDay(at: number, by: Period): Fields {
  const date = new Date(at);
  const [year, month, day] = [date.getFullYear(), date.getMonth(), date.getDate()];
  switch (by) {
    case 'day':
      return [year, month, day];
    case 'week':
      // getDay counts from Sunday.
      return [year, month, day - ((date.getDay() + 6) % 7)];
    case 'month':
      return [year, month, 1];
  }
}

function later([year, month, day]: Fields, by: Period, count: number): Fields {
  if (by === 'month') return [year, month + count, day];
  return [year, month, day + count * (by === 'week' ? 7 : 1)];
}

/** Where a local day begins: at its first instant, also when the clocks skip midnight or strike it twice. */
function startOf([year, month, day]: Fields): number {
  return new Date(year, month, day).getTime();
}

function dateText([year, month, day]: Fields): string {
  return new Date(Date.UTC(year, month, day)).toISOString().slice(0, 10);
}
