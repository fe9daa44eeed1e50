import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../electron/base/log.ts';
import { resolvePaths } from '../../electron/base/paths.ts';
import { styleFor } from '../../electron/cli/io.ts';
import { runProgram } from '../../electron/cli/program.ts';
import { showActivity, showDay } from '../../electron/cli/show-activity.ts';
import { formatEnergy, showEarnings } from '../../electron/cli/show-earnings.ts';
import { serveSocket } from '../../electron/control/socket-server.ts';
import { FakeHost, fakeEntry } from '../fakes/fake-host.ts';
import { fakeDay, fakeEarnings } from '../fakes/fake-record.ts';
import { testProgram } from '../fixtures/test-program.ts';
import { useTimeZones } from '../fixtures/time-zone.ts';
import { memoryIo, type Ran, useFolder } from './cli-fixture.ts';

const home = useFolder();
const setZone = useTimeZones();
const paths = () => resolvePaths({ platform: 'linux', home: home(), uid: 0, env: { GLEANER_HOME: home() } });
const now = new Date('2025-03-31T08:00:00Z').getTime();
const look = { style: styleFor(false, {}), now, bars: false };
let host: FakeHost;
let close: () => Promise<void>;

beforeEach(async () => {
  setZone('Europe/Berlin');
  host = new FakeHost();
  const server = await serveSocket({ api: host, paths: paths(), log: silentLog });
  close = async () => {
    await server.dispose();
  };
});
afterEach(async () => {
  await close();
});

const run = async (...argv: readonly string[]): Promise<Ran> => {
  const io = { ...memoryIo(), now: () => now };
  let stdout = '';
  let stderr = '';
  io.out = (text) => {
    stdout += Buffer.from(text).toString();
    return Promise.resolve();
  };
  io.err = (text) => {
    stderr += text;
  };
  const code = await runProgram(argv, { io, paths: paths(), program: testProgram });
  return { code, stdout, stderr };
};
const asked = (): unknown => host.asked.at(-1);
const berlin = (text: string): number => new Date(`${text}+02:00`).getTime();

describe('gleaner earnings', () => {
  it('asks for whole local periods until today, or for what was named', async () => {
    expect((await run('earnings')).code).toBe(0);
    expect(asked()).toEqual({
      name: 'earnings.report',
      input: {
        from: new Date('2025-03-02T00:00+01:00').getTime(),
        to: berlin('2025-04-01T00:00'),
        by: 'day',
      },
    });
    await run('earnings', '--by', 'week', '--to', '2025-03-30');
    // Twelve weeks, the last of which ends with the Sunday that was named.
    expect(asked()).toMatchObject({
      input: {
        from: new Date('2025-01-06T00:00+01:00').getTime(),
        to: berlin('2025-03-31T00:00'),
        by: 'week',
      },
    });
    await run('earnings', '--by', 'month', '--from', '2025-03-31', '--to', '2025-03-31', '--grid', 'local');
    expect(asked()).toMatchObject({
      input: { from: berlin('2025-03-31T00:00'), to: berlin('2025-04-01T00:00'), by: 'month', grid: 'local' },
    });
    expect(JSON.parse((await run('earnings', '--json')).stdout)).toEqual(host.earnings);
  });

  it('exports with the same options, which are the export’s own', async () => {
    const file = join(home(), 'statement.csv');
    const saved = await run(
      'earnings',
      'export',
      '--csv',
      '--by',
      'month',
      '--from',
      '2025-03-01',
      '-o',
      file,
    );
    expect(saved).toMatchObject({ code: 0, stdout: '' });
    expect(await readFile(file, 'utf8')).toBe('some bytes');
    expect(asked()).toMatchObject({ name: 'earnings.export', input: { by: 'month', format: 'csv' } });
    expect((await run('earnings', 'export', '--json')).stdout).toBe('some bytes');
    expect(asked()).toMatchObject({ input: { by: 'day', format: 'json' } });
  });

  it('shows what was booked, and how its energy is known', () => {
    const text = showEarnings(fakeEarnings(), look);
    expect(text.split('\n')).toEqual([
      'PERIOD      JOBS         CPU  ENERGY  COST       GRID           SETTLED    PENDING   OBSERVED',
      '2025-03-30  3, 1 failed  2 h  20 Wh   0.006 EUR  boinc-example                       120.5 cobblestones',
      '                                                 local          15 points  2 points',
      'all         3, 1 failed  2 h  20 Wh   0.006 EUR  boinc-example                       120.5 cobblestones',
      '                                                 local          15 points  2 points',
      '',
      'Energy is an estimate, by CPU time and watts per core.',
      "Its cost is at today's price, 0.32 EUR per kWh.",
    ]);
    const { periods, ...report } = fakeEarnings();
    expect(showEarnings({ ...report, periods: periods.slice(1) }, look)).toBe(
      'Nothing was booked in this time.',
    );
    expect(showEarnings({ ...fakeEarnings(), price: null }, look)).toContain('energy.pricePerKwh');
    expect([formatEnergy(0.04), formatEnergy(12.4), formatEnergy(1254)]).toEqual([
      '0 Wh',
      '12 Wh',
      '1.25 kWh',
    ]);
  });
});

