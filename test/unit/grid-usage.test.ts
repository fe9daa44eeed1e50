import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { UsageWindow } from '../../electron/grid/usage.ts';
import { type Database, openDatabase } from '../../electron/ledger/database.ts';
import { FakeClock } from '../fakes/fake-clock.ts';

const hour = 3_600_000;
let dir = '';
let database: Database;
let clock: FakeClock;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gleaner-usage-'));
  database = openDatabase(join(dir, 'gleaner.db'));
  clock = new FakeClock();
});
afterEach(() => {
  database.close();
  rmSync(dir, { recursive: true, force: true });
});

test('adds up a day and forgets what is older, for each grid', () => {
  const usage = new UsageWindow(database, clock);
  usage.add('a', 5000);
  usage.add('b', 1000);
  clock.advance(20 * hour);
  usage.add('a', 2000);
  expect(usage.seconds('a')).toBe(7);
  expect(usage.seconds('b')).toBe(1);
  clock.advance(5 * hour);
  expect(usage.seconds('a')).toBe(2);
  expect(usage.seconds('b')).toBe(0);
});

test('outlives the host, and keeps no more than a day and an hour', () => {
  const usage = new UsageWindow(database, clock);
  for (let n = 0; n < 100; n += 1) {
    usage.add('a', 1000);
    clock.advance(hour);
  }
  expect(new UsageWindow(database, clock).seconds('a')).toBe(0);
  usage.flush();
  expect(new UsageWindow(database, clock).seconds('a')).toBe(usage.seconds('a'));
  expect(usage.seconds('a')).toBe(23);
  expect(Number(database.get('SELECT count(*) AS n FROM grid_usage')?.['n'])).toBeLessThanOrEqual(25);
});

test('a clock that was set back does not count what is yet to come', () => {
  const usage = new UsageWindow(database, clock);
  usage.add('a', 5000);
  clock.jump(-48 * hour);
  expect(usage.seconds('a')).toBe(0);
  usage.add('a', 1000);
  expect(usage.seconds('a')).toBe(1);
});
