import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ImportReport } from '../../electron/contract/commands.ts';
import { toFailure } from '../../electron/contract/failures.ts';
import { settingTypes } from '../../electron/contract/settings.ts';
import { importBoinc } from '../../electron/settings/boinc/import.ts';
import { windowsFrom } from '../../electron/settings/boinc/schedule.ts';

const GiB = 1024 ** 3;
const computer = { cores: 8, memoryBytes: 16 * GiB };
const fixture = async (name: string): Promise<string> =>
  await readFile(join(import.meta.dirname, '../fixtures/boinc', name), 'utf8');
const read = async (...inside: readonly string[]): Promise<ImportReport> =>
  await importBoinc(`<global_preferences>${inside.join('\n')}</global_preferences>`, computer);
/** What became of them, by key. */
const becameOf = ({ taken }: ImportReport): Record<string, unknown> =>
  Object.fromEntries(taken.map(({ key, became }) => [key, became]));
const values = async (...inside: readonly string[]): Promise<Record<string, unknown>> =>
  becameOf(await read(...inside));

describe('whole files', () => {
  test('global_prefs.xml, as a project sends it', async () => {
    const report = await importBoinc(await fixture('global_prefs.xml'), computer);
    expect(ImportReport.parse(report)).toEqual(report);
    expect(becameOf(report)).toEqual({
      // A complete file leaves out what is no.
      'battery.aboveCharge': null,
      'idle.afterSeconds': 180,
      'pauseOn.load': 0.25,
      'vm.vcpus': 4,
      'inUse.share': 0.8,
      'idle.share': 0.8,
      'locked.share': 0.8,
      'vm.memoryBytes': 4 * GiB,
      'vm.diskBytes': 20 * GiB,
      'pauseOn.diskFreeBelowBytes': GiB,
    });
    expect(report.taken).toContainEqual({
      from: 'run_if_user_active and cpu_usage_limit',
      value: ' and 80',
      key: 'inUse.share',
      became: 0.8,
    });
    expect(report.refused).toEqual([
      { from: 'venue', value: 'home', why: 'which place this computer belongs to is not in the file' },
    ]);
    expect(report.unequalled.map(({ from }) => from)).toEqual([
      'run_gpu_if_user_active',
      'suspend_if_no_recent_input',
      'leave_apps_in_memory',
      'confirm_before_connecting',
      'hangup_if_dialed',
      'work_buf_min_days',
      'work_buf_additional_days',
      'cpu_scheduling_period_minutes',
      'disk_interval',
      'disk_max_used_pct',
      'vm_max_used_pct',
      'ram_max_used_idle_pct',
      'max_bytes_sec_up',
      'max_bytes_sec_down',
      'daily_xfer_limit_mb',
      'daily_xfer_period_days',
    ]);
  });

  test('global_prefs_override.xml, as BOINC Manager writes it', async () => {
    const report = await importBoinc(await fixture('global_prefs_override.xml'), computer);
    expect(ImportReport.parse(report)).toEqual(report);
    expect(becameOf(report)).toEqual({
      'battery.aboveCharge': 0,
      'idle.afterSeconds': 450,
      'pauseOn.load': null,
      'vm.vcpus': 8,
      'inUse.share': 0,
      'idle.share': 0.6,
      'locked.share': 0.6,
      // It never runs while the computer is used, so that only the bound for idle hours counts.
      'vm.memoryBytes': Math.floor((16 * 1024 * 90) / 100) * 1024 ** 2,
      'pauseOn.diskFreeBelowBytes': Math.round(0.1 * GiB),
      'schedule.windows': [
        { days: ['sun'], from: '00:00', to: '24:00' },
        { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '00:00', to: '06:30' },
        { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '22:00', to: '24:00' },
      ],
    });
    expect(report.refused).toEqual([
      { from: 'disk_max_used_gb', value: '0.000000', why: 'there it means no limit, here is always one' },
    ]);
    const unequalled = report.unequalled.map(({ from }) => from);
    for (const name of ['net_start_hour', 'net_end_hour', 'daily_xfer_limit_mb', 'max_bytes_sec_up']) {
      expect(unequalled).toContain(name);
    }
    expect(unequalled.filter((name) => name.startsWith('day_prefs'))).toEqual(['day_prefs (network)']);
  });

  test('every field is told about exactly once, except by what becomes two settings', async () => {
    for (const name of ['global_prefs.xml', 'global_prefs_override.xml']) {
      const xml = await fixture(name);
      const { taken, refused, unequalled } = await importBoinc(xml, computer);
      const told = [
        ...taken.filter(({ key }) => key !== 'locked.share').flatMap(({ from }) => from.split(' and ')),
        ...refused.map(({ from }) => from),
        ...unequalled.map(({ from }) => from),
      ];
      const outer = xml
        .replace(/<day_prefs>[^]*<\/day_prefs>/, '<day_prefs/>')
        .replace(/<venue[^]*<\/venue>/, '<venue/>')
        .matchAll(/<([a-z_]+)(?=[ />])/g);
      const bookkeeping = ['global_preferences', 'source_project', 'source_scheduler', 'mod_time'];
      for (const [, field = ''] of outer) {
        if (!bookkeeping.includes(field)) expect(told, `${name}: ${field}`).toContain(field);
      }
    }
  });
});