describe('gleaner activity', () => {
  it('asks for what fits', async () => {
    const list = [
      'activity',
      '--grid',
      'local',
      '--kind',
      'attempt',
      '--outcome',
      'done',
      '-s',
      'Größe 100%',
    ];
    expect(
      (await run(...list, '--from', '2025-03-30', '--to', '2025-03-30', '--before', '9', '-n', '2')).code,
    ).toBe(0);
    expect(asked()).toEqual({
      name: 'activity.list',
      input: {
        ...{ grid: 'local', kind: 'attempt', outcome: 'done', text: 'Größe 100%', before: 9, limit: 2 },
        from: new Date('2025-03-30T00:00+01:00').getTime(),
        to: berlin('2025-03-31T00:00'),
      },
    });
    host.entries = [1, 2, 3].map((seq) => ({ ...fakeEntry(), seq }));
    const page = await run('activity', '-n', '2');
    expect(page.stdout).toContain('2 of 3 entries. The next ones: --before 2\n');
    expect(JSON.parse((await run('activity', '--json')).stdout)).toMatchObject({ total: 3, next: null });
    expect(showActivity({ entries: [], total: 0, next: null }, look)).toBe('Nothing fits.');
    await run('activity', 'export', '--csv', '--outcome', 'failed');
    expect(asked()).toEqual({ name: 'activity.export', input: { outcome: 'failed', format: 'csv' } });
  });

  it('tells a day', async () => {
    await run('activity', 'day');
    expect(asked()).toEqual({ name: 'activity.day', input: { day: '2025-03-31' } });
    await run('activity', 'day', '2025-01-02');
    expect(asked()).toEqual({ name: 'activity.day', input: { day: '2025-01-02' } });
    const day = fakeDay('2025-03-31', berlin('2025-03-31T00:00'));
    expect(showDay(day, look).split('\n')).toEqual([
      'FROM      TO        STATE    WHY       GRID',
      '00:00:00  06:00:00  off',
      '06:00:00  07:00:00  waiting  schedule',
      '07:00:00  09:00:00  worked             local',
      '09:00:00  09:30:00  yielded  input',
      '09:30:00  10:00:00  worked             local',
      '',
      '2025-03-31: worked 2 h 30 min, yielded 30 min, waiting 1 h, off 6 h.',
    ]);
    expect(showDay({ ...day, segments: [] }, look)).toBe('2025-03-31 is yet to come.');
    expect(showDay({ ...day, recordedSince: null }, look)).toBe('Of 2025-03-31 there is no record.');
  });
});

it('knows how they are used', async () => {
  const wrong = [
    ['earnings', '--by', 'year'],
    ['earnings', '--from', '2025-02-30'],
    ['earnings', '--from', '2025-03-02', '--to', '2025-03-01'],
    ['earnings', 'export'],
    ['earnings', 'export', '--csv', '--json'],
    ['activity', '--outcome', 'good'],
    ['activity', '--limit', '501'],
    ['activity', 'nonsense'],
    ['activity', 'day', 'today'],
    ['activity', 'export'],
  ];
  for (const argv of wrong) expect(await run(...argv), argv.join(' ')).toMatchObject({ code: 2, stdout: '' });
  expect(await run('activity', '--grid', 'no such grid')).toMatchObject({ code: 5 });
  expect(host.asked).toEqual([]);
});
