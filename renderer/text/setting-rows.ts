import type { SettingKey } from '../../electron/contract/settings.ts';
import { policyText } from './policy-text.ts';

/** How a setting's value is shown and changed. */
export type Control =
  | { readonly kind: 'switch' }
  | { readonly kind: 'share' }
  | {
      readonly kind: 'number';
      readonly unit: string;
      /** One of the unit is so much of the value. */
      readonly scale: number;
      /** What nothing means, where the value may be null. */
      readonly empty?: string;
    }
  | {
      readonly kind: 'list';
      /** What an empty field means, where that is not an empty list but nothing. */
      readonly empty?: string;
    }
  | {
      readonly kind: 'text';
      readonly empty: string;
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
      readonly words?: Readonly<Record<string, string>>;
    };

export interface SettingRow {
  readonly key: SettingKey;
  readonly name: string;
  readonly hint?: string;
  readonly control: Control;
}

export interface SettingGroup {
  readonly title: string;
  readonly rows: readonly SettingRow[];
}

const toggle: Control = { kind: 'switch' };
const share: Control = { kind: 'share' };
const seconds: Control = { kind: 'number', unit: 's', scale: 1 };
const KiB = 1024;
const MiB = 1024 * KiB;
const limit = (unit: string, scale: number): Control => ({ kind: 'number', unit, scale, empty: 'no limit' });

/** Every setting but the preset, by what it is about. */
export const settingGroups: readonly SettingGroup[] = [
  {
    title: 'How much',
    rows: [
      { key: 'contribute', name: 'Contribute', control: toggle },
      { key: 'inUse.share', name: 'While you use the computer', control: share },
      { key: 'idle.share', name: 'While it is idle', control: share },
      { key: 'locked.share', name: 'While the screen is locked', control: share },
      { key: 'idle.afterSeconds', name: 'Idle after', hint: 'without any input', control: seconds },
    ],
  },
  {
    title: 'What stops it',
    rows: [
      { key: 'pauseOn.call', name: 'A call', hint: 'microphone or camera in use', control: toggle },
      { key: 'pauseOn.fullScreen', name: 'A program that fills the screen', control: toggle },
      { key: 'pauseOn.presentation', name: 'A presentation or a film', control: toggle },
      { key: 'pauseOn.remoteSession', name: 'Somebody who works here from afar', control: toggle },
      {
        key: 'pauseOn.load',
        name: 'Other programs need more than',
        hint: 'of all cores',
        control: { kind: 'number', unit: '%', scale: 0.01, empty: 'never' },
      },
      {
        key: 'pauseOn.loadSeconds',
        name: 'Ride out load that is shorter than',
        control: seconds,
      },
      {
        key: 'battery.aboveCharge',
        name: 'On battery, work only above',
        control: { kind: 'number', unit: '%', scale: 0.01, empty: 'never' },
      },
      {
        key: 'pauseOn.programs',
        name: 'One of these programs runs',
        hint: 'names, with commas between them',
        control: { kind: 'list' },
      },
      {
        key: 'resume.afterSeconds',
        name: 'Go on after',
        hint: 'so long must the reason be gone',
        control: seconds,
      },
    ],
  },
  {
    title: 'When',
    rows: [
      { key: 'schedule.windows', name: 'Times of the week', control: { kind: 'schedule' } },
      {
        key: 'schedule.timeZone',
        name: 'Time zone',
        hint: 'for example Europe/Berlin',
        control: { kind: 'text', empty: 'this computer’s' },
      },
    ],
  },
  {
    title: 'Network',
    rows: [
      {
        key: 'network.metered',
        name: 'Work over a network that is billed by volume',
        control: toggle,
      },
      { key: 'network.quotaDayBytes', name: 'At most in a day', control: limit('MiB', MiB) },
      { key: 'network.quotaMonthBytes', name: 'At most in a month', control: limit('MiB', MiB) },
      { key: 'network.downBytesPerSecond', name: 'Load at most', control: limit('KiB/s', KiB) },
      { key: 'network.upBytesPerSecond', name: 'Send at most', control: limit('KiB/s', KiB) },
      {
        key: 'network.proxy',
        name: 'Proxy',
        hint: 'none, http://host:port, or pac+https://…',
        control: { kind: 'text', empty: 'as the system', unsaid: 'system' },
      },
    ],
  },
  {
    title: 'Quiet mode',
    rows: [
      { key: 'quiet.enabled', name: 'Keep this computer quiet and cool', control: toggle },
      {
        key: 'quiet.temperatureC',
        name: 'CPU at most',
        control: { kind: 'number', unit: '°C', scale: 1, empty: 'any' },
      },
      {
        key: 'quiet.fanRpm',
        name: 'Fan at most',
        control: { kind: 'number', unit: 'rpm', scale: 1, empty: 'any' },
      },
      {
        key: 'quiet.packageWatts',
        name: 'CPU power at most',
        control: { kind: 'number', unit: 'W', scale: 1, empty: 'any' },
      },
      {
        key: 'quiet.fallbackShare',
        name: 'Share where none of these can be read',
        control: share,
      },
    ],
  },
];

