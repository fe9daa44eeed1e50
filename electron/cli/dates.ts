import { type Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import type { Period } from '../contract/earnings.ts';
import { dateOf, dayOf, firstDayBefore } from '../ledger/calendar.ts';

/** A parser for dates such as `2025-03-31`. */
export function localDate(text: string): string {
  const date = z.iso.date().safeParse(text);
  if (date.success) return date.data;
  throw new InvalidArgumentError('It must be a date, written like 2025-03-31.');
}

/** The options by which a time is bounded; both days are in it. */
export const dateOptions = (command: Command): Command =>
  command
    .option('--from <DATE>', 'from this day on', localDate)
    .option('--to <DATE>', 'up to this day, and with it', localDate);

export interface Dates {
  readonly from?: string;
  readonly to?: string;
}

/** The bounds in epoch ms, where they were named. */
export function boundsOf({ from, to }: Dates): { from?: number; to?: number } {
  return {
    ...(from === undefined ? {} : { from: dayOf(from).from }),
    ...(to === undefined ? {} : { to: dayOf(to).to }),
  };
}

const usually: Readonly<Record<Period, number>> = { day: 30, week: 12, month: 12 };

/** As {@link boundsOf}; else until today's end, and as many whole periods back as a person likes to see. */
export function reportBounds(dates: Dates, by: Period, now: number): { from: number; to: number } {
  const { from, to = dayOf(dateOf(now)).to } = boundsOf(dates);
  return { from: from ?? firstDayBefore(to - 1, by, usually[by] - 1), to };
}
