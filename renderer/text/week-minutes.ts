import type { ScheduleWindow, Weekday } from '../../electron/contract/settings.ts';

export const weekdays: readonly Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
export const minutesOfHour = 60;
export const minutesOfDay = 24 * minutesOfHour;
const minutesOfWeek = weekdays.length * minutesOfDay;

/** Whether something may run, for every minute of the week from Monday 00:00: 1 or 0. */
export type Minutes = Uint8Array;

/** On a day, from minute to minute of it; an end after the day's is on the next. At most 24 h. */
interface Piece {
  readonly day: number;
  readonly from: number;
  readonly to: number;
}

/** The windows of all the times that are in none of these; none at all if these are always. Pure. */
export function timesBeside(windows: readonly ScheduleWindow[]): ScheduleWindow[] {
  return windowsOf(minutesOf(windows).map((isOn) => 1 - isOn));
}

/** What windows allow; no windows: everything. Pure. */
export function minutesOf(windows: readonly ScheduleWindow[]): Minutes {
  const minutes = new Uint8Array(minutesOfWeek);
  if (windows.length === 0) return minutes.fill(1);
  for (const { days, from, to } of windows) {
    const length = minuteOf(to) - minuteOf(from) + (to <= from ? minutesOfDay : 0);
    for (const day of days) {
      const begin = weekdays.indexOf(day) * minutesOfDay + minuteOf(from);
      for (let at = begin; at < begin + length; at += 1) minutes[at % minutesOfWeek] = 1;
    }
  }
  return minutes;
}

/** Few windows that allow these minutes; none if these are all, or none. Pure. */
export function windowsOf(minutes: Minutes): ScheduleWindow[] {
  const runs = runsOf(minutes);
  const short = runs.filter(([begin, end]) => end - begin <= minutesOfDay).map(pieceOf);
  const long = runs.filter(([begin, end]) => end - begin > minutesOfDay);
  // Days that begin or end at the same minute are one window.
  const days = new Map<string, { piece: Piece; days: Set<number> }>();
  for (const piece of [...short, ...long.flatMap((run) => piecesOf(run, short))]) {
    const name = `${piece.from} ${piece.to}`;
    const same = days.get(name) ?? { piece, days: new Set<number>() };
    same.days.add(piece.day % weekdays.length);
    days.set(name, same);
  }
  return [...days.values()]
    .map(({ piece, days: on }) => ({
      days: weekdays.filter((_day, index) => on.has(index)),
      from: clock(piece.from),
      to: clock(piece.to > minutesOfDay ? piece.to - minutesOfDay : piece.to),
    }))
    .sort((a, b) => begins(a) - begins(b));
}

const begins = ({ days: [first = 'mon'], from }: ScheduleWindow): number =>
  weekdays.indexOf(first) * minutesOfDay + minuteOf(from);

type Run = readonly [begin: number, end: number];

/** What is on without a break; one that goes on from Sunday to Monday ends after the week. None if all is on. */
function runsOf(minutes: Minutes): Run[] {
  const origin = minutes.indexOf(0);
  if (origin === -1) return [];
  const runs: Run[] = [];
  let begin: number | null = null;
  for (let at = origin; at <= origin + minutesOfWeek; at += 1) {
    const isOn = minutes[at % minutesOfWeek] === 1;
    if (isOn) begin ??= at;
    else if (begin !== null) {
      runs.push([begin, at]);
      begin = null;
    }
  }
  return runs;
}

function pieceOf([begin, end]: Run): Piece {
  const day = Math.floor(begin / minutesOfDay);
  return { day, from: begin - day * minutesOfDay, to: end - day * minutesOfDay };
}

/**
 * A run of more than a day: whole days, and what is before and after them. Where a night of other days (`short`) begins
 * or ends as this does, it is this night too, though it overlaps the whole day: that makes one window less.
 */
function piecesOf([begin, end]: Run, short: readonly Piece[]): Piece[] {
  const nights = short.filter(({ to }) => to > minutesOfDay);
  const [first, last] = [Math.floor(begin / minutesOfDay), Math.floor(end / minutesOfDay)];
  const [from, to] = [begin - first * minutesOfDay, end - last * minutesOfDay];
  const pieces: Piece[] = [];
  if (from > 0) {
    const night = nights.find((one) => one.from === from && begin + one.to - one.from <= end);
    pieces.push({ day: first, from, to: night?.to ?? minutesOfDay });
  }
  for (let day = from > 0 ? first + 1 : first; day < last; day += 1) {
    pieces.push({ day, from: 0, to: minutesOfDay });
  }
  if (to > 0) {
    const night = nights.find((one) => one.to - minutesOfDay === to && end - one.to + one.from >= begin);
    pieces.push(night ? { ...night, day: last - 1 } : { day: last, from: 0, to });
  }
  return pieces;
}

function minuteOf(wallTime: string): number {
  const [hour = 0, minute = 0] = wallTime.split(':').map(Number);
  return hour * minutesOfHour + minute;
}

function clock(minute: number): string {
  const two = (part: number): string => String(part).padStart(2, '0');
  return `${two(Math.floor(minute / minutesOfHour))}:${two(minute % minutesOfHour)}`;
}