describe('single fields', () => {
  test('cores and limits of CPU time become vCPUs and shares', async () => {
    expect(await values('<max_ncpus_pct>40</max_ncpus_pct>')).toEqual({ 'vm.vcpus': 3 });
    expect(await values('<max_ncpus_pct>1</max_ncpus_pct>')).toEqual({ 'vm.vcpus': 1 });
    expect(await values('<max_ncpus_pct>0</max_ncpus_pct>')).toEqual({ 'vm.vcpus': 8 });
    expect(await values('<cpu_usage_limit>50</cpu_usage_limit>')).toEqual({
      'inUse.share': 0.5,
      'idle.share': 0.5,
      'locked.share': 0.5,
    });
    // Half of the cores at 50 % in use, all of them at 80 % when not.
    expect(
      await values(
        '<max_ncpus_pct>50</max_ncpus_pct><niu_max_ncpus_pct>100</niu_max_ncpus_pct>',
        '<cpu_usage_limit>50</cpu_usage_limit><niu_cpu_usage_limit>80</niu_cpu_usage_limit>',
      ),
    ).toEqual({ 'vm.vcpus': 8, 'inUse.share': 0.25, 'idle.share': 0.8, 'locked.share': 0.8 });
    expect(
      await values('<max_ncpus_pct>100</max_ncpus_pct><niu_max_ncpus_pct>50</niu_max_ncpus_pct>'),
    ).toEqual({ 'vm.vcpus': 8, 'idle.share': 0.5, 'locked.share': 0.5 });
    expect(
      await values('<run_if_user_active>0</run_if_user_active><cpu_usage_limit>50</cpu_usage_limit>'),
    ).toEqual({
      'inUse.share': 0,
      'idle.share': 0.5,
      'locked.share': 0.5,
    });
    expect(await values('<run_if_user_active>1</run_if_user_active>')).toEqual({ 'inUse.share': 1 });
    expect((await read('<cpu_usage_limit>0</cpu_usage_limit>')).refused).toHaveLength(1);
  });

  test('bounds are kept within what a setting may hold', async () => {
    expect(await values('<idle_time_to_run>0.01</idle_time_to_run>')).toEqual({ 'idle.afterSeconds': 5 });
    expect(await values('<suspend_cpu_usage>100</suspend_cpu_usage>')).toEqual({ 'pauseOn.load': 1 });
    expect(await values('<disk_max_used_gb>100000</disk_max_used_gb>')).toEqual({
      'vm.diskBytes': 1024 * GiB,
    });
    expect((await read('<disk_max_used_gb>0.001</disk_max_used_gb>')).refused).toMatchObject([
      { why: 'a job needs at least 64 MiB' },
    ]);
    expect((await read('<ram_max_used_idle_pct>1</ram_max_used_idle_pct>')).refused).toMatchObject([
      { why: 'the VM needs at least 256 MiB' },
    ]);
    expect(await values('<ram_max_used_idle_pct>50</ram_max_used_idle_pct>')).toEqual({
      'vm.memoryBytes': 8 * GiB,
    });
  });

  test('what is not understood is refused by name, and nothing else with it', async () => {
    const { taken, refused, unequalled } = await read(
      '<idle_time_to_run>soon</idle_time_to_run>',
      '<suspend_cpu_usage>-1</suspend_cpu_usage>',
      '<disk_min_free_gb/>',
      '<run_on_batteries>maybe</run_on_batteries>',
      '<run_if_user_active>maybe</run_if_user_active>',
      '<turbo>1</turbo>',
      '<start_hour>25</start_hour><end_hour>3</end_hour>',
      '<max_ncpus_pct>50</max_ncpus_pct>',
    );
    expect(taken.map(({ key }) => key)).toEqual(['vm.vcpus']);
    expect(refused.map(({ from }) => from)).toEqual([
      'run_on_batteries',
      'idle_time_to_run',
      'suspend_cpu_usage',
      'run_if_user_active',
      'disk_min_free_gb',
      'start_hour',
      'end_hour',
    ]);
    expect(unequalled).toHaveLength(1);
  });

  test('a field that comes twice counts as it came last', async () => {
    expect(
      await values('<idle_time_to_run>1</idle_time_to_run><idle_time_to_run>2</idle_time_to_run>'),
    ).toEqual({
      'idle.afterSeconds': 120,
    });
  });

  test('nothing is taken from nothing', async () => {
    expect(await read('<!-- nothing -->')).toEqual({ taken: [], refused: [], unequalled: [] });
    expect(await importBoinc('<global_preferences/>', computer)).toEqual({
      taken: [],
      refused: [],
      unequalled: [],
    });
  });

  test('whatever numbers stand there, what is taken fits', async () => {
    const names = [
      ...['idle_time_to_run', 'suspend_cpu_usage', 'max_ncpus_pct', 'niu_max_ncpus_pct', 'cpu_usage_limit'],
      ...['niu_cpu_usage_limit', 'ram_max_used_idle_pct', 'ram_max_used_busy_pct', 'disk_max_used_gb'],
      ...['disk_min_free_gb', 'start_hour', 'end_hour', 'run_if_user_active'],
    ];
    const field = fc.tuple(
      fc.constantFrom(...names),
      fc.oneof(fc.double(), fc.integer({ min: 0, max: 100 }), fc.string()),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(field), async (fields) => {
        const inside = fields.map(
          ([name, value]) => `<${name}>${String(value).replace(/[<&]/g, '')}</${name}>`,
        );
        for (const { key, became } of (await read(...inside)).taken) {
          expect(settingTypes[key].safeParse(became).success).toBe(true);
        }
      }),
    );
  });
});

