import type { EffectiveSetting, ScheduleWindow, Weekday } from '../../electron/contract/settings.ts';
import { exact, exactPercent, figure, list, percent } from './format.ts';
import { plain } from './plain.ts';
import { t } from './say.ts';
import { type Control, languageName, type NumberControl } from './setting-control.ts';
import { minutesOf, timesBeside, weekdays, windowsOf } from './week-minutes.ts';

type Json = EffectiveSetting['value'];

/** A value in the control's unit; rounded, since 0.07 / 0.01 is not 7. */
export function toUnit(value: number, scale: number): number {
  return Number((value / scale).toFixed(4));
}

/** The value of what was written in the control's unit. */
export function fromUnit(shown: number, scale: number): number {
  return Number((shown * scale).toFixed(6));
}

/** Names between commas. */
export function toList(words: string): string[] {
  return words
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

/** More windows than this are counted, not told. */
const toldWindows = 3;

/** `Mo–Fr Su 22:00–06:00`. */
function windowWords({ days, from, to }: ScheduleWindow): string {
  const runs: Weekday[][] = [];
  for (const day of days.toSorted((a, b) => weekdays.indexOf(a) - weekdays.indexOf(b))) {
    const run = runs.at(-1);
    const before = run?.at(-1);
    const isNext = before !== undefined && weekdays.indexOf(day) === weekdays.indexOf(before) + 1;
    if (run !== undefined && isNext) run.push(day);
    else runs.push([day]);
  }
  const word = (day: Weekday): string => t(`preferences:day.${day}`);
  const words = runs.flatMap((run) => {
    const [first, last] = [run[0], run.at(-1)];
    return run.length > 2 && first && last ? [`${word(first)}–${word(last)}`] : run.map(word);
  });
  return `${words.join(' ')} ${from}–${to}`;
}

/** The times, or where that is shorter, all times but the others. */
function scheduleWords(windows: readonly ScheduleWindow[]): string {
  if (windows.length === 0) return t('preferences:alwaysInside');
  const own = allWords(windows) ?? allWords(windowsOf(minutesOf(windows)));
  const others = timesBeside(windows);
  const beside = others.length === 0 ? null : allWords(others);
  const all = beside === null ? null : t('preferences:alwaysBut', { times: beside });
  if (all !== null && (own === null || all.length < own.length)) return all;
  return own ?? t('preferences:times', { count: windows.length });
}

/** Null: these are too many to tell. */
function allWords(windows: readonly ScheduleWindow[]): string | null {
  if (windows.length > toldWindows) return null;
  return windows.map(windowWords).reduce((first, then) => t('preferences:schedule.both', { first, then }));
}

/** A number of the value's own unit, in the control's. */
function numberWords({ unit, scale }: NumberControl, value: number): string {
  if (unit === 'preferences:unit.percent') return exactPercent(value);
  const shown = exact(toUnit(value, scale));
  return unit === null ? shown : t('preferences:withUnit', { number: shown, unit: t(unit) });
}

/** Why a value cannot be had, in words that say what can, and that nothing changed; null: it can. Pure. */
export function numberRefusal(control: NumberControl, value: number, now: Json): string | null {
  const { min, max, whole } = control;
  const stays = valueWords(control, now);
  if (value < min || (max !== undefined && value > max)) {
    const least = numberWords(control, min);
    return max === undefined
      ? t('preferences:refused.least', { least, stays })
      : t('preferences:refused.between', { least, most: numberWords(control, max), stays });
  }
  return whole === true && !Number.isInteger(value) ? t('preferences:refused.whole', { stays }) : null;
}

export function asNumber(value: Json): number | null {
  return typeof value === 'number' ? value : null;
}

export function asText(value: Json): string {
  return typeof value === 'string' ? value : '';
}

export function asList(value: Json): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

export function countOf(value: Json): number {
  return Array.isArray(value) ? value.length : 0;
}

/** The host has parsed them; only the bridge does not know that this key's value is a schedule. */
export function asWindows(value: Json): readonly ScheduleWindow[] {
  return Array.isArray(value) ? (value as unknown as readonly ScheduleWindow[]) : [];
}

/** The addresses in a list of projects; parsed by the host as well. */
export function asProjectUrls(value: Json): readonly string[] {
  const projects = Array.isArray(value) ? (value as unknown as readonly { readonly url: string }[]) : [];
  return projects.map(({ url }) => url);
}

const told = [
  ['session', 'preferences:value.session'],
  ['service', 'preferences:value.service'],
  ['everyone', 'preferences:value.everyone'],
  ['administrators', 'preferences:value.administrators'],
] as const;

/** One of the words that only a profile says. */
export function toldWords(value: Json): string {
  const found = told.find(([word]) => word === value);
  return found === undefined ? plain(asText(value)) : t(found[1]);
}

/** A setting's value as it reads in a sentence. */
export function valueWords(control: Control, value: Json): string {
  switch (control.kind) {
    case 'switch':
      return value === true ? t('preferences:value.on') : t('preferences:value.off');
    case 'share':
      return percent(asNumber(value) ?? 0);
    case 'number': {
      const number = asNumber(value);
      return number === null ? t(control.empty ?? 'preferences:empty.none') : numberWords(control, number);
    }
    case 'list':
      if (value === null && control.empty !== undefined) return t(control.empty);
      return list(asList(value).map(plain)) || t('preferences:empty.none');
    case 'count':
      return figure(countOf(value));
    case 'told':
      return toldWords(value);
    case 'text': {
      const words = asText(value);
      if (words === '' || words === control.unsaid) return t(control.empty);
      return control.long === true ? t('preferences:value.given') : plain(words);
    }
    case 'schedule':
      return scheduleWords(asWindows(value));
    case 'language':
      return languageName(asText(value));
    case 'choice': {
      const option = asText(value);
      return control.words?.(option) ?? option;
    }
  }
}
