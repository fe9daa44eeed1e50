import type { Key } from '../../text/catalogues.ts';
import { languages } from '../../text/languages.ts';
import { t } from './say.ts';

/** What an empty field stands for, in words. */
export type Empty = Extract<Key, `preferences:empty.${string}`>;
export type Unit = Extract<Key, `preferences:unit.${string}`>;

export interface NumberControl {
  readonly kind: 'number';
  /** null: it counts something. */
  readonly unit: Unit | null;
  /** One of the unit is so much of the value. */
  readonly scale: number;
  /** The least and the most that the value may be, in the value's own unit; the host has the last word. */
  readonly min: number;
  readonly max?: number;
  /** The value has no fractions. */
  readonly whole?: boolean;
  /** What nothing means, where the value may be null. */
  readonly empty?: Empty;
}

/** How a setting's value is shown and changed. */
export type Control =
  | { readonly kind: 'switch' }
  | { readonly kind: 'share' }
  | NumberControl
  | {
      readonly kind: 'list';
      /** What an empty field means, where that is not an empty list but nothing. */
      readonly empty?: Empty;
    }
  | {
      readonly kind: 'text';
      readonly empty: Empty;
      /** The value that an empty field stands for; null if not told. */
      readonly unsaid?: string;
      /** Of several lines, such as certificates. */
      readonly long?: boolean;
      /** Written in capitals, however it is typed. */
      readonly isCapital?: boolean;
    }
  /** A list that others make: how long it is. */
  | { readonly kind: 'count' }
  /** What only an administrator's profile says. */
  | { readonly kind: 'told' }
  | { readonly kind: 'schedule' }
  | { readonly kind: 'language' }
  | {
      readonly kind: 'choice';
      readonly options: readonly string[];
      /** What an option is called; by default what it is. */
      readonly words?: (option: string) => string;
    };

/** A language in itself, so that whoever speaks it finds it. */
export function languageName(option: string): string {
  const found = languages.find(({ code }) => code === option);
  if (found === undefined) return option === 'system' ? t('preferences:value.system') : option;
  return found.isChecked ? found.name : t('preferences:value.unchecked', { language: found.name });
}

export interface LanguageOption {
  readonly id: string;
  readonly words: string;
  readonly lang?: string;
  readonly note?: string;
}

/** What the menu of languages holds: each in itself, with a note where no speaker has checked it. */
export function languageOptions(): LanguageOption[] {
  return [
    { id: 'system', words: t('preferences:value.system') },
    ...languages.map(({ code, name, isChecked }) => ({
      id: code,
      words: name,
      lang: code,
      ...(isChecked ? {} : { note: t('preferences:unchecked') }),
    })),
  ];
}

const accelerators = new Map([
  ['auto', 'preferences:value.auto'],
  ['kvm', 'said:accelerator.kvm'],
  ['hvf', 'said:accelerator.hvf'],
  ['whpx', 'said:accelerator.whpx'],
  ['tcg', 'said:accelerator.tcg'],
] as const);

/** How virtual machines may run. */
export const acceleratorControl: Control = {
  kind: 'choice',
  options: [...accelerators.keys()],
  words: (option) => {
    const found = [...accelerators].find(([name]) => name === option);
    return found === undefined ? option : t(found[1]);
  },
};

const presets = ['gentle', 'balanced', 'generous'] as const;

/** How the presets are chosen from. */
export const presetControl: Control = {
  kind: 'choice',
  options: presets,
  words: (option) => {
    const found = presets.find((name) => name === option);
    return found === undefined ? option : t(`policy:preset.${found}`);
  },
};

function updateChoice(options: readonly ('automatic' | 'ask' | 'off' | 'stable' | 'beta')[]): Control {
  return {
    kind: 'choice',
    options,
    words: (option) => {
      const found = options.find((name) => name === option);
      return found === undefined ? option : t(`preferences:value.updates.${found}`);
    },
  };
}

/** When newer versions come. */
export const updateMode = updateChoice(['automatic', 'ask', 'off']);

/** Which newer versions. */
export const updateChannel = updateChoice(['stable', 'beta']);