describe('hours', () => {
  const week = (...days: readonly (readonly [number, number, number])[]) =>
    new Map(days.map(([day, start, end]) => [day, { start, end }]));

  test('become windows', () => {
    const all = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
    expect(windowsFrom({ start: 0, end: 0 }, week())).toEqual([]);
    expect(windowsFrom({ start: 0, end: 24 }, week())).toEqual([]);
    expect(windowsFrom({ start: 7, end: 7 }, week())).toEqual([]);
    expect(windowsFrom({ start: 24, end: 0 }, week())).toBeNull();
    expect(windowsFrom({ start: 8.5, end: 17 }, week())).toEqual([{ days: all, from: '08:30', to: '17:00' }]);
    expect(windowsFrom({ start: 22, end: 6 }, week())).toEqual([{ days: all, from: '22:00', to: '06:00' }]);
    // On other days it is always.
    expect(windowsFrom(undefined, week([1, 9, 10]))).toEqual([
      { days: ['tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: '00:00', to: '24:00' },
      { days: ['mon'], from: '09:00', to: '10:00' },
    ]);
    expect(windowsFrom({ start: 24, end: 0 }, week([0, 1, 2]))).toEqual([
      { days: ['sun'], from: '01:00', to: '02:00' },
    ]);
  });

  test('that mean never are refused', async () => {
    const { refused } = await read('<start_hour>24</start_hour><end_hour>0</end_hour>');
    expect(refused.map(({ why }) => why)).toEqual(
      Array(2).fill('it means never: turn contribution off instead'),
    );
  });

  test('that are not understood are refused, with what they were', async () => {
    const { refused, taken } = await read(
      '<day_prefs><day_of_week>9</day_of_week><start_hour>1</start_hour></day_prefs>',
      '<day_prefs><start_hour>1</start_hour></day_prefs>',
      '<day_prefs><day_of_week>1</day_of_week><start_hour>x</start_hour></day_prefs>',
    );
    expect(refused).toEqual([
      { from: 'day_prefs', value: 'day_of_week 9, start_hour 1', why: 'it is not understood' },
      { from: 'day_prefs', value: 'start_hour 1', why: 'it is not understood' },
      { from: 'day_prefs', value: 'day_of_week 1, start_hour x', why: 'it is not understood' },
    ]);
    expect(taken).toEqual([]);
  });
});

describe('hostile files', () => {
  test.each([
    ['', 'no <global_preferences>'],
    ['no XML', 'no <global_preferences>'],
    ['<html></html>', 'no <global_preferences>'],
    ['<global_preferences><start_hour>1', ''],
    ['<global_preferences><start_hour>1</start_hour>', ''],
    ['<global_preferences><__proto__>1</__proto__></global_preferences>', 'reserved'],
    [' '.repeat(256 * 1024 + 1), 'larger than 256 KiB'],
    ['<!DOCTYPE x><global_preferences></global_preferences>', 'document type'],
    ['<!ENTITY a "b"><global_preferences></global_preferences>', 'document type'],
    [`<global_preferences>${'<a>'.repeat(1000)}${'</a>'.repeat(1000)}</global_preferences>`, 'nested'],
  ])('are refused: %#', async (xml, words) => {
    const failure = await importBoinc(xml, computer).then(() => undefined, toFailure);
    expect(failure).toMatchObject({ code: 'bad-request' });
    expect(failure?.sentence.toLowerCase()).toContain(words.toLowerCase());
  });

  test('with entities have them left as they are', async () => {
    const { unequalled } = await read('<note>&lt;b&gt; &#27;[2J &boom;</note>', '<other>\u001b[2J</other>');
    expect(unequalled).toEqual([
      { from: 'note', value: '&lt;b&gt; &#27;[2J &boom;' },
      { from: 'other', value: ' [2J' },
    ]);
  });

  test('answer in time that grows with their size only', async () => {
    const many = Array.from({ length: 10_000 }, (_, at) => `<f${at}>1</f${at}>`);
    expect((await read(...many)).unequalled).toHaveLength(10_000);
    const { refused } = await read(
      ...Array.from({ length: 4000 }, (_, at) => `<venue name="${at % 3000}"></venue>`),
    );
    expect(refused).toHaveLength(3000);
  });
});
