import type { SettingKey } from '../../electron/contract/settings.ts';
import type { Key } from '../../text/catalogues.ts';
import { languages } from '../../text/languages.ts';
import { t } from './say.ts';

/** What an empty field stands for, in words. */
export type Empty = Extract<Key, `preferences:empty.${string}`>;
export type Unit = Extract<Key, `preferences:unit.${string}`>;

/** How a setting's value is shown and changed. */
export type Control =
  | { readonly kind: 'switch' }
  | { readonly kind: 'share' }
  | {
      readonly kind: 'number';
      /** null: it counts something. */
      readonly unit: Unit | null;
      /** One of the unit is so much of the value. */
      readonly scale: number;
      /** What nothing means, where the value may be null. */
      readonly empty?: Empty;
    }
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
    }
  /** A list that others make: how long it is. */
  | { readonly kind: 'count' }
  | { readonly kind: 'schedule' }
  | {
      readonly kind: 'choice';
      readonly options: readonly string[];
      /** What an option is called; by default what it is. */
      readonly words?: (option: string) => string;
    };

export interface SettingRow {
  readonly key: SettingKey;
  readonly hint?: Extract<Key, `preferences:hint.${string}`>;
  readonly control: Control;
}

export interface SettingGroup {
  readonly title: Extract<Key, `preferences:group.${string}`>;
  readonly rows: readonly SettingRow[];
}

/** What a setting is called. */
export function settingName(key: SettingKey): string {
  return t(`preferences:name.${key}`);
}

/** A language in itself, so that whoever speaks it finds it. */
export function languageName(option: string): string {
  const found = languages.find(({ code }) => code === option);
  if (found === undefined) return option === 'system' ? t('preferences:value.system') : option;
  return found.isChecked ? found.name : t('preferences:value.unchecked', { language: found.name });
}

const presets = ['gentle', 'balanced', 'generous'] as const;

function presetName(option: string): string {
  const found = presets.find((name) => name === option);
  return found === undefined ? option : t(`policy:preset.${found}`);
}

const toggle: Control = { kind: 'switch' };
const share: Control = { kind: 'share' };
const seconds: Control = { kind: 'number', unit: 'preferences:unit.seconds', scale: 1 };
const KiB = 1024;
const MiB = 1024 * KiB;
const limit = (unit: Unit, scale: number): Control => ({
  kind: 'number',
  unit,
  scale,
  empty: 'preferences:empty.noLimit',
});

/** Every setting but the preset, by what it is about. */
export const settingGroups: readonly SettingGroup[] = [
  {
    title: 'preferences:group.howMuch',
    rows: [
      { key: 'contribute', control: toggle },
      { key: 'inUse.share', control: share },
      { key: 'idle.share', control: share },
      { key: 'locked.share', control: share },
      { key: 'idle.afterSeconds', hint: 'preferences:hint.idle.afterSeconds', control: seconds },
    ],
  },
  {
    title: 'preferences:group.stops',
    rows: [
      { key: 'pauseOn.call', hint: 'preferences:hint.pauseOn.call', control: toggle },
      { key: 'pauseOn.fullScreen', control: toggle },
      { key: 'pauseOn.presentation', control: toggle },
      { key: 'pauseOn.remoteSession', control: toggle },
      {
        key: 'pauseOn.load',
        hint: 'preferences:hint.pauseOn.load',
        control: {
          kind: 'number',
          unit: 'preferences:unit.percent',
          scale: 0.01,
          empty: 'preferences:empty.never',
        },
      },
      {
        key: 'pauseOn.loadSeconds',
        control: seconds,
      },
      {
        key: 'battery.aboveCharge',
        control: {
          kind: 'number',
          unit: 'preferences:unit.percent',
          scale: 0.01,
          empty: 'preferences:empty.never',
        },
      },
      {
        key: 'pauseOn.programs',
        hint: 'preferences:hint.pauseOn.programs',
        control: { kind: 'list' },
      },
      {
        key: 'resume.afterSeconds',
        hint: 'preferences:hint.resume.afterSeconds',
        control: seconds,
      },
    ],
  },
  {
    title: 'preferences:group.when',
    rows: [
      { key: 'schedule.windows', control: { kind: 'schedule' } },
      {
        key: 'schedule.timeZone',
        hint: 'preferences:hint.schedule.timeZone',
        control: { kind: 'text', empty: 'preferences:empty.thisComputers' },
      },
    ],
  },
  {
    title: 'preferences:group.network',
    rows: [
      {
        key: 'network.metered',
        control: toggle,
      },
      { key: 'network.quotaDayBytes', control: limit('preferences:unit.mebibytes', MiB) },
      { key: 'network.quotaMonthBytes', control: limit('preferences:unit.mebibytes', MiB) },
      { key: 'network.downBytesPerSecond', control: limit('preferences:unit.kibibytesPerSecond', KiB) },
      { key: 'network.upBytesPerSecond', control: limit('preferences:unit.kibibytesPerSecond', KiB) },
      {
        key: 'network.proxy',
        hint: 'preferences:hint.network.proxy',
        control: { kind: 'text', empty: 'preferences:empty.asSystem', unsaid: 'system' },
      },
    ],
  },
  {
    title: 'preferences:group.quiet',
    rows: [
      { key: 'quiet.enabled', control: toggle },
      {
        key: 'quiet.temperatureC',
        control: {
          kind: 'number',
          unit: 'preferences:unit.degrees',
          scale: 1,
          empty: 'preferences:empty.any',
        },
      },
      {
        key: 'quiet.fanRpm',
        control: { kind: 'number', unit: 'preferences:unit.turns', scale: 1, empty: 'preferences:empty.any' },
      },
      {
        key: 'quiet.packageWatts',
        control: { kind: 'number', unit: 'preferences:unit.watts', scale: 1, empty: 'preferences:empty.any' },
      },
      {
        key: 'quiet.fallbackShare',
        control: share,
      },
    ],
  },
  {
    title: 'preferences:group.window',
    rows: [
      {
        key: 'ui.language',
        control: {
          kind: 'choice',
          options: ['system', ...languages.map(({ code }) => code)],
          words: languageName,
        },
      },
      { key: 'ui.startAtLogin', control: toggle },
      {
        key: 'energy.pricePerKwh',
        control: { kind: 'number', unit: null, scale: 1, empty: 'preferences:empty.notSet' },
      },
      { key: 'energy.currency', control: { kind: 'text', empty: 'preferences:empty.notSet' } },
      {
        key: 'energy.wattsPerCore',
        control: { kind: 'number', unit: 'preferences:unit.watts', scale: 1 },
      },
      { key: 'notify.firstCredit', control: toggle },
      { key: 'notify.attention', control: toggle },
      { key: 'notify.denied', control: toggle },
      { key: 'notify.finished', control: toggle },
    ],
  },
];

