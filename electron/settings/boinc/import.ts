import type { ImportReport } from '../../contract/commands.ts';
import { fits } from '../../contract/setting-text.ts';
import type { SettingKey } from '../../contract/settings.ts';
import { type Hours, windowsFrom } from './schedule.ts';
import { type BoincPreferences, parseBoincXml } from './xml.ts';

/** What percentages are of. */
export interface Computer {
  readonly cores: number;
  readonly memoryBytes: number;
}

const MiB = 1024 * 1024;
/** BOINC's GB. */
const GiB = 1024 * MiB;
const maxBytes = 1024 * GiB;

/** Not preferences, but where they came from. */
const bookkeeping: ReadonlySet<string> = new Set([
  'source_project',
  'source_scheduler',
  'mod_time',
  'host_specific',
  'override_file_present',
]);

/**
 * What BOINC's `global_prefs.xml` or `global_prefs_override.xml` becomes here. Rejects with `bad-request` for what is
 * neither.
 */
export async function importBoinc(xml: string, computer: Computer): Promise<ImportReport> {
  return mapBoinc(await parseBoincXml(xml), computer);
}

/**
 * Maps BOINC's preferences. As BOINC reads them, limits without `niu_` ("not in use") hold while the computer is used,
 * and also while it is not where no `niu_` limit is given; a complete file (one that names its source) leaves out
 * what is no. Pure.
 */
export function mapBoinc(preferences: BoincPreferences, computer: Computer): ImportReport {
  const reading = new Reading(preferences);
  mapPower(reading);
  mapCpu(reading, computer);
  mapMemory(reading, computer);
  mapDisk(reading);
  mapSchedule(reading, preferences);
  for (const name of preferences.venues) {
    reading.refuse('venue', name, 'which place this computer belongs to is not in the file');
  }
  return reading.report();
}

/** The fields, of which each is told about once. */
class Reading {
  readonly #fields: ReadonlyMap<string, string>;
  readonly #told = new Set<string>(bookkeeping);
  readonly #taken: ImportReport['taken'] = [];
  readonly #refused: ImportReport['refused'] = [];
  readonly #refusedOnce = new Set<string>();
  readonly #left: ImportReport['unequalled'] = [];
  readonly #isComplete: boolean;

  constructor({ fields }: BoincPreferences) {
    this.#fields = fields;
    this.#isComplete = fields.has('mod_time') || fields.has('source_project');
  }

  number(name: string): number | undefined {
    const text = this.#fields.get(name);
    if (text === undefined) return undefined;
    const value = text === '' ? Number.NaN : Number(text);
    if (Number.isFinite(value) && value >= 0) return value;
    this.refuse(name, text, 'it is not a number from 0 on');
    return undefined;
  }

  switch(name: string): boolean | undefined {
    const text = this.#fields.get(name);
    if (text === undefined) return this.#isComplete ? false : undefined;
    if (text === '' || text === '1') return true;
    if (text === '0') return false;
    this.refuse(name, text, 'it is neither 1 nor 0');
    return undefined;
  }

