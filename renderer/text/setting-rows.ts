import type { SettingKey } from '../../electron/contract/settings.ts';
import english from '../../text/catalogue/en.ts';
import type { Key } from '../../text/catalogues.ts';
import { t } from './say.ts';
import {
  acceleratorControl,
  type Control,
  type NumberControl,
  presetControl,
  type Unit,
  updateChannel,
  updateMode,
} from './setting-control.ts';

export interface SettingRow {
  readonly key: SettingKey;
  readonly hint?: Extract<Key, `preferences:hint.${string}`>;
  readonly control: Control;
  /** No preset speaks for it. */
  readonly isOfDesktop?: true;
}

export type GroupId =
  | 'howMuch'
  | 'when'
  | 'stops'
  | 'battery'
  | 'programs'
  | 'quiet'
  | 'network'
  | 'disk'
  | 'energy'
  | 'notifications'
  | 'window'
  | 'updates'
  | 'more';

export interface SettingGroup {
  readonly id: GroupId;
  readonly rows: readonly SettingRow[];
}

/** What a setting is called. */
export function settingName(key: SettingKey): string {
  return t(`preferences:name.${key}`);
}

const toggle: Control = { kind: 'switch' };
const share: Control = { kind: 'share' };
const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;
const longest = 366 * 86_400;

const seconds = (min: number, max: number): NumberControl => ({
  kind: 'number',
  unit: 'preferences:unit.seconds',
  scale: 1,
  min,
  max,
  whole: true,
});
const upTo = (unit: Unit, scale: number, min: number): Control => ({
  kind: 'number',
  unit,
  scale,
  min,
  whole: true,
  empty: 'preferences:empty.noLimit',
});
const size = (min: number, max?: number): Control => ({
  kind: 'number',
  unit: 'preferences:unit.mebibytes',
  scale: MiB,
  min,
  ...(max === undefined ? {} : { max }),
  whole: true,
});
const count = (max: number): NumberControl => ({
  kind: 'number',
  unit: null,
  scale: 1,
  min: 1,
  max,
  whole: true,
});
const portion = (min: number): Control => ({
  kind: 'number',
  unit: 'preferences:unit.percent',
  scale: 0.01,
  min,
  max: 1,
  empty: 'preferences:empty.never',
});
const budget = (unit: Unit, min: number, max: number): Control => ({
  kind: 'number',
  unit,
  scale: 1,
  min,
  max,
  empty: 'preferences:empty.any',
});
const step = (unit: Unit, scale: number): Control => ({
  kind: 'number',
  unit,
  scale,
  min: 0,
  max: longest,
  whole: true,
  empty: 'preferences:empty.never',
});