/** What few people change. */
export const moreSettings: SettingGroup = {
  title: 'More',
  rows: [
    {
      key: 'pauseOn.diskFreeBelowBytes',
      name: 'Stop below this free disk',
      control: { kind: 'number', unit: 'MiB', scale: MiB },
    },
    {
      key: 'ladder.saveAfterSeconds',
      name: 'Stopped for so long, give the memory back',
      control: { kind: 'number', unit: 'min', scale: 60, empty: 'never' },
    },
    {
      key: 'ladder.offAfterSeconds',
      name: 'Stopped for so long, keep checkpoints only',
      control: { kind: 'number', unit: 'h', scale: 3600, empty: 'never' },
    },
    {
      key: 'vm.vcpus',
      name: 'Virtual CPUs',
      control: { kind: 'number', unit: '', scale: 1, empty: 'half of all' },
    },
    { key: 'vm.memoryBytes', name: 'Memory', control: { kind: 'number', unit: 'MiB', scale: MiB } },
    {
      key: 'vm.diskBytes',
      name: 'Largest disk of a job',
      control: { kind: 'number', unit: 'MiB', scale: MiB },
    },
    {
      key: 'vm.maxRunning',
      name: 'Virtual machines at a time',
      control: { kind: 'number', unit: '', scale: 1 },
    },
    {
      key: 'vm.memoryTotalBytes',
      name: 'Memory of all of them',
      control: { kind: 'number', unit: 'MiB', scale: MiB },
    },
    {
      key: 'grids.diskBytes',
      name: 'Largest disk of a project',
      control: { kind: 'number', unit: 'MiB', scale: MiB },
    },
    {
      key: 'grids.localShare',
      name: 'Share of this computer’s own queue',
      hint: 'of CPU time, beside the projects’ shares',
      control: { kind: 'number', unit: '', scale: 1 },
    },
    {
      key: 'grids.permitted',
      name: 'Projects that may be joined',
      hint: 'addresses, with commas between them',
      control: { kind: 'list', empty: 'any' },
    },
    { key: 'grids.boinc', name: 'Projects that your organization joins', control: { kind: 'count' } },
    {
      key: 'network.authorities',
      name: 'Certificates to trust besides the public ones',
      hint: 'in PEM',
      control: { kind: 'text', empty: 'none', long: true },
    },
    {
      key: 'vm.accelerator',
      name: 'Accelerator',
      control: { kind: 'choice', options: ['auto', 'kvm', 'hvf', 'whpx', 'tcg'] },
    },
    {
      key: 'vm.allowReducedIsolation',
      name: 'Run even where isolation is reduced',
      control: toggle,
    },
  ],
};

const presetRow: SettingRow = {
  key: 'preset',
  name: policyText.preset,
  control: { kind: 'choice', options: ['gentle', 'balanced', 'generous'], words: policyText.presetNames },
};
const rows = new Map(
  [presetRow, ...moreSettings.rows, ...settingGroups.flatMap((group) => group.rows)].map((row) => [
    row.key,
    row,
  ]),
);

/** The row of any setting. */
export function rowOf(key: SettingKey): SettingRow {
  return rows.get(key) ?? { key, name: key, control: { kind: 'text', empty: policyText.none } };
}