  take(names: readonly string[], key: SettingKey, became: number | boolean | null | object): void {
    const value = names.map((name) => this.#fields.get(name) ?? 'absent').join(' and ');
    if (!fits(key, became)) {
      for (const name of names) this.refuse(name, this.#fields.get(name) ?? '', `${key} cannot hold it`);
      return;
    }
    for (const name of names) this.#told.add(name);
    this.#taken.push({ from: names.join(' and '), value: shown(value), key, became: became as never });
  }

  refuse(name: string, value: string, why: string): void {
    this.#told.add(name);
    // Some fields are asked for by more than one rule.
    const once = JSON.stringify([name, value, why]);
    if (this.#refusedOnce.has(once)) return;
    this.#refusedOnce.add(once);
    this.#refused.push({ from: name, value: shown(value), why });
  }

  /** It has no equal. */
  leave(name: string, value: string): void {
    this.#left.push({ from: name, value: shown(value) });
  }

  text(name: string): string {
    return this.#fields.get(name) ?? '';
  }

  report(): ImportReport {
    return {
      taken: this.#taken,
      refused: this.#refused,
      unequalled: [
        ...[...this.#fields]
          .filter(([name]) => !this.#told.has(name))
          .map(([from, value]) => ({ from: shown(from), value: shown(value) })),
        ...this.#left,
      ],
    };
  }
}

function mapPower(reading: Reading): void {
  const onBatteries = reading.switch('run_on_batteries');
  // On battery at any charge, or never.
  if (onBatteries !== undefined) {
    reading.take(['run_on_batteries'], 'battery.aboveCharge', onBatteries ? 0 : null);
  }
  const idleMinutes = reading.number('idle_time_to_run');
  if (idleMinutes !== undefined) {
    const seconds = Math.round(idleMinutes * 60);
    reading.take(['idle_time_to_run'], 'idle.afterSeconds', Math.max(5, seconds));
  }
  const load = reading.number('suspend_cpu_usage');
  if (load !== undefined) {
    reading.take(['suspend_cpu_usage'], 'pauseOn.load', load === 0 ? null : toShare(load / 100));
  }
}

/** Cores and CPU time together are what a VM's vCPUs and share are here: the larger number of cores makes the VM. */
function mapCpu(reading: Reading, { cores }: Computer): void {
  const coresInUse = percent(reading, 'max_ncpus_pct');
  const coresIdle = percent(reading, 'niu_max_ncpus_pct');
  const limitInUse = percent(reading, 'cpu_usage_limit');
  const limitIdle = percent(reading, 'niu_cpu_usage_limit');
  const most = Math.max(coresInUse ?? 0, coresIdle ?? 0);
  if (most > 0) {
    const from = most === coresInUse ? 'max_ncpus_pct' : 'niu_max_ncpus_pct';
    reading.take([from], 'vm.vcpus', Math.min(64, Math.max(1, Math.floor((cores * most) / 100))));
  }
  const part = (percentOfCores: number | undefined): number =>
    percentOfCores === undefined || most === 0 ? 1 : percentOfCores / most;

  const runsInUse = reading.switch('run_if_user_active');
  const inUseNames = named(['cpu_usage_limit', limitInUse], ['max_ncpus_pct', part(coresInUse) < 1]);
  if (runsInUse === false) reading.take(['run_if_user_active'], 'inUse.share', 0);
  else if (runsInUse === true || inUseNames.length > 0) {
    const names = [...(runsInUse === true ? ['run_if_user_active'] : []), ...inUseNames];
    reading.take(names, 'inUse.share', toShare(((limitInUse ?? 100) / 100) * part(coresInUse)));
  }

  const limitName = limitIdle === undefined ? 'cpu_usage_limit' : 'niu_cpu_usage_limit';
  const limit = limitIdle ?? limitInUse;
  const idleNames = named([limitName, limit], ['niu_max_ncpus_pct', part(coresIdle) < 1]);
  if (idleNames.length === 0) return;
  const idleShare = toShare(((limit ?? 100) / 100) * part(coresIdle ?? coresInUse));
  // A locked screen is no case of its own there.
  reading.take(idleNames, 'idle.share', idleShare);
  reading.take(idleNames, 'locked.share', idleShare);
}

/** Percent from above 0 to 100; BOINC takes 0 cores as all of them, and no limit of 0 at all. */
function percent(reading: Reading, name: string): number | undefined {
  const value = reading.number(name);
  if (value === undefined) return undefined;
  if (value > 0) return Math.min(100, value);
  if (name.endsWith('max_ncpus_pct')) return 100;
  reading.refuse(name, reading.text(name), 'BOINC itself takes no limit of 0');
  return undefined;
}

function named(...all: readonly (readonly [string, unknown])[]): string[] {
  return all.filter(([, given]) => given !== undefined && given !== false).map(([name]) => name);
}

/** The VM's memory is the same in use and idle: the smaller of the two, unless it never runs in use. */
function mapMemory(reading: Reading, { memoryBytes }: Computer): void {
  const busy = reading.number('ram_max_used_busy_pct');
  const idle = reading.number('ram_max_used_idle_pct');
  const bounds = [
    {
      name: 'ram_max_used_busy_pct',
      value: reading.switch('run_if_user_active') === false ? undefined : busy,
    },
    { name: 'ram_max_used_idle_pct', value: idle },
  ].flatMap(({ name, value }) => (value === undefined ? [] : [{ name, value: value === 0 ? 100 : value }]));
  const [least] = bounds.sort((a, b) => a.value - b.value);
  if (least === undefined) return;
  const bytes = Math.floor(((memoryBytes / MiB) * Math.min(100, least.value)) / 100) * MiB;
  if (bytes < 256 * MiB) {
    reading.refuse(least.name, reading.text(least.name), 'the VM needs at least 256 MiB');
  } else {
    reading.take([least.name], 'vm.memoryBytes', Math.min(maxBytes, bytes));
  }
}

function mapDisk(reading: Reading): void {
  const used = reading.number('disk_max_used_gb');
  if (used !== undefined) {
    const bytes = Math.round(used * GiB);
    if (used === 0) {
      reading.refuse(
        'disk_max_used_gb',
        reading.text('disk_max_used_gb'),
        'there it means no limit, here is always one',
      );
    } else if (bytes < 64 * MiB) {
      reading.refuse('disk_max_used_gb', reading.text('disk_max_used_gb'), 'a job needs at least 64 MiB');
    } else {
      reading.take(['disk_max_used_gb'], 'vm.diskBytes', Math.min(maxBytes, bytes));
    }
  }
  const free = reading.number('disk_min_free_gb');
  if (free !== undefined) {
    reading.take(['disk_min_free_gb'], 'pauseOn.diskFreeBelowBytes', Math.round(free * GiB));
  }
}

function mapSchedule(reading: Reading, { days }: BoincPreferences): void {
  const start = reading.number('start_hour');
  const end = reading.number('end_hour');
  const general = start === undefined && end === undefined ? undefined : { start: start ?? 0, end: end ?? 0 };
  const ofDay = new Map<number, Hours>();
  for (const day of days) tellDay(reading, day, ofDay);
  if (general === undefined && ofDay.size === 0) return;
  const names = [
    ...(general === undefined ? [] : named(['start_hour', start], ['end_hour', end])),
    ...(ofDay.size === 0 ? [] : ['day_prefs']),
  ];
  const hours = [...(general ? [general] : []), ...ofDay.values()];
  const bad = hours.some((span) => span.start > 24 || span.end > 24);
  const windows = bad ? undefined : windowsFrom(general, ofDay);
  if (windows === undefined || windows === null) {
    const why = bad ? 'a day has 24 hours' : 'it means never: turn contribution off instead';
    for (const name of names) reading.refuse(name, reading.text(name), why);
    return;
  }
  reading.take(names, 'schedule.windows', windows);
}

/** One `<day_prefs>`: its hours for work, into `ofDay`; those of the network have no equal. */
function tellDay(reading: Reading, day: ReadonlyMap<string, string>, ofDay: Map<number, Hours>): void {
  const words = [...day].map(([name, value]) => `${name} ${value}`).join(', ');
  const number = (name: string): number => Number(day.get(name) ?? '0');
  const at = Number(day.get('day_of_week') ?? 'NaN');
  const hours = { start: number('start_hour'), end: number('end_hour') };
  const isHours = [hours.start, hours.end].every((hour) => Number.isFinite(hour) && hour >= 0);
  if (!Number.isInteger(at) || at < 0 || at > 6 || !isHours) {
    reading.refuse('day_prefs', words, 'it is not understood');
  } else if (day.has('start_hour') || day.has('end_hour')) {
    ofDay.set(at, hours);
  }
  if (day.has('net_start_hour') || day.has('net_end_hour')) {
    reading.leave('day_prefs (network)', words);
  }
}

/** To hundredths, and never to nothing. */
function toShare(share: number): number {
  return Math.min(1, Math.max(0.01, Math.round(share * 100) / 100));
}

const shown = (text: string): string =>
  text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ').slice(0, 200);
