import { type ScheduleWindow, Weekday } from '../../contract/settings.ts';

/** Hours of a day, 0…24, with fractions. Equal ones, and 0 to 24, mean always; 24 to 0 means never. */
export interface Hours {
  readonly start: number;
  readonly end: number;
}

/** BOINC counts the days of the week from Sunday. */
const boincDays: readonly Weekday[] = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/**
 * The windows of BOINC's hours: `general` for every day that has none of its own. An end before the start means the two
 * ends of the same day. Empty: always. Null: never. Pure.
 */
export function windowsFrom(
  general: Hours | undefined,
  days: ReadonlyMap<number, Hours>,
): ScheduleWindow[] | null {
  const always: Hours = { start: 0, end: 24 };
  const hoursOf = (day: number): Hours => days.get(day) ?? general ?? always;
  const all = boincDays.map((_, day) => hoursOf(day));
  const [first = always] = all;
  const isSame = all.every(({ start, end }) => start === first.start && end === first.end);
  if (isSame && isOvernight(first)) {
    return [{ days: [...Weekday.options], from: wallTime(first.start), to: wallTime(first.end) }];
  }
  const byTimes = new Map<string, { from: string; to: string; days: Set<Weekday> }>();
  for (const [day, name] of boincDays.entries()) {
    for (const { start, end } of piecesOf(hoursOf(day))) {
      const [from, to] = [wallTime(start), wallTime(end)];
      if (from === to) continue;
      const window = byTimes.get(`${from}-${to}`) ?? { from, to, days: new Set<Weekday>() };
      window.days.add(name);
      byTimes.set(`${from}-${to}`, window);
    }
  }
  const windows = [...byTimes.values()].map(({ from, to, days: on }) => ({
    days: Weekday.options.filter((day) => on.has(day)),
    from,
    to,
  }));
  if (windows.length === 0) return null;
  const isAlways = windows.every(
    ({ from, to, days: on }) => from === '00:00' && to === '24:00' && on.length === 7,
  );
  return isAlways ? [] : windows;
}

const isOvernight = ({ start, end }: Hours): boolean => end < start && !(start === 24 && end === 0);

function piecesOf({ start, end }: Hours): Hours[] {
  if (start === end) return [{ start: 0, end: 24 }];
  if (start === 24 && end === 0) return [];
  if (start < end) return [{ start, end }];
  return [
    { start: 0, end },
    { start, end: 24 },
  ];
}

function wallTime(hours: number): string {
  const minutes = Math.round(hours * 60);
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}
