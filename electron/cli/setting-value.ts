import { formatSchedule } from '../contract/setting-text.ts';
import { ScheduleWindow, type SettingKey } from '../contract/settings.ts';
import { count, formatBytes } from './text.ts';

/** What the numbers of a setting are. */
export type Amount = 'share' | 'seconds' | 'bytes' | 'bytes per second' | 'number';

const fractions: ReadonlySet<SettingKey> = new Set([
  'pauseOn.load',
  'battery.aboveCharge',
  'quiet.fallbackShare',
]);

/** Pure. */
export function amountOf(key: SettingKey): Amount {
  if (key.endsWith('.share') || fractions.has(key)) return 'share';
  if (key.endsWith('Seconds')) return 'seconds';
  if (key.endsWith('BytesPerSecond')) return 'bytes per second';
  return key.endsWith('Bytes') ? 'bytes' : 'number';
}

/** What stands behind a setting's number, where it is no {@link Amount} of its own. */
export const settingUnits: Partial<Record<SettingKey, string>> = {
  'quiet.temperatureC': '°C',
  'quiet.fanRpm': 'rpm',
  'quiet.packageWatts': 'W',
  'energy.wattsPerCore': 'W',
};
/** What null means where it does not mean "never". */
const nothings: Partial<Record<SettingKey, string>> = {
  'schedule.timeZone': "this computer's",
  'quiet.temperatureC': 'none',
  'quiet.fanRpm': 'none',
  'quiet.packageWatts': 'none',
  'vm.vcpus': "half of this computer's",
  'network.quotaDayBytes': 'no limit',
  'network.quotaMonthBytes': 'no limit',
  'network.downBytesPerSecond': 'no limit',
  'network.upBytesPerSecond': 'no limit',
  'network.authorities': 'none',
  'grids.permitted': 'any',
  'energy.pricePerKwh': 'unknown',
};

/** What null is called in a setting that may be null. Pure. */
export function wordForNull(key: SettingKey): string {
  return nothings[key] ?? 'never';
}

/** A setting's value in words: `25 %`, `3 min`, `768 MiB`, `never`. What does not fit its key is shown as JSON. Pure. */
export function formatSetting(key: SettingKey, value: unknown): string {
  if (value === null) return wordForNull(key);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number') return formatNumber(key, value);
  if (key === 'schedule.windows') {
    const windows = ScheduleWindow.array().safeParse(value);
    if (windows.success) return formatSchedule(windows.data);
  }
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) {
    return value.length === 0 ? 'none' : value.join(', ');
  }
  if (key === 'grids.boinc' && Array.isArray(value)) return count(value.length, 'project');
  if (key === 'grids.pools' && Array.isArray(value)) return count(value.length, 'pool');
  if (key === 'network.authorities' && typeof value === 'string') {
    return count(value.split('-----BEGIN CERTIFICATE-----').length - 1, 'certificate');
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function formatNumber(key: SettingKey, value: number): string {
  switch (amountOf(key)) {
    case 'share':
      return `${Math.round(value * 10_000) / 100} %`;
    case 'seconds':
      return wholeTime(value);
    case 'bytes':
      return size(value);
    case 'bytes per second':
      return `${size(value)}/s`;
    case 'number': {
      const unit = settingUnits[key];
      return unit === undefined ? String(value) : `${value} ${unit}`;
    }
  }
}

/** To the second, other than `formatSeconds`: somebody who sets 90 s is not to be shown one minute. */
function wholeTime(seconds: number): string {
  const parts: (readonly [number, string])[] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ];
  const shown = parts.filter(([value]) => value > 0).map(([value, unit]) => `${value} ${unit}`);
  return shown.length === 0 ? '0 s' : shown.join(' ');
}

/** In the units in which it was thought: what is round in decimal ones is shown in these. */
function size(bytes: number): string {
  const decimal = [
    [1e12, 'TB'],
    [1e9, 'GB'],
    [1e6, 'MB'],
    [1000, 'kB'],
  ] as const;
  const [unit, name] = decimal.find(([least]) => bytes >= least) ?? [1, 'B'];
  const isRound = (value: number): boolean => Number.isInteger(value * 10);
  return bytes % 1024 !== 0 && isRound(bytes / unit) ? `${bytes / unit} ${name}` : formatBytes(bytes);
}