/** What few people change. */
export const moreSettings: SettingGroup = {
  title: 'preferences:group.more',
  rows: [
    {
      key: 'pauseOn.diskFreeBelowBytes',
      control: { kind: 'number', unit: 'preferences:unit.mebibytes', scale: MiB },
    },
    {
      key: 'ladder.saveAfterSeconds',
      control: {
        kind: 'number',
        unit: 'preferences:unit.minutes',
        scale: 60,
        empty: 'preferences:empty.never',
      },
    },
    {
      key: 'ladder.offAfterSeconds',
      control: {
        kind: 'number',
        unit: 'preferences:unit.hours',
        scale: 3600,
        empty: 'preferences:empty.never',
      },
    },
    {
      key: 'vm.vcpus',
      control: { kind: 'number', unit: null, scale: 1, empty: 'preferences:empty.halfOfAll' },
    },
    { key: 'vm.memoryBytes', control: { kind: 'number', unit: 'preferences:unit.mebibytes', scale: MiB } },
    {
      key: 'vm.diskBytes',
      control: { kind: 'number', unit: 'preferences:unit.mebibytes', scale: MiB },
    },
    {
      key: 'vm.maxRunning',
      control: { kind: 'number', unit: null, scale: 1 },
    },
    {
      key: 'vm.memoryTotalBytes',
      control: { kind: 'number', unit: 'preferences:unit.mebibytes', scale: MiB },
    },
    {
      key: 'grids.diskBytes',
      control: { kind: 'number', unit: 'preferences:unit.mebibytes', scale: MiB },
    },
    {
      key: 'grids.localShare',
      hint: 'preferences:hint.grids.localShare',
      control: { kind: 'number', unit: null, scale: 1 },
    },
    {
      key: 'grids.permitted',
      hint: 'preferences:hint.grids.permitted',
      control: { kind: 'list', empty: 'preferences:empty.any' },
    },
    { key: 'grids.boinc', control: { kind: 'count' } },
    {
      key: 'network.authorities',
      hint: 'preferences:hint.network.authorities',
      control: { kind: 'text', empty: 'preferences:empty.none', long: true },
    },
    {
      key: 'vm.accelerator',
      control: { kind: 'choice', options: ['auto', 'kvm', 'hvf', 'whpx', 'tcg'] },
    },
    {
      key: 'vm.allowReducedIsolation',
      control: toggle,
    },
  ],
};

const presetRow: SettingRow = {
  key: 'preset',
  control: { kind: 'choice', options: presets, words: presetName },
};
const controls = new Map(
  [presetRow, ...moreSettings.rows, ...settingGroups.flatMap((group) => group.rows)].map(
    ({ key, control }) => [key, control],
  ),
);

/** The control of any setting. */
export function controlOf(key: SettingKey): Control {
  return controls.get(key) ?? { kind: 'text', empty: 'preferences:empty.none' };
}
