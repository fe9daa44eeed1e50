import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EarningsQuery, EarningsReport, type Period } from '../../electron/contract/index.ts';
import { dayOf, hoursOf, periodsOf } from '../../electron/ledger/calendar.ts';
import { type Database, openDatabase } from '../../electron/ledger/database.ts';
import { Ledger } from '../../electron/ledger/ledger.ts';
import { statementCsv, statementJson } from '../../electron/ledger/statement.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { bookingOf, somebody } from '../fakes/ledger-bookings.ts';
import { useTimeZones } from '../fixtures/time-zone.ts';

const hourMs = 3_600_000;
const setZone = useTimeZones();

/** With clocks that change at night, at midnight, by half an hour, and a day that was left out. */
const zones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/Havana',
  'Asia/Beirut',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Pacific/Apia',
];
const instant = fc.integer({ min: Date.UTC(2009, 0, 1), max: Date.UTC(2031, 0, 1) });
const spans = fc
  .tuple(instant, fc.integer({ min: 1, max: 300 * 24 * hourMs }))
  .map(([from, length]) => ({ from, to: from + length }));
const by = fc.constantFrom<Period>('day', 'week', 'month');

describe('periods', () => {
  test('cover exactly the time asked for, each within its own local period', () => {
    fc.assert(
      fc.property(fc.constantFrom(...zones), spans, by, (zone, span, period) => {
        setZone(zone);
        const periods = periodsOf(span, period);
        expect(periods[0]?.from).toBe(span.from);
        expect(periods.at(-1)?.to).toBe(span.to);
        for (const [index, one] of periods.entries()) {
          expect(one.to).toBeGreaterThan(one.from);
          if (index > 0) {
            expect(one.from).toBe(periods[index - 1]?.to);
            expect(one.period > (periods[index - 1]?.period ?? '')).toBe(true);
            // A period begins where its first day does, and the instant before belongs to an earlier day.
            expect(localDate(one.from)).toBe(one.period);
            expect(localDate(one.from - 1) < one.period).toBe(true);
          }
          const last = new Date(one.to - 1);
          const first = new Date(`${one.period}T12:00:00Z`);
          if (period === 'day') expect(localDate(one.to - 1)).toBe(one.period);
          if (period === 'week') {
            expect(first.getUTCDay()).toBe(1);
            expect(Date.parse(`${localDate(one.to - 1)}T12:00:00Z`) - first.getTime()).toBeLessThan(
              7 * 24 * hourMs,
            );
          }
          if (period === 'month') {
            expect(one.period).toMatch(/-01$/);
            expect(localDate(last.getTime()).slice(0, 7)).toBe(one.period.slice(0, 7));
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ['Europe/Berlin', '2025-03-30', 23],
    ['Europe/Berlin', '2025-10-26', 25],
    ['Europe/Berlin', '2025-10-27', 24],
    ['America/Havana', '2025-03-09', 23],
    ['America/Havana', '2025-11-02', 25],
    ['Australia/Lord_Howe', '2025-10-05', 23.5],
    ['Pacific/Apia', '2011-12-30', 0],
  ])('in %s the day %s has %s hours', (zone, date, length) => {
    setZone(zone);
    const day = dayOf(date);
    expect((day.to - day.from) / hourMs).toBe(length);
    const hours = hoursOf(day);
    expect(hours).toHaveLength(Math.ceil(length));
    if (length > 0) expect([hours[0]?.from, hours.at(-1)?.to]).toEqual([day.from, day.to]);
    const next = periodsOf({ from: day.from - 1, to: day.to + 1 }, 'day');
    expect(next.map(({ period }) => period)).toContain(localDate(day.to));
    expect(next).toHaveLength(length === 0 ? 2 : 3);
  });

  test('a day, a week from Monday on and a month begin where the calendar has it', () => {
    setZone('Europe/Berlin');
    const from = new Date(2025, 2, 28, 15).getTime();
    const to = new Date(2025, 3, 2).getTime();
    const names = (period: Period): string[] => periodsOf({ from, to }, period).map((one) => one.period);
    expect(names('day')).toEqual(['2025-03-28', '2025-03-29', '2025-03-30', '2025-03-31', '2025-04-01']);
    expect(names('week')).toEqual(['2025-03-24', '2025-03-31']);
    expect(names('month')).toEqual(['2025-03-01', '2025-04-01']);
  });

  test('there are at most 400', () => {
    setZone('UTC');
    const to = Date.UTC(2025, 0, 1);
    expect(periodsOf({ from: to - 400 * 24 * hourMs, to }, 'day')).toHaveLength(400);
    expect(() => periodsOf({ from: to - 400 * 24 * hourMs - 1, to }, 'day')).toThrow(
      expect.objectContaining({ code: 'bad-request' }),
    );
    expect(() => periodsOf({ from: 0, to: 253_402_300_799_999 }, 'week')).toThrow();
    expect(EarningsQuery.safeParse({ from: 5, to: 5, by: 'day' }).success).toBe(false);
    expect(EarningsQuery.safeParse({ from: 5, to: 253_402_300_800_000, by: 'day' }).success).toBe(false);
  });
});

function localDate(at: number): string {
  const date = new Date(at);
  const two = (part: number): string => String(part).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

describe('a report', () => {
  let dir = '';
  let database: Database;
  let ledger: Ledger;
  let clock: FakeClock;
  beforeEach(() => {
    setZone('Europe/Berlin');
    dir = mkdtempSync(join(tmpdir(), 'gleaner-ledger-'));
    database = openDatabase(join(dir, 'gleaner.db'));
    clock = new FakeClock(Date.UTC(2025, 2, 1));
    ledger = new Ledger(database, clock);
  });
  afterEach(() => {
    database.close();
    rmSync(dir, { recursive: true, force: true });
  });

  let next = 0;
  const book = (at: number, different: Parameters<typeof bookingOf>[1] = {}): void => {
    clock.jump(at - clock.now());
    next += 1;
    database.transaction(() => ledger.book(bookingOf(next, different), somebody));
  };
  const all = { from: Date.UTC(2025, 0, 1), to: Date.UTC(2025, 11, 31) };

  test('sums up each period by itself, and units never', async () => {
    const sunday = new Date(2025, 2, 30, 23, 59, 59, 999).getTime();
    const monday = new Date(2025, 2, 31).getTime();
    const energy = { wattHours: 500, model: 'rapl' } as const;
    book(sunday, { energy, credit: { amount: 1, unit: 'points', status: 'settled' } });
    book(sunday, { outcome: 'failed', credit: null, energy: { wattHours: 250, model: 'cpu-time' } });
    book(monday, { credit: { amount: 2, unit: 'points', status: 'pending' } });
    book(monday, {
      grid: 'boinc',
      outcome: 'aborted',
      credit: { amount: 4, unit: 'cs', status: 'observed' },
    });
    const price = { perKwh: 0.4, currency: 'EUR' };
    const report = await ledger.earnings({ from: sunday, to: monday + 1, by: 'week' }, price);
    expect(EarningsReport.parse(report)).toEqual(report);
    const points = { grid: 'local', unit: 'points', settled: 0, pending: 0, observed: 0 };
    expect(report.periods).toEqual([
      {
        period: '2025-03-24',
        from: sunday,
        to: monday,
        cpuSeconds: 116.5,
        wallSeconds: 120,
        jobsDone: 1,
        jobsFailed: 1,
        earned: [{ ...points, settled: 1 }],
        energy: { wattHours: 750, models: ['rapl', 'cpu-time'], unknownCpuSeconds: 0 },
        electricity: expect.closeTo(0.3, 9) as number,
      },
      {
        period: '2025-03-31',
        from: monday,
        to: monday + 1,
        cpuSeconds: 116.5,
        wallSeconds: 120,
        jobsDone: 1,
        jobsFailed: 0,
        earned: [
          { grid: 'boinc', unit: 'cs', settled: 0, pending: 0, observed: 4 },
          { ...points, pending: 2 },
        ],
        energy: { wattHours: 0, models: [], unknownCpuSeconds: 116.5 },
        electricity: 0,
      },
    ]);
    expect(report.total).toMatchObject({
      jobsDone: 2,
      cpuSeconds: 233,
      electricity: expect.closeTo(0.3, 9) as number,
    });
    expect(report.total.earned).toContainEqual({ ...points, settled: 1, pending: 2 });
    const local = await ledger.earnings({ ...all, by: 'month', grid: 'local' }, null);
    expect(local).toMatchObject({ grid: 'local', price: null, total: { jobsDone: 2, electricity: null } });
    expect(local.total.earned).toHaveLength(1);
  });

  test('loses and doubles nothing, however it is cut', async () => {
    // More of the same millisecond than one slice likes to hold.
    database.transaction(() => {
      for (let n = 0; n < 5000; n += 1) {
        const isMany = n % 4 !== 0;
        const at = isMany ? Date.UTC(2025, 5, 1, 10) : Date.UTC(2025, 2, 20) + n * 3_333_333;
        book(at, {
          grid: n % 3 === 0 ? 'local' : 'boinc',
          credit: { amount: n / 4, unit: n % 2 === 0 ? 'points' : 'cs', status: 'settled' },
          energy: { wattHours: n / 8, model: 'rapl' },
        });
      }
    });
    const whole = await ledger.earnings({ ...all, by: 'month' }, null);
    expect(whole.total.jobsDone).toBe(5000);
    expect(whole.total.earned).toHaveLength(4);
    await fc.assert(
      fc.asyncProperty(
        by,
        fc.constantFrom(...zones),
        fc.integer({ min: all.from, max: all.to - 1 }),
        async (period, zone, cut) => {
          setZone(zone);
          const before = await ledger.earnings(
            { from: all.from, to: Math.max(cut, all.from + 1), by: period },
            null,
          );
          const after = await ledger.earnings(
            { from: Math.max(cut, all.from + 1), to: all.to, by: period },
            null,
          );
          const periods = [...before.periods, ...after.periods];
          const sum = (of: (one: (typeof periods)[number]) => number): number =>
            periods.reduce((total, one) => total + of(one), 0);
          expect(sum((one) => one.jobsDone)).toBe(5000);
          expect(sum((one) => one.cpuSeconds)).toBe(whole.total.cpuSeconds);
          expect(sum((one) => one.energy.wattHours)).toBe(whole.total.energy.wattHours);
          for (const line of whole.total.earned) {
            const settled = sum(
              (one) =>
                one.earned.find(({ grid, unit }) => grid === line.grid && unit === line.unit)?.settled ?? 0,
            );
            expect(settled).toBe(line.settled);
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  test('is a statement that adds up by line and holds no formula', async () => {
    book(Date.UTC(2025, 2, 5), {
      grid: '=1+1',
      credit: { amount: 1.5, unit: '@points', status: 'settled' },
      energy: { wattHours: 250, model: 'cpu-time' },
    });
    const query = {
      from: new Date(2025, 2, 1).getTime(),
      to: new Date(2025, 4, 1).getTime(),
      by: 'month',
    } as const;
    const report = await ledger.earnings(query, { perKwh: 1, currency: 'EUR' });
    const [head = '', ...lines] = (await read(statementCsv(report))).split('\r\n');
    const width = head.split(',').length;
    expect(lines.pop()).toBe('');
    expect(lines.map((line) => line.split(',').length)).toEqual([width, width, width]);
    expect(lines[0]).toBe(
      '2025-03-01,2025-02-28T23:00:00.000Z,2025-03-31T22:00:00.000Z,work,,,,,,1,0,58.25,60,250,cpu-time,0,0.25,EUR',
    );
    expect(lines[1]).toMatch(/,credit,'=1\+1,'@points,1.5,0,0,,,,,,,,,$/);
    expect(lines[2]).toMatch(/^2025-04-01,.*,work,/);
    expect(JSON.parse(await read(statementJson(report)))).toEqual({
      format: 'gleaner-earnings',
      version: 1,
      ...report,
    });
  });
});

async function read(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
