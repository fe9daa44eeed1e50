import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { ActivityFilter } from '../../electron/contract/activity.ts';
import { EntryKind, Outcome } from '../../electron/contract/ledger.ts';
import { dayOf, later, startOf } from '../../renderer/views/activity-calendar.ts';
import {
  type Choice,
  changed,
  everything,
  exportName,
  filterOf,
  isFiltered,
  times,
} from '../../renderer/views/activity-filter.ts';
import { applicationOf, sourceOf, titleOf, trafficOf, whyOf } from '../../renderer/views/activity-words.ts';
import { hourRows, piecesOf, sumsOf } from '../../renderer/views/timeline-pieces.ts';
import { fakeCreditEntry, fakeNetworkEntry } from '../fakes/fake-grid-views.ts';
import { fakeEntry } from '../fakes/fake-host.ts';
import { fakeDay } from '../fakes/fake-record.ts';
import { speakIn } from '../fakes/speak.ts';

beforeAll(() => speakIn('en'));

const hour = 3_600_000;
const noon = new Date(2025, 2, 31, 12).getTime();
/** From 1980 to 2060. */
const instant = fc.integer({ min: 315_532_800_000, max: 2_840_140_800_000 });

describe('the calendar', () => {
  it('knows the day of an instant, where it begins, and those around it', () => {
    expect(dayOf(noon)).toBe('2025-03-31');
    expect(startOf('2025-03-31')).toBe(new Date(2025, 2, 31).getTime());
    expect(later('2025-02-28', 1)).toBe('2025-03-01');
    expect(later('2025-01-01', -1)).toBe('2024-12-31');
  });

  it('goes there and back, whatever clocks and months do', () => {
    fc.assert(
      fc.property(instant, fc.integer({ min: -800, max: 800 }), (at, days) => {
        const day = dayOf(at);
        expect(startOf(day)).toBeLessThanOrEqual(at);
        expect(startOf(later(day, 1))).toBeGreaterThan(at);
        expect(later(later(day, days), -days)).toBe(day);
      }),
    );
  });
});

describe('the filter', () => {
  const choose = (change: Partial<Choice>): ActivityFilter => filterOf({ ...everything, ...change }, noon);

  it('leaves nothing out at first', () => {
    expect(choose({})).toEqual({});
    expect(isFiltered(choose({ text: '  ' }))).toBe(false);
    expect(isFiltered(choose({ kind: 'credit' }))).toBe(true);
  });

  it('counts days by the calendar, today included', () => {
    expect(choose({ time: 'today' })).toEqual({ from: startOf('2025-03-31') });
    expect(choose({ time: 'week' })).toEqual({ from: startOf('2025-03-25') });
    expect(choose({ time: 'year' })).toEqual({ from: startOf('2024-04-01') });
  });

  it('takes both days of a range, and an open end', () => {
    expect(choose({ time: 'days', first: '2025-03-01', last: '2025-03-02' })).toEqual({
      from: startOf('2025-03-01'),
      to: startOf('2025-03-03'),
    });
    expect(choose({ time: 'days', last: '2025-03-02' })).toEqual({ to: startOf('2025-03-03') });
    expect(choose({ time: 'week', first: '2025-03-01' })).toEqual({ from: startOf('2025-03-25') });
  });

  it('names a file by kind and day', () => {
    expect(exportName('csv', noon)).toBe('gleaner-activity-2025-03-31.csv');
  });

  it('keeps an outcome with attempts, which alone have one', () => {
    const failed = changed(everything, { outcome: 'failed' });
    expect(failed).toMatchObject({ kind: 'attempt', outcome: 'failed' });
    expect(changed(failed, { text: 'orbit' })).toMatchObject({ kind: 'attempt', outcome: 'failed' });
    expect(changed(failed, { kind: 'network' })).toMatchObject({ kind: 'network', outcome: null });
    expect(changed(failed, { kind: null })).toMatchObject({ kind: null, outcome: null });
    expect(changed(failed, { outcome: null })).toMatchObject({ kind: 'attempt', outcome: null });
  });

  it('is one that the host takes, whatever was chosen', () => {
    const day = fc.oneof(
      fc.constant(''),
      fc.date({ min: new Date(0, 0), max: new Date(9990, 0), noInvalidDate: true }).map((at) => dayOf(+at)),
    );
    const choice = fc.record({
      grid: fc.constantFrom(null, 'local', 'boinc-orchard'),
      kind: fc.constantFrom(null, ...EntryKind.options),
      outcome: fc.constantFrom(null, ...Outcome.options),
      time: fc.constantFrom(...times),
      first: day,
      last: day,
      text: fc.string({ maxLength: 200 }),
    });
    fc.assert(
      fc.property(choice, instant, (made, now) => {
        expect(ActivityFilter.safeParse(filterOf(made, now)).error).toBeUndefined();
      }),
    );
  });
});

