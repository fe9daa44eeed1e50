import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLog } from '../../electron/base/log.ts';
import type { Allowance, ReasonCode, YieldRecord } from '../../electron/contract/policy.ts';
import { plainly } from '../../electron/contract/said.ts';
import { noSignals } from '../../electron/contract/signals.ts';
import { Yields } from '../../electron/host/yields.ts';
import { type Database, openDatabase } from '../../electron/ledger/database.ts';
import { percentile, totalMs, YieldLog } from '../../electron/ledger/yield-log.ts';
import { systemProcesses } from '../../electron/vm/proc.ts';
import { watchQuiet } from '../../electron/vm/quiet.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { fakeReason } from '../fakes/fake-contribution.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));
const dayMs = 86_400_000;

function allowance(code: ReasonCode): Allowance {
  return {
    run: false,
    rung: 'frozen',
    share: 0,
    vcpus: 1,
    memoryBytes: 1,
    network: false,
    reason: 'Paused.',
    organization: null,
    reasons: [fakeReason(code, plainly('reason.call'))],
  };
}

test('a yield is measured from the input to a QEMU that uses no CPU', async () => {
  const clock = new FakeClock();
  clock.advance(1000);
  const kept: YieldRecord[] = [];
  const yields = new Yields({
    keep: (record) => kept.push(record),
    signals: () => ({ ...noSignals, lastInputAt: 990, inputSource: 'polled', inputPollMs: 250 }),
    stoppedSince: () => 1000,
    watchQuiet: () => Promise.resolve(1012),
    clock,
    onChange: () => undefined,
    log: silentLog,
  });
  let froze: () => void = () => undefined;
  yields.measure(
    allowance('input'),
    new Promise<void>((resolve) => {
      froze = resolve;
    }),
  );
  clock.advance(4);
  froze();
  await settled();
  expect(kept).toEqual([
    {
      at: clock.now(),
      cause: 'input',
      stoppedMs: 14,
      quietMs: 22,
      polledMs: 250,
      inputSource: 'polled',
    },
  ]);
  expect(kept.map(totalMs)).toEqual([272]);
});

test('another cause counts from the decision, and a VM that ends instead is no yield', async () => {
  const clock = new FakeClock();
  clock.advance(1000);
  const kept: YieldRecord[] = [];
  const yields = new Yields({
    keep: (record) => kept.push(record),
    signals: () => ({ ...noSignals, lastInputAt: 1, inputSource: 'x11' }),
    stoppedSince: () => 997,
    watchQuiet: () => Promise.resolve(null),
    clock,
    onChange: () => undefined,
    log: silentLog,
  });
  yields.measure(allowance('call'), Promise.resolve());
  yields.measure(allowance('call'), Promise.reject(new Error('gone')));
  await settled();
  expect(kept).toMatchObject([
    { cause: 'call', stoppedMs: 3, quietMs: null, polledMs: 0, inputSource: null },
  ]);
});

let dir = '';
let database: Database;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gleaner-yields-'));
  database = openDatabase(join(dir, 'test.db'));
});
afterEach(() => {
  database.close();
  rmSync(dir, { recursive: true });
});

const record = (at: number, quietMs: number): YieldRecord => ({
  at,
  cause: 'input',
  stoppedMs: 1,
  quietMs,
  polledMs: 0,
  inputSource: 'x11',
});

test('what was measured outlives a restart, for 30 days', () => {
  const now = 100 * dayMs;
  const log = new YieldLog(database, now);
  log.add(record(now - 29 * dayMs, 500));
  for (let ms = 1; ms <= 19; ms += 1) log.add(record(now, ms));
  const again = new YieldLog(database, now);
  expect(again.stats(now)).toEqual({ count: 20, lastMs: 19, p50Ms: 10, p95Ms: 19 });
  expect(again.stats(now + 2 * dayMs)).toMatchObject({ count: 19 });
  const report = again.report(now);
  expect(report.histogram.filter(({ count }) => count > 0)).toEqual([
    { upToMs: 10, count: 10 },
    { upToMs: 20, count: 9 },
  ]);
  expect(report.latest[0]).toEqual(record(now, 19));
});

test('the histogram holds every yield once', () => {
  const log = new YieldLog(database, 0);
  for (const ms of [0, 10, 10.1, 299, 301, 4999, 1e6]) log.add(record(1, ms));
  const { histogram, stats } = log.report(1);
  expect(histogram.reduce((sum, { count }) => sum + count, 0)).toBe(stats.count);
  expect(histogram.at(-1)).toEqual({ upToMs: null, count: 1 });
});

test('percentiles are by nearest rank', () => {
  expect(percentile([], 0.5)).toBeNull();
  expect(percentile([5], 0.95)).toBe(5);
  expect(percentile([4, 1, 3, 2], 0.5)).toBe(2);
  const hundred = Array.from({ length: 100 }, (_, i) => i + 1);
  expect(percentile(hundred, 0.95)).toBe(95);
});

test('a process counts as quiet when its CPU time stands still, and never when it does not', async () => {
  const clock = new FakeClock();
  const used = { ns: 0 };
  const table = { ...systemProcesses, onCpuNs: () => used.ns };
  const quiet = watchQuiet(1, table, clock);
  for (let ms = 0; ms < 10; ms += 1) {
    used.ns += 1;
    clock.advance(2);
  }
  clock.advance(60);
  expect(await quiet).toBe(20);
  expect(clock.pending).toBe(0);

  const busy = watchQuiet(1, { ...table, onCpuNs: () => (used.ns += 1) }, clock);
  clock.advance(4000);
  expect(await busy).toBeNull();
  expect(await watchQuiet(1, { ...table, onCpuNs: () => undefined }, clock)).toBeNull();
});

test.runIf(process.platform === 'linux')('the time on a CPU of a real process grows', () => {
  const before = systemProcesses.onCpuNs(process.pid) ?? 0;
  const until = performance.now() + 20;
  while (performance.now() < until);
  expect(systemProcesses.onCpuNs(process.pid)).toBeGreaterThan(before);
  expect(systemProcesses.onCpuNs(2 ** 30)).toBeUndefined();
});
