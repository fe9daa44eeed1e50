import { formatSchedule } from '../contract/setting-text.ts';
import { ScheduleWindow, type SettingKey } from '../contract/settings.ts';
import { count, formatBytes, formatPercent, formatSeconds } from './text.ts';

const fractions: ReadonlySet<SettingKey> = new Set([
  'pauseOn.load',
  'battery.aboveCharge',
  'quiet.fallbackShare',
]);
const units: Partial<Record<SettingKey, string>> = {
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

/** A setting's value in words: `25 %`, `3 min`, `768 MiB`, `never`. What does not fit its key is shown as JSON. Pure. */
export function formatSetting(key: SettingKey, value: unknown): string {
  if (value === null) return nothings[key] ?? 'never';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number') {
    if (key.endsWith('.share') || fractions.has(key)) return formatPercent(value);
    if (key.endsWith('Seconds')) return formatSeconds(value);
    if (key.endsWith('BytesPerSecond')) return `${formatBytes(value)}/s`;
    if (key.endsWith('Bytes')) return formatBytes(value);
    const unit = units[key];
    return unit === undefined ? String(value) : `${value} ${unit}`;
  }
  if (key === 'schedule.windows') {
    const windows = ScheduleWindow.array().safeParse(value);
    if (windows.success) return formatSchedule(windows.data);
  }
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) {
    return value.length === 0 ? 'none' : value.join(', ');
  }
  if (key === 'grids.boinc' && Array.isArray(value)) return count(value.length, 'project');
  if (key === 'network.authorities' && typeof value === 'string') {
    return count(value.split('-----BEGIN CERTIFICATE-----').length - 1, 'certificate');
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}
