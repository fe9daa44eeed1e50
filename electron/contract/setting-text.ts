import { type ScheduleWindow, type SettingKey, settingTypes, Weekday } from './settings.ts';

/**
 * A setting's value out of text that a person or a policy editor wrote: JSON where it is JSON and fits, else the
 * text itself; `a, b` for a list of programs or addresses, {@link parseSchedule}'s form for a schedule. What fits
 * nowhere is returned as it was understood best, to be refused by whoever parses the value. Pure.
 */
export function parseSettingText(key: SettingKey, text: string): unknown {
  const trimmed = text.trim();
  const asJson = parseJson(trimmed);
  if (asJson !== undefined && fits(key, asJson)) return asJson;
  if (key === 'pauseOn.programs' || key === 'grids.permitted') return commaList(trimmed);
  if (key === 'schedule.windows') return parseSchedule(trimmed) ?? asJson ?? trimmed;
  return fits(key, trimmed) ? trimmed : (asJson ?? trimmed);
}

export function fits(key: SettingKey, value: unknown): boolean {
  return settingTypes[key].safeParse(value).success;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function commaList(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

const days = Weekday.options;

/**
 * `mon-fri 22:00-06:00; sat,sun 00:00-24:00`; `daily` for every day, `always` (or nothing) for no windows at all.
 * Null for what is not written so. Pure.
 */
export function parseSchedule(text: string): ScheduleWindow[] | null {
  const words = text.trim().toLowerCase();
  if (words === '' || words === 'always') return [];
  const windows: ScheduleWindow[] = [];
  for (const part of words.split(';').filter((piece) => piece.trim() !== '')) {
    const match = /^\s*(\S.*?)\s+(\d{1,2}:\d\d)\s*[-–]\s*(\d{1,2}:\d\d)\s*$/.exec(part);
    const [, dayWords, from, to] = match ?? [];
    const onDays = dayWords === undefined ? null : parseDays(dayWords);
    if (onDays === null || from === undefined || to === undefined) return null;
    windows.push({ days: onDays, from: from.padStart(5, '0'), to: to.padStart(5, '0') });
  }
  return windows;
}

function parseDays(words: string): Weekday[] | null {
  if (words === 'daily') return [...days];
  const found = new Set<Weekday>();
  for (const part of words.split(',')) {
    const [first, last = first, ...more] = part.split('-').map((day) => Weekday.safeParse(day.trim()).data);
    if (first === undefined || last === undefined || more.length > 0) return null;
    for (let at = days.indexOf(first); ; at = (at + 1) % days.length) {
      const day = days[at];
      if (day === undefined) return null;
      found.add(day);
      if (day === last) break;
    }
  }
  return days.filter((day) => found.has(day));
}

/** The reverse of {@link parseSchedule}. Pure. */
export function formatSchedule(windows: readonly ScheduleWindow[]): string {
  if (windows.length === 0) return 'always';
  return windows.map((window) => `${formatDays(window.days)} ${window.from}-${window.to}`).join('; ');
}

function formatDays(chosen: readonly Weekday[]): string {
  if (days.every((day) => chosen.includes(day))) return 'daily';
  const runs: Weekday[][] = [];
  for (const [at, day] of days.entries()) {
    if (!chosen.includes(day)) continue;
    const before = days[at - 1];
    const run = runs.at(-1);
    if (run !== undefined && before !== undefined && run.at(-1) === before) run.push(day);
    else runs.push([day]);
  }
  return runs
    .map((run) => (run.length > 2 ? `${run[0] ?? ''}-${run.at(-1) ?? ''}` : run.join(',')))
    .join(',');
}