describe('an entry in words', () => {
  const nameOf = (grid: string): string => (grid === 'local' ? 'This computer' : 'Prime Orchard');

  it('is its title, or what it is; one whose title has expired is its job', () => {
    expect(titleOf(fakeEntry())).toEqual({ words: 'Option book 1 of 10', ours: false });
    expect(titleOf({ ...fakeEntry(), personal: null })).toEqual({ words: 'job-1', ours: false });
    expect(titleOf(fakeCreditEntry()).ours).toBe(true);
  });

  it('says whose it was', () => {
    expect(sourceOf(fakeEntry(), nameOf)).toBe('for sample');
    expect(sourceOf({ ...fakeEntry(), personal: null }, nameOf)).toBe('This computer');
    expect(sourceOf(fakeNetworkEntry(), nameOf)).toBe('Prime Orchard');
  });

  it('knows the application of a project’s task only', () => {
    const task = fakeEntry({ grid: 'boinc-orchard', job: 'sieve_1_0' });
    const titled = (title: string) => ({ ...task, personal: { title, owner: 'Prime Orchard' } });
    expect(applicationOf(titled('Sieve 2.04: sieve_1_0'))).toBe('Sieve 2.04');
    expect(applicationOf(titled('sieve_1_0'))).toBeNull();
    expect(applicationOf(titled(': sieve_1_0'))).toBeNull();
    expect(applicationOf(fakeEntry())).toBeNull();
    expect(applicationOf({ ...task, personal: null })).toBeNull();
  });

  it('says why it failed, and what it moved in all', () => {
    expect(whyOf({ failure: null })).toBeNull();
    expect(whyOf({ failure: 'job-out-of-memory' })).toBe('The job needed more memory than it may use.');
    const hosts = [
      { host: 'a.example', sent: 1, received: 20 },
      { host: 'b.example', sent: 300, received: 4000 },
    ];
    expect(trafficOf({ hosts })).toEqual({ sent: 301, received: 4020 });
    expect(trafficOf({ hosts: [] })).toEqual({ sent: 0, received: 0 });
  });
});

describe('the pieces of a day', () => {
  const from = new Date(2025, 2, 31).getTime();
  const day = fakeDay('2025-03-31', from);

  it('are its segments, without what nobody knows of', () => {
    const pieces = piecesOf(day);
    expect(pieces.map(({ state }) => state)).toEqual(['unknown', 'waiting', 'worked', 'yielded', 'worked']);
    expect(pieces[0]).toMatchObject({ from, to: from + 6 * hour });
    expect(sumsOf(pieces)).toEqual([
      ['worked', 9000],
      ['yielded', 1800],
      ['waiting', 3600],
      ['unknown', 21_600],
    ]);
  });

  it('are unknown as a whole where there is no record', () => {
    expect(piecesOf({ ...day, recordedSince: null })).toEqual([
      { from, to: from + 10 * hour, state: 'unknown', reason: null, grid: null },
    ]);
    expect(piecesOf({ ...day, segments: [] })).toEqual([]);
  });

  it('follow each other without a gap, wherever the record begins, and come to the same hour by hour', () => {
    // Whatever was before the record is told as off.
    const known = fc.integer({ min: from - hour, max: from + 6 * hour });
    fc.assert(
      fc.property(known, (recordedSince) => {
        const pieces = piecesOf({ ...day, recordedSince });
        expect(pieces[0]?.from).toBe(from);
        expect(pieces.at(-1)?.to).toBe(from + 10 * hour);
        for (const [index, piece] of pieces.entries()) {
          expect(piece.to).toBeGreaterThan(piece.from);
          expect(piece.from).toBe(pieces[index - 1]?.to ?? from);
          expect(piece.state === 'unknown').toBe(piece.to <= recordedSince);
        }
        const rows = hourRows({ ...day, recordedSince });
        for (const [state, seconds] of sumsOf(pieces)) {
          const hourly = rows.reduce((sum, row) => sum + (row.seconds.get(state) ?? 0), 0);
          expect(hourly).toBeCloseTo(seconds, 2);
        }
      }),
    );
  });

  it('are told by the hours that have begun', () => {
    const rows = hourRows(day);
    expect(rows).toHaveLength(10);
    expect(rows[0]?.seconds).toEqual(new Map([['unknown', 3600]]));
    expect(rows[9]?.seconds).toEqual(
      new Map([
        ['worked', 1800],
        ['yielded', 1800],
      ]),
    );
  });
});
