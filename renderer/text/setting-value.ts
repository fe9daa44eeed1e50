import type { EffectiveSetting, ScheduleWindow } from '../../electron/contract/settings.ts';
import { percent } from './format.ts';
import { policyText } from './policy-text.ts';
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
  return `${days.map((day) => policyText.weekdays[day]).join(' ')} ${from}–${to}`;
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

/** A setting's value as it reads in a sentence. */
export function valueWords(control: Control, value: Json): string {
  switch (control.kind) {
    case 'switch':
      return value === true ? policyText.on : policyText.off;
    case 'share':
      return percent(asNumber(value) ?? 0);
    case 'number': {
      const number = asNumber(value);
      if (number === null) return control.empty ?? policyText.none;
      return `${toUnit(number, control.scale)} ${control.unit}`.trim();
    }
    case 'list':
      if (value === null && control.empty !== undefined) return control.empty;
      return asList(value).join(', ') || policyText.none;
    case 'count':
      return String(countOf(value));
    case 'text': {
      const words = asText(value);
      if (words === '' || words === control.unsaid) return control.empty;
      return control.long === true ? policyText.given : words;
    }
    case 'schedule': {
      const windows = asWindows(value);
      return windows.length === 0
        ? policyText.always.toLowerCase()
        : windows.map((window) => windowWords(window)).join('; ');
    }
    case 'choice':
      return control.words?.[asText(value)] ?? asText(value);
  }
}
