import { beforeAll, describe, expect, it } from 'vitest';
import { rangeOf, startOfDate, statementName } from '../../renderer/views/earnings-range.ts';
import { earnedOf, isNothing } from '../../renderer/views/earnings-sums.ts';
import { barWords, shortPeriod, wholePeriod } from '../../renderer/views/earnings-words.ts';
import { fakeSums } from '../fakes/fake-record.ts';
import { speakIn } from '../fakes/speak.ts';
import { useTimeZones } from '../fixtures/time-zone.ts';

beforeAll(() => speakIn('en'));

const local = (year: number, month: number, day: number, hour = 0): number =>
  new Date(year, month - 1, day, hour).getTime();

describe('the time that is shown', () => {
  const setZone = useTimeZones();
  /** A Wednesday. */
  const now = () => local(2026, 4, 1, 13);

  it.each(['UTC', 'America/St_Johns', 'Pacific/Apia'])('is of whole days, weeks and months in %s', (zone) => {
    setZone(zone);
    expect(rangeOf('day', 0, now())).toEqual({ from: local(2026, 3, 26), to: local(2026, 4, 2) });
    expect(rangeOf('week', 0, now())).toEqual({ from: local(2026, 3, 2), to: local(2026, 4, 6) });
    expect(rangeOf('month', 0, now())).toEqual({ from: local(2025, 5, 1), to: local(2026, 5, 1) });
  });

  it('has its Sundays in the week before', () => {
    expect(rangeOf('week', 0, local(2026, 4, 5, 23)).to).toBe(local(2026, 4, 6));
    expect(rangeOf('week', 0, local(2026, 4, 6)).to).toBe(local(2026, 4, 13));
  });

  it.each(['day', 'week', 'month'] as const)('goes back by %s without gap or overlap', (by) => {
    setZone('Europe/Berlin');
    for (let back = 0; back < 30; back += 1) {
      expect(rangeOf(by, back + 1, now()).to).toBe(rangeOf(by, back, now()).from);
    }
  });

  it('ends a month on its last day, also seen from the 31st', () => {
    expect(rangeOf('month', 1, local(2026, 12, 31))).toEqual({
      from: local(2025, 1, 1),
      to: local(2026, 1, 1),
    });
  });

  it('begins a period at the local midnight of its date', () => {
    setZone('Asia/Tokyo');
    expect(startOfDate('2025-03-31')).toBe(Date.UTC(2025, 2, 30, 15));
  });

  it('gives a statement its name, by the last day that is in it', () => {
    setZone('Asia/Tokyo');
    const range = { from: local(2026, 3, 9), to: local(2026, 4, 1) };
    expect(statementName(range, 'csv')).toBe('gleaner-earnings-2026-03-09-to-2026-03-31.csv');
    expect(statementName(range, 'json')).toBe('gleaner-earnings-2026-03-09-to-2026-03-31.json');
  });
});

const row = (grid: string, unit: string, settled: number, pending = 0, observed = 0) => ({
  ...{ grid, unit, settled },
  ...{ pending, observed },
});
const period = (name: string, ...earned: ReturnType<typeof row>[]) => ({
  ...{ period: name, from: 0, to: 1 },
  ...fakeSums({ earned }),
});

describe('what was earned', () => {
  it('stands by grid and unit, which are never added up', () => {
    const earned = earnedOf({
      total: fakeSums({ earned: [row('a', 'points', 3), row('b', 'points', 5), row('a', 'stars', 7)] }),
      periods: [
        period('2026-03-01', row('a', 'points', 3), row('a', 'stars', 7)),
        period('2026-03-02', row('b', 'points', 5)),
      ],
    });
    expect(earned.map(({ grid, unit, total }) => [grid, unit, total.settled])).toEqual([
      ['a', 'points', 3],
      ['b', 'points', 5],
      ['a', 'stars', 7],
    ]);
    expect(earned.map(({ periods }) => periods.map(({ settled }) => settled))).toEqual([
      [3, 0],
      [0, 5],
      [7, 0],
    ]);
    expect(earned[0]?.periods.map((one) => one.period)).toEqual(['2026-03-01', '2026-03-02']);
  });

  it('has the statuses of which there was any, also when they cancel out', () => {
    const statusesOf = (...amounts: readonly (readonly [number, number, number])[]) => {
      const rows = amounts.map((one) => row('a', 'points', ...one));
      const sum = (index: 0 | 1 | 2): number => amounts.reduce((all, one) => all + one[index], 0);
      const total = fakeSums({ earned: [row('a', 'points', sum(0), sum(1), sum(2))] });
      return earnedOf({ total, periods: rows.map((one, index) => period(`2026-03-0${index + 1}`, one)) })[0]
        ?.statuses;
    };
    expect(statusesOf([1, 2, 0])).toEqual(['settled', 'pending']);
    expect(statusesOf([0, 0, 4], [0, 0, -4])).toEqual(['observed']);
    expect(statusesOf([0, 0, 0])).toEqual(['settled']);
  });

  it('is nothing only if nothing was done either', () => {
    const none = { earned: [], jobsDone: 0, jobsFailed: 0, cpuSeconds: 0 };
    expect(isNothing(fakeSums(none))).toBe(true);
    expect(isNothing(fakeSums({ ...none, jobsFailed: 1 }))).toBe(false);
    expect(isNothing(fakeSums({ ...none, cpuSeconds: 0.5 }))).toBe(false);
    expect(isNothing(fakeSums({ ...none, earned: [row('a', 'points', 1)] }))).toBe(false);
  });
});

describe('words of a period', () => {
  it('are short below a bar', () => {
    expect(shortPeriod('day', '2026-11-23')).toBe('Mon 23');
    expect(shortPeriod('week', '2026-11-23')).toBe('23 Nov');
    expect(shortPeriod('month', '2026-11-01')).toBe('Nov');
  });

  it('are whole in the table', () => {
    // With a comma or without: versions of ICU differ.
    expect(wholePeriod('day', '2026-11-23')).toMatch(/^Monday,? 23 November 2026$/);
    expect(wholePeriod('week', '2026-11-23')).toBe('Week from 23 November 2026');
    expect(wholePeriod('month', '2026-11-01')).toBe('November 2026');
  });

  it('tell what is settled, pending and observed, and nothing of what is not', () => {
    const words = (settled: number, pending: number, observed: number): string =>
      barWords('month', { period: '2026-11-01', settled, pending, observed }, 'points\u202e');
    expect(words(15, 2.5, 0)).toBe('November 2026: 15 points settled, 2.5 points pending');
    expect(words(0, 0, -4)).toBe('November 2026: −4 points observed');
    expect(words(0, 0, 0)).toBe('November 2026: nothing');
  });
});
