import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLog } from '../../electron/base/log.ts';
import { ActivityDay, type TimelineMoment } from '../../electron/contract/index.ts';
import { momentOf, TimelineWriter } from '../../electron/host/timeline.ts';
import { type Database, openDatabase } from '../../electron/ledger/database.ts';
import { type Known, segmentsOf } from '../../electron/ledger/timeline-day.ts';
import { TimelineLog } from '../../electron/ledger/timeline-log.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { fakeReason } from '../fakes/fake-contribution.ts';
import { useTimeZones } from '../fixtures/time-zone.ts';

const setZone = useTimeZones();
const minute = 60_000;
const hour = 60 * minute;
const worked: TimelineMoment = { state: 'worked', reason: null, grid: 'local' };
const yielded: TimelineMoment = { state: 'yielded', reason: 'input', grid: null };
const paused: TimelineMoment = { state: 'paused', reason: 'pause', grid: null };
const off: TimelineMoment = { state: 'off', reason: null, grid: null };

describe('segments', () => {
  const known = fc.array(
    fc
      .tuple(fc.integer({ min: -50, max: 150 }), fc.nat(80), fc.constantFrom(worked, yielded, paused))
      .map(([at, length, moment]): Known => ({ at, until: at + length, moment })),
    { maxLength: 12 },
  );

  test('cover a time exactly, each unlike the one before, with what is known last', () => {
    fc.assert(
      fc.property(known, fc.integer({ min: 0, max: 100 }), (any, to) => {
        const rows = [...any].sort((a, b) => a.at - b.at);
        const segments = segmentsOf(rows, { from: 0, to });
        expect(segments.reduce((sum, one) => sum + one.to - one.from, 0)).toBe(to);
        for (const [index, segment] of segments.entries()) {
          expect(segment.from).toBe(index === 0 ? 0 : segments[index - 1]?.to);
          expect(segment.to).toBeGreaterThan(segment.from);
          if (index > 0)
            expect({ ...segment, from: 0, to: 0 }).not.toEqual({ ...segments[index - 1], from: 0, to: 0 });
        }
        for (let at = 0; at < to; at += 1) {
          const row = rows.findLast((one) => one.at <= at);
          const expected = row && at < row.until ? row.moment : off;
          expect(segments.find((one) => one.from <= at && at < one.to)).toMatchObject(expected);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('the timeline', () => {
  let dir = '';
  let database: Database;
  let clock: FakeClock;
  let log: TimelineLog;
  const midnight = (): number => new Date(2025, 9, 26).getTime();
  beforeEach(() => {
    setZone('Europe/Berlin');
    dir = mkdtempSync(join(tmpdir(), 'gleaner-timeline-'));
    database = openDatabase(join(dir, 'gleaner.db'));
    clock = new FakeClock(midnight());
    log = new TimelineLog(database);
  });
  afterEach(() => {
    database.close();
    rmSync(dir, { recursive: true, force: true });
  });
  const day = (date = '2025-10-26'): ActivityDay => {
    const value = log.day(date, clock.now());
    expect(ActivityDay.parse(value)).toEqual(value);
    return value;
  };
  /** Hours since midnight and states. */
  const told = (date?: string): (readonly [number, number, string])[] =>
    day(date).segments.map(({ from, to, state }) => [
      (from - midnight()) / hour,
      (to - midnight()) / hour,
      state,
    ]);

  test('tells a day of 25 hours until now, by hour too', () => {
    clock.advance(2.5 * hour);
    log.add(worked, clock.now(), clock.now());
    for (let n = 0; n < 60; n += 1) {
      clock.advance(minute);
      log.touch(worked, clock.now());
    }
    log.add(yielded, clock.now(), clock.now());
    clock.advance(minute);
    expect(told()).toEqual([
      [0, 2.5, 'off'],
      [2.5, 3.5, 'worked'],
      [3.5, 3.5 + 1 / 60, 'yielded'],
    ]);
    const { hours, from, to, recordedSince } = day();
    expect(recordedSince).toBe(from + 2.5 * hour);
    expect(to - from).toBe(25 * hour);
    expect(hours).toHaveLength(25);
    expect(hours[2]?.seconds).toMatchObject({ off: 1800, worked: 1800, yielded: 0 });
    expect(hours[3]?.seconds).toMatchObject({ off: 0, worked: 1800, yielded: 60 });
    expect(hours[4]?.seconds).toMatchObject({ off: 0, worked: 0, yielded: 0 });
  });

  test('reaches into the next day, and tells nothing of one that is to come', () => {
    clock.advance(20 * hour);
    log.add(paused, clock.now(), clock.now());
    for (let n = 0; n < 5 * 60 + 30; n += 1) {
      clock.advance(minute);
      log.touch(paused, clock.now());
    }
    clock.advance(20_000);
    expect(told()).toEqual([
      [0, 20, 'off'],
      [20, 25, 'paused'],
    ]);
    expect(told('2025-10-27')).toEqual([[25, 25.5 + 20 / 3600, 'paused']]);
    expect(day('2025-10-28')).toMatchObject({ segments: [], hours: { length: 24 } });
    expect(told('2025-10-25')).toEqual([[-24, 0, 'off']]);
  });

  test('counts a crash as off from the last minute that is known, and a sleep too', () => {
    log.add(worked, clock.now(), clock.now());
    clock.advance(minute);
    log.touch(worked, clock.now());
    // Killed half a minute later, started an hour later.
    clock.advance(hour - minute);
    log = new TimelineLog(database);
    expect(told()).toEqual([
      [0, 1 / 60, 'worked'],
      [1 / 60, 1, 'off'],
    ]);
    log.add(worked, clock.now(), clock.now());
    clock.advance(minute);
    log.touch(worked, clock.now());
    clock.jump(2 * hour);
    // Nobody has told yet that it sleeps.
    expect(told().at(-1)?.[2]).toBe('off');
    log.touch(worked, clock.now());
    clock.advance(minute);
    expect(told()).toEqual([
      [0, 1 / 60, 'worked'],
      [1 / 60, 1, 'off'],
      [1, 1 + 1 / 60, 'worked'],
      [1 + 1 / 60, 3 + 1 / 60, 'off'],
      [3 + 1 / 60, 3 + 2 / 60, 'worked'],
    ]);
  });

  test('goes on when the clock is set back, and forgets after 400 days', () => {
    clock.advance(5 * hour);
    log.add(worked, clock.now(), clock.now());
    clock.advance(minute);
    clock.jump(-2 * hour);
    log.touch(worked, clock.now());
    clock.advance(minute);
    expect(told()).toEqual([
      [0, 3 + 1 / 60, 'off'],
      [3 + 1 / 60, 3 + 2 / 60, 'worked'],
    ]);
    clock.advance(401 * 24 * hour);
    log.add(paused, clock.now(), clock.now());
    expect(database.get('SELECT count(*) AS n FROM timeline')).toEqual({ n: 1 });
  });

  test('is written by changes that last for a second, and once a minute otherwise', () => {
    let now = worked;
    let looks = 0;
    const writer = new TimelineWriter({
      timeline: log,
      look: () => {
        looks += 1;
        return now;
      },
      clock,
      log: silentLog,
    });
    const rows = (): readonly unknown[] => database.all('SELECT at, until, state FROM timeline ORDER BY id');
    writer.changed();
    expect([looks, clock.pending]).toEqual([0, 0]);
    writer.begin();
    const began = clock.now();
    for (let n = 0; n < 40; n += 1) {
      now = n % 2 === 0 ? yielded : worked;
      writer.changed();
      clock.advance(100);
    }
    expect(looks).toBeLessThan(8);
    clock.advance(5000);
    expect(rows()).toEqual([{ at: began, until: began, state: 'worked' }]);
    const changed = clock.now();
    now = yielded;
    writer.changed();
    clock.advance(10_000);
    expect(rows()).toEqual([
      { at: began, until: changed, state: 'worked' },
      { at: changed, until: changed + 2000, state: 'yielded' },
    ]);
    looks = 0;
    clock.advance(10 * minute);
    expect([looks, clock.pending]).toEqual([0, 1]);
    const ended = clock.now();
    writer.dispose();
    writer.changed();
    writer.begin();
    expect(clock.pending).toBe(0);
    expect(rows().at(-1)).toEqual({ at: changed, until: ended, state: 'yielded' });
  });

  test('outlives a disk that refuses to write', () => {
    const writer = new TimelineWriter({ timeline: log, look: () => worked, clock, log: silentLog });
    database.run("CREATE TRIGGER full BEFORE INSERT ON timeline BEGIN SELECT RAISE(ABORT, 'full'); END");
    writer.begin();
    clock.advance(minute);
    expect(told()).toEqual([[0, 1 / 60, 'off']]);
    database.run('DROP TRIGGER full');
    clock.advance(2 * minute);
    expect(told()).toEqual([
      [0, 2 / 60, 'off'],
      [2 / 60, 3 / 60, 'worked'],
    ]);
    writer.dispose();
  });
});

test('a moment names what explains it', () => {
  const reasons = [fakeReason('input', { code: 'reason.input', values: {} }, { share: 0.25 })];
  const at = (state: Parameters<typeof momentOf>[0]['state'], run: boolean): TimelineMoment =>
    momentOf({ state, allowance: { run, reasons } }, 'boinc');
  expect(at('working', true)).toEqual({ state: 'worked', reason: 'input', grid: 'boinc' });
  expect(at('starting', true)).toEqual({ state: 'starting', reason: null, grid: 'boinc' });
  expect(at('waiting', true)).toEqual({ state: 'waiting', reason: null, grid: null });
  expect(at('yielding', false)).toEqual({ state: 'yielded', reason: 'input', grid: null });
  expect(momentOf({ state: 'working', allowance: { run: true, reasons: [] } }, 'local').reason).toBeNull();
});
