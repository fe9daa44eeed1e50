import { DateTime } from 'luxon';
import type { ScheduleWindow, Weekday } from '../contract/settings.ts';

export interface ScheduleState {
  readonly open: boolean;
  /** Epoch ms at which `open` changes; null: not within the next eight days. */
  readonly changesAt: number | null;
}

const weekdays: readonly Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
/** A whole week, and the rest of today. */
const daysAhead = 8;

/**
 * Whether one of the windows holds at `now` (epoch ms), and until when. No windows: always open. Wall-clock times
 * of `zone` (IANA; null: this computer's), daylight saving or not: a time that a change of the clocks skips counts as the
 * next one that exists, one that comes twice counts as its first. Pure but for the computer's own zone.
 */
export function scheduleAt(
  windows: readonly ScheduleWindow[],
  zone: string | null,
  now: number,
): ScheduleState {
  if (windows.length === 0) return { open: true, changesAt: null };
  const today = DateTime.fromMillis(now, { zone: zone ?? 'local' }).startOf('day');
  const spans = spansAround(windows, today);
  /** What begins there is not looked at, so an end there may be none. */
  const horizon = today.plus({ days: daysAhead }).toMillis();
  const openAt = (at: number): boolean => spans.some(([start, end]) => start <= at && at < end);
  const open = openAt(now);
  const changesAt = spans
    .flat()
    .filter((at) => at > now && at < horizon)
    .sort((a, b) => a - b)
    .find((at) => openAt(at) !== open);
  return { open, changesAt: changesAt ?? null };
}

function spansAround(
  windows: readonly ScheduleWindow[],
  today: DateTime,
): (readonly [start: number, end: number])[] {
  const days = Array.from({ length: daysAhead + 1 }, (_, index) => today.plus({ days: index - 1 }));
  return days.flatMap((day) => {
    const name = weekdays[day.weekday - 1];
    return windows
      .filter((window) => window.days.some((other) => other === name))
      .map((window): readonly [number, number] => {
        const wraps = window.to <= window.from;
        return [at(day, window.from), at(wraps ? day.plus({ days: 1 }) : day, window.to)];
      });
  });
}

/** Epoch ms of a wall-clock time like 22:30 on a day; 24:00 is the beginning of the next. */
function at(day: DateTime, wallTime: string): number {
  const [hour = 0, minute = 0] = wallTime.split(':').map(Number);
  return hour === 24 ? day.plus({ days: 1 }).startOf('day').toMillis() : day.set({ hour, minute }).toMillis();
}
