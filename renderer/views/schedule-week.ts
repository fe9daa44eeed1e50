import type { ScheduleWindow, Weekday } from '../../electron/contract/settings.ts';
import {
  type Minutes,
  minutesOf,
  minutesOfDay,
  minutesOfHour,
  weekdays,
  windowsOf,
} from '../text/week-minutes.ts';
import { hoursOfDay, type Week, type WeekCell } from '../ui/week.ts';

/** So many windows a schedule may have. */
export const mostWindows = 64;

/** What painting came to: windows to be asked for, or why there are none to ask for. */
export type Painted =
  | { readonly kind: 'windows'; readonly windows: ScheduleWindow[] }
  | { readonly kind: 'unchanged' | 'never' | 'too-many' };

/** The days of a week that begins with this one. Pure. */
export function weekFrom(first: Weekday): readonly Weekday[] {
  const at = weekdays.indexOf(first);
  return [...weekdays.slice(at), ...weekdays.slice(0, at)];
}

/** What Intl.Locale tells of weeks: a getter in some engines, a method in others, neither in TypeScript's library. */
interface TellsWeek {
  readonly weekInfo?: { readonly firstDay: number };
  getWeekInfo?(): { readonly firstDay: number };
}

/** The day that weeks begin with where `tag` (BCP 47) is spoken; Monday where nobody knows. */
export function firstDayOf(tag: string): Weekday {
  const locale = new Intl.Locale(tag) as Intl.Locale & TellsWeek;
  const { firstDay } = locale.getWeekInfo?.() ?? locale.weekInfo ?? { firstDay: 1 };
  return weekdays[firstDay - 1] ?? 'mon';
}

/** The hours of the days in this order, as the windows have them; no windows: all of them. Pure. */
export function weekOf(windows: readonly ScheduleWindow[], order: readonly Weekday[]): Week {
  const minutes = minutesOf(windows);
  return order.map((day) =>
    Array.from({ length: hoursOfDay }, (_, hour) => cellOf(minutes, beginOf(day, hour))),
  );
}

/**
 * The windows that allow what these do, but for the hours that are shown otherwise in `week`: these are wholly on or
 * off. Every other minute stays as it was. Nothing left is `never`, since no windows at all would mean always. Pure.
 * @param order the days of `week`
 */
export function paint(windows: readonly ScheduleWindow[], week: Week, order: readonly Weekday[]): Painted {
  const before = weekOf(windows, order);
  const minutes = minutesOf(windows);
  let isChanged = false;
  for (const [at, day] of order.entries()) {
    for (const [hour, cell] of (week[at] ?? []).entries()) {
      if (cell === before[at]?.[hour]) continue;
      isChanged = true;
      const begin = beginOf(day, hour);
      minutes.fill(cell === 'on' ? 1 : 0, begin, begin + minutesOfHour);
    }
  }
  if (!isChanged) return { kind: 'unchanged' };
  if (!minutes.includes(1)) return { kind: 'never' };
  const painted = windowsOf(minutes);
  return painted.length > mostWindows ? { kind: 'too-many' } : { kind: 'windows', windows: painted };
}

const beginOf = (day: Weekday, hour: number): number =>
  weekdays.indexOf(day) * minutesOfDay + hour * minutesOfHour;

function cellOf(minutes: Minutes, begin: number): WeekCell {
  const hour = minutes.subarray(begin, begin + minutesOfHour);
  if (!hour.includes(1)) return 'off';
  return hour.includes(0) ? 'partly' : 'on';
}