/** Every setting but the preset, by what it is about. */
export const settingGroups: readonly SettingGroup[] = [
  {
    id: 'howMuch',
    rows: [
      { key: 'contribute', control: toggle },
      { key: 'inUse.share', control: share },
      { key: 'idle.share', control: share },
      { key: 'locked.share', control: share },
      {
        key: 'idle.afterSeconds',
        hint: 'preferences:hint.idle.afterSeconds',
        control: seconds(2, longest),
      },
    ],
  },
  {
    id: 'when',
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
    id: 'stops',
    rows: [
      { key: 'pauseOn.call', hint: 'preferences:hint.pauseOn.call', control: toggle },
      { key: 'pauseOn.fullScreen', control: toggle },
      { key: 'pauseOn.presentation', control: toggle },
      { key: 'pauseOn.remoteSession', control: toggle },
      { key: 'pauseOn.load', hint: 'preferences:hint.pauseOn.load', control: portion(0.01) },
      { key: 'pauseOn.loadSeconds', control: seconds(1, 3600) },
      {
        key: 'resume.afterSeconds',
        hint: 'preferences:hint.resume.afterSeconds',
        control: seconds(5, 3600),
      },
    ],
  },
  { id: 'battery', rows: [{ key: 'battery.aboveCharge', control: portion(0) }] },
  {
    id: 'programs',
    rows: [
      {
        key: 'pauseOn.programs',
        hint: 'preferences:hint.pauseOn.programs',
        control: { kind: 'list' },
      },
    ],
  },
  {
    id: 'quiet',
    rows: [
      { key: 'quiet.enabled', control: toggle },
      { key: 'quiet.temperatureC', control: budget('preferences:unit.degrees', 30, 110) },
      { key: 'quiet.fanRpm', control: budget('preferences:unit.turns', 0, 20_000) },
      { key: 'quiet.packageWatts', control: budget('preferences:unit.watts', 1, 2000) },
      { key: 'quiet.fallbackShare', control: share },
    ],
  },
  {
    id: 'network',
    rows: [
      { key: 'network.metered', control: toggle },
      { key: 'network.quotaDayBytes', control: upTo('preferences:unit.mebibytes', MiB, 0) },
      { key: 'network.quotaMonthBytes', control: upTo('preferences:unit.mebibytes', MiB, 0) },
      { key: 'network.downBytesPerSecond', control: upTo('preferences:unit.kibibytesPerSecond', KiB, KiB) },
      { key: 'network.upBytesPerSecond', control: upTo('preferences:unit.kibibytesPerSecond', KiB, KiB) },
      {
        key: 'network.proxy',
        hint: 'preferences:hint.network.proxy',
        control: { kind: 'text', empty: 'preferences:empty.asSystem', unsaid: 'system' },
      },
      {
        key: 'network.authorities',
        hint: 'preferences:hint.network.authorities',
        control: { kind: 'text', empty: 'preferences:empty.none', long: true },
      },
    ],
  },
  {
    id: 'disk',
    rows: [
      { key: 'pauseOn.diskFreeBelowBytes', control: size(0) },
      { key: 'grids.diskBytes', control: size(512 * MiB, 1024 * GiB) },
      { key: 'vm.diskBytes', control: size(64 * MiB, 1024 * GiB) },
      { key: 'vm.memoryBytes', control: size(256 * MiB, 1024 * GiB) },
      { key: 'vm.memoryTotalBytes', control: size(256 * MiB, 1024 * GiB) },
      { key: 'ladder.saveAfterSeconds', control: step('preferences:unit.minutes', 60) },
      { key: 'ladder.offAfterSeconds', control: step('preferences:unit.hours', 3600) },
    ],
  },
  {
    id: 'energy',
    rows: [
      {
        key: 'energy.pricePerKwh',
        control: {
          kind: 'number',
          unit: null,
          scale: 1,
          min: 0,
          max: 1_000_000,
          empty: 'preferences:empty.notSet',
        },
      },
      {
        key: 'energy.currency',
        hint: 'preferences:hint.energy.currency',
        control: { kind: 'text', empty: 'preferences:empty.notSet', isCapital: true },
      },
      {
        key: 'pools.shareEnergyPrice',
        hint: 'preferences:hint.pools.shareEnergyPrice',
        control: toggle,
      },
      {
        key: 'energy.wattsPerCore',
        control: { kind: 'number', unit: 'preferences:unit.watts', scale: 1, min: 0, max: 500 },
      },
    ],
  },
  {
    id: 'notifications',
    rows: [
      { key: 'notify.firstCredit', control: toggle, isOfDesktop: true },
      { key: 'notify.attention', control: toggle, isOfDesktop: true },
      { key: 'notify.denied', control: toggle, isOfDesktop: true },
      { key: 'notify.finished', control: toggle, isOfDesktop: true },
    ],
  },
  {
    id: 'window',
    rows: [
      { key: 'ui.language', control: { kind: 'language' }, isOfDesktop: true },
      { key: 'ui.startAtLogin', control: toggle, isOfDesktop: true },
    ],
  },
  {
    id: 'updates',
    rows: [
      { key: 'updates.mode', hint: 'preferences:hint.updates.mode', control: updateMode, isOfDesktop: true },
      { key: 'updates.channel', control: updateChannel, isOfDesktop: true },
    ],
  },
  {
    id: 'more',
    rows: [
      { key: 'vm.vcpus', control: { ...count(64), empty: 'preferences:empty.halfOfAll' } },
      { key: 'vm.maxRunning', control: count(16) },
      { key: 'vm.accelerator', control: acceleratorControl },
      { key: 'vm.allowReducedIsolation', control: toggle },
      {
        key: 'grids.localShare',
        hint: 'preferences:hint.grids.localShare',
        control: { kind: 'number', unit: null, scale: 1, min: 0, max: 1_000_000 },
      },
      {
        key: 'grids.permitted',
        hint: 'preferences:hint.grids.permitted',
        control: { kind: 'list', empty: 'preferences:empty.any' },
      },
      { key: 'grids.boinc', control: { kind: 'count' } },
      { key: 'grids.pools', control: { kind: 'count' } },
      { key: 'host.place', control: { kind: 'told' } },
      { key: 'service.mayPause', control: { kind: 'told' } },
      { key: 'removal.keepRecord', control: toggle },
    ],
  },
];

const controls = new Map<SettingKey, Control>([
  ['preset', presetControl],
  ...settingGroups.flatMap(({ rows }) => rows.map(({ key, control }) => [key, control] as const)),
]);

/** The control of any setting. */
export function controlOf(key: SettingKey): Control {
  return controls.get(key) ?? { kind: 'text', empty: 'preferences:empty.none' };
}

/** What the keys begin with that presets speak for. */
const polite = ['inUse.', 'idle.', 'locked.', 'pauseOn.', 'battery.', 'resume.', 'quiet.', 'ladder.'];
/** Among them, what no preset has an opinion of. */
const notPolite: readonly SettingKey[] = ['pauseOn.programs', 'pauseOn.diskFreeBelowBytes'];

/**
 * Whether presets speak for it, which is about being polite: whoever lists programs or permits a project differs from no
 * preset, though each has a value for that, too.
 */
export function isOfPresets(key: SettingKey): boolean {
  return polite.some((begin) => key.startsWith(begin)) && !notPolite.includes(key);
}

/**
 * The groups with only those rows whose names, hints, titles or keys have all of the words in them, in any order; in
 * English, too, which help for this program is written in.
 */
export function foundGroups(words: string): SettingGroup[] {
  const wanted = plainly(words)
    .split(/\s+/)
    .filter((word) => word !== '');
  return settingGroups
    .map((group) => ({
      ...group,
      rows: group.rows.filter((row) => {
        const text = plainly(aboutRow(group.id, row).join(' '));
        return wanted.every((word) => text.includes(word));
      }),
    }))
    .filter(({ rows }) => rows.length > 0);
}

function aboutRow(group: GroupId, { key, hint }: SettingRow): string[] {
  const { preferences } = english;
  return [
    key,
    t(`preferences:group.${group}`),
    settingName(key),
    hint === undefined ? '' : t(hint),
    preferences[`group.${group}`],
    preferences[`name.${key}`],
  ];
}

/** Without accents and capitals. */
function plainly(words: string): string {
  return words.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}
