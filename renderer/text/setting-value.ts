import type { EffectiveSetting, ScheduleWindow } from '../../electron/contract/settings.ts';
import { figure, list, percent } from './format.ts';
import { plain } from './plain.ts';
import { t } from './say.ts';
import type { Control } from './setting-rows.ts';

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

/** `Mo Tu 22:00–06:00`. */
function windowWords({ days, from, to }: ScheduleWindow): string {
  return `${days.map((day) => t(`preferences:day.${day}`)).join(' ')} ${from}–${to}`;
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

/** A setting's value as it reads in a sentence. */
export function valueWords(control: Control, value: Json): string {
  switch (control.kind) {
    case 'switch':
      return value === true ? t('preferences:value.on') : t('preferences:value.off');
    case 'share':
      return percent(asNumber(value) ?? 0);
    case 'number': {
      const number = asNumber(value);
      if (number === null) return t(control.empty ?? 'preferences:empty.none');
      const shown = figure(toUnit(number, control.scale));
      return control.unit === null
        ? shown
        : t('preferences:withUnit', { number: shown, unit: t(control.unit) });
    }
    case 'list':
      if (value === null && control.empty !== undefined) return t(control.empty);
      return list(asList(value).map(plain)) || t('preferences:empty.none');
    case 'count':
      return figure(countOf(value));
    case 'text': {
      const words = asText(value);
      if (words === '' || words === control.unsaid) return t(control.empty);
      return control.long === true ? t('preferences:value.given') : plain(words);
    }
    case 'schedule': {
      const windows = asWindows(value);
      return windows.length === 0
        ? t('preferences:alwaysInside')
        : windows.map((window) => windowWords(window)).join('; ');
    }
    case 'choice': {
      const option = asText(value);
      return control.words?.(option) ?? option;
    }
  }
}
