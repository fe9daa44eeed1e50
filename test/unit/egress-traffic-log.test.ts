import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TrafficLog } from '../../electron/egress/traffic-log.ts';
import { type Database, openDatabase } from '../../electron/ledger/database.ts';
import { FakeClock } from '../fakes/fake-clock.ts';

const minute = 60_000;
const day = 24 * 60 * minute;
const zone = process.env['TZ'];
let dir = '';
let database: Database;
let clock: FakeClock;
let log: TrafficLog;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gleaner-traffic-'));
  database = openDatabase(join(dir, 'gleaner.db'));
  // Noon, wherever this runs.
  clock = new FakeClock(new Date(2026, 4, 12, 12).getTime());
  log = new TrafficLog(database, clock);
});
afterEach(() => {
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
  database.close();
  rmSync(dir, { recursive: true, force: true });
});

const move = (bytes: number): void => {
  log.add('boinc-a', [{ host: 'a.example', sent: bytes, received: 0 }]);
};
const at = (...when: [number, number, number, number, number]): void => {
  clock.jump(new Date(...when).getTime() - clock.now());
};

describe('what counts', () => {
  test('for a month and a day begins anew at local midnight', () => {
    at(2026, 4, 31, 23, 59);
    move(10);
    expect(log.totals()).toEqual({ today: 10, month: 10 });
    clock.advance(2 * minute);
    expect(log.totals()).toEqual({ today: 0, month: 0 });
    move(1);
    clock.advance(day);
    move(2);
    expect(log.totals()).toEqual({ today: 2, month: 3 });
  });

  test('follows the time zone that the computer is in', () => {
    process.env['TZ'] = 'Asia/Tokyo';
    clock = new FakeClock(Date.UTC(2026, 4, 31, 14, 30));
    log = new TrafficLog(database, clock);
    move(10);
    // Half an hour to June.
    clock.advance(31 * minute);
    expect(log.totals()).toEqual({ today: 0, month: 0 });
    move(1);
    process.env['TZ'] = 'America/New_York';
    // It is still the 31st of May there.
    expect(log.totals()).toEqual({ today: 10, month: 10 });
    move(2);
    expect(log.totals()).toEqual({ today: 12, month: 12 });
    expect(log.hosts(10)).toMatchObject([{ sent: 12 }]);
    clock.advance(day);
    expect(log.totals()).toEqual({ today: 1, month: 1 });
  });
});

describe('a wall clock that is wrong for a while', () => {
  test.each([
    ['ahead by 400 days', 400 * day],
    ['ahead by a day', day],
    ['back by 400 days', -400 * day],
    ['at the beginning of its time', -new Date(2026, 4, 12, 12).getTime()],
  ])('%s neither uses up the month nor erases it', (_, ms) => {
    move(10);
    clock.jump(ms);
    move(1_000_000);
    clock.jump(-ms);
    expect(log.totals()).toEqual({ today: 10, month: 10 });
    expect(log.hosts(10)).toMatchObject([{ host: 'a.example', sent: 10 }]);
    // It is booked all the same.
    expect(log.take('boinc-a')?.hosts).toEqual([{ host: 'a.example', sent: 1_000_010, received: 0 }]);
  });

  test('forgets nothing of the month however often it jumps', () => {
    for (let n = 0; n < 30; n += 1) {
      move(1);
      clock.jump(400 * day);
      if (n % 4 === 0) move(1000);
      clock.jump(-400 * day);
      clock.advance(day);
      if (new Date(clock.now()).getDate() === 1) expect(log.totals().month).toBe(0);
    }
    // From the first of June on.
    expect(log.totals().month).toBe(new Date(clock.now()).getDate() - 1);
  });
});

test('only so many days are kept', () => {
  for (let n = 0; n < 100; n += 1) {
    move(1);
    clock.advance(day);
  }
  expect(database.get('SELECT count(*) AS n, max(day) AS day FROM traffic')).toMatchObject({ n: 40 });
  expect(log.hosts(10)).toMatchObject([{ sent: 30 }]);
});
