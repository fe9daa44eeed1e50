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
  const { spans, horizon } = weekOf(windows, zone, now);
  const next = spans.find(([, end]) => end > now);
  const open = next !== undefined && next[0] <= now;
  const changesAt = next?.[open ? 1 : 0] ?? horizon;
  return { open, changesAt: changesAt < horizon ? changesAt : null };
}

type Span = readonly [start: number, end: number];

/** What the windows come to in instants, as seen from one day. */
interface Week {
  readonly zone: string | null;
  /** The day, in epoch ms. */
  readonly from: number;
  readonly to: number;
  /** In order, and apart from each other. */
  readonly spans: readonly Span[];
  /** What begins there is not looked at, so an end there may be none. */
  readonly horizon: number;
}

/** Reckoning in time zones is slow, and its outcome is the same for a whole day. */
const weeks = new WeakMap<readonly ScheduleWindow[], Week>();

function weekOf(windows: readonly ScheduleWindow[], zone: string | null, now: number): Week {
  const known = weeks.get(windows);
  if (known?.zone === zone && known.from <= now && now < known.to) return known;
  const today = DateTime.fromMillis(now, { zone: zone ?? 'local' }).startOf('day');
  const week: Week = {
    zone,
    from: today.toMillis(),
    to: today.plus({ days: 1 }).toMillis(),
    spans: joined(spansAround(windows, today)),
    horizon: today.plus({ days: daysAhead }).toMillis(),
  };
  weeks.set(windows, week);
  return week;
}

function spansAround(windows: readonly ScheduleWindow[], today: DateTime): Span[] {
  const days = Array.from({ length: daysAhead + 1 }, (_, index) => today.plus({ days: index - 1 }));
  return days.flatMap((day) => {
    const name = weekdays[day.weekday - 1];
    return windows
      .filter((window) => window.days.some((other) => other === name))
      .map((window): Span => {
        const wraps = window.to <= window.from;
        return [at(day, window.from), at(wraps ? day.plus({ days: 1 }) : day, window.to)];
      });
  });
}

function joined(spans: readonly Span[]): Span[] {
  const apart: Span[] = [];
  for (const [start, end] of spans.toSorted((a, b) => a[0] - b[0])) {
    const last = apart.at(-1);
    if (last && start <= last[1]) apart[apart.length - 1] = [last[0], Math.max(last[1], end)];
    else if (start < end) apart.push([start, end]);
  }
  return apart;
}

/** Epoch ms of a wall-clock time like 22:30 on a day; 24:00 is the beginning of the next. */
function at(day: DateTime, wallTime: string): number {
  const [hour = 0, minute = 0] = wallTime.split(':').map(Number);
  return hour === 24 ? day.plus({ days: 1 }).startOf('day').toMillis() : day.set({ hour, minute }).toMillis();
}
