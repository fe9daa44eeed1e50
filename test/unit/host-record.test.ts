import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLog } from '../../electron/base/log.ts';
import { resolvePaths } from '../../electron/base/paths.ts';
import type { ActivityDay, SettingsLayer } from '../../electron/contract/index.ts';
import { createHost, type Host } from '../../electron/host.ts';
import { openDatabase } from '../../electron/ledger/database.ts';
import { fillLedger } from '../fakes/large-ledger.ts';
import { eventually } from '../fixtures/eventually.ts';
import { useTimeZones } from '../fixtures/time-zone.ts';

const setZone = useTimeZones();
const until = Date.UTC(2025, 10, 1);
let dir = '';
let host: Host | undefined;
beforeEach(() => {
  setZone('UTC');
  dir = mkdtempSync(join(tmpdir(), 'gleaner-host-'));
});
afterEach(async () => {
  await host?.stop();
  host = undefined;
  rmSync(dir, { recursive: true, force: true });
});

const paths = () => resolvePaths({ platform: 'linux', home: dir, uid: 0, env: { GLEANER_HOME: dir } });
const open = async (override: SettingsLayer = {}): Promise<Host> => {
  host = await createHost({
    paths: paths(),
    spawnWorker: () => {
      throw new Error('nothing is to be started');
    },
    imageSourceDir: () => Promise.reject(new Error('there are no images')),
    sampleDir: dir,
    profiles: {
      read: () => Promise.resolve({ defaults: null, locked: null }),
      watch: () => ({ dispose: () => undefined }),
    },
    override,
    version: '0.0.0',
    log: silentLog,
  });
  return host;
};
const today = (of: Host): Promise<ActivityDay> =>
  of.call('activity.day', { day: new Date().toISOString().slice(0, 10) });

test('a host tells of its ledger by period, by filter and as a statement, at the person’s price', async () => {
  const database = openDatabase(paths().databasePath);
  fillLedger(database, { entries: 500, until, days: 10 });
  database.close();
  const running = await open({ 'energy.pricePerKwh': 0.5, 'energy.currency': 'CHF' });
  const query = { from: until - 11 * 86_400_000, to: until + 1, by: 'day' } as const;
  const report = await running.call('earnings.report', query);
  expect(report).toMatchObject({ price: { perKwh: 0.5, currency: 'CHF' }, periods: { length: 12 } });
  expect(report.total.electricity).toBeCloseTo(report.total.energy.wattHours / 2000, 9);
  const page = await running.call('activity.page', { text: 'wu_', offset: 3, limit: 2 });
  expect(page).toMatchObject({ anchor: 500, offset: 3, newer: 0, entries: { length: 2 } });
  const list = await running.call('activity.list', { text: 'wu_', limit: 5 });
  expect(list.entries.slice(3).map(({ seq }) => seq)).toEqual(page.entries.map(({ seq }) => seq));
  const lines = async (stream: Promise<AsyncIterable<Uint8Array>>): Promise<number> => {
    let text = '';
    for await (const chunk of await stream) text += Buffer.from(chunk).toString();
    return text.split('\r\n').length - 2;
  };
  const csv = { format: 'csv' } as const;
  expect(await lines(running.download('activity.export', { ...csv, text: 'wu_' }))).toBe(page.total);
  expect(await lines(running.download('earnings.export', { ...csv, ...query }))).toBeGreaterThan(12);
  await expect(running.call('earnings.report', { ...query, from: 0 })).rejects.toMatchObject({
    code: 'bad-request',
  });
});

test('a host writes the timeline from its start to its end, and one for a single command does not', async () => {
  const single = await open();
  expect(await today(single)).toMatchObject({ recordedSince: null });
  await single.stop();

  const running = await open();
  await running.start();
  expect((await today(running)).segments.at(-1)).toMatchObject({
    state: 'waiting',
    reason: null,
    grid: null,
  });
  await running.call('pause', { length: 'manual' });
  await eventually(async () => {
    expect((await today(running)).segments.at(-1)).toMatchObject({ state: 'paused', reason: 'pause' });
  });
  await running.stop();

  const after = await open();
  const { segments, from } = await today(after);
  expect(segments[0]?.from).toBe(from);
  expect(segments.map(({ state }) => state).slice(-3)).toEqual(['waiting', 'paused', 'off']);
});
