import type { CommandOutput, CommandParsed } from '../../electron/contract/commands.ts';
import type { EarningsReport, EarningsSums } from '../../electron/contract/earnings.ts';
import type { LedgerEntry } from '../../electron/contract/ledger.ts';
import { hourSums, segmentsOf } from '../../electron/ledger/timeline-day.ts';
import { fakeNow } from './fake-grid-views.ts';

const dayMs = 86_400_000;

export function fakeSums(changes: Partial<EarningsSums> = {}): EarningsSums {
  return {
    cpuSeconds: 7200,
    wallSeconds: 8000,
    jobsDone: 3,
    jobsFailed: 1,
    earned: [
      { grid: 'boinc-example', unit: 'cobblestones', settled: 0, pending: 0, observed: 120.5 },
      { grid: 'local', unit: 'points', settled: 15, pending: 2, observed: 0 },
    ],
    energy: { wattHours: 20, models: ['cpu-time'], unknownCpuSeconds: 0 },
    electricity: 0.0064,
    ...changes,
  };
}

/** Two days, the second of which is today and empty. */
export function fakeEarnings(): EarningsReport {
  const nothing = fakeSums({
    ...{ cpuSeconds: 0, wallSeconds: 0, jobsDone: 0, jobsFailed: 0, earned: [], electricity: 0 },
    energy: { wattHours: 0, models: [], unknownCpuSeconds: 0 },
  });
  return {
    from: fakeNow - dayMs,
    to: fakeNow + dayMs,
    by: 'day',
    grid: null,
    periods: [
      { period: '2025-03-30', from: fakeNow - dayMs, to: fakeNow, ...fakeSums() },
      { period: '2025-03-31', from: fakeNow, to: fakeNow + dayMs, ...nothing },
    ],
    total: fakeSums(),
    price: { perKwh: 0.32, currency: 'EUR' },
  };
}

/** A day of 24 hours until 10:00: off, waiting, working, given back for the person, working. */
export function fakeDay(day = '2025-03-31', from = fakeNow): CommandOutput<'activity.day'> {
  const hour = (hours: number): number => from + hours * 3_600_000;
  const segments = segmentsOf(
    [
      { at: hour(6), until: hour(7), moment: { state: 'waiting', reason: 'schedule', grid: null } },
      { at: hour(7), until: hour(9), moment: { state: 'worked', reason: null, grid: 'local' } },
      { at: hour(9), until: hour(9.5), moment: { state: 'yielded', reason: 'input', grid: null } },
      { at: hour(9.5), until: hour(10), moment: { state: 'worked', reason: null, grid: 'local' } },
    ],
    { from, to: hour(10) },
  );
  const hours = hourSums(segments, { from, to: hour(24) });
  return { day, from, to: hour(24), recordedSince: hour(6), segments, hours };
}

/** Answers what the ledger's own commands do, from any entries, without their filters but for the grid. */
export function fakeActivity(entries: readonly LedgerEntry[]) {
  const newest = [...entries].sort((a, b) => b.seq - a.seq);
  const anchorOf = (): number => newest[0]?.seq ?? 0;
  return {
    list: ({ grid, before, limit }: CommandParsed<'activity.list'>): CommandOutput<'activity.list'> => {
      const fitting = newest.filter(({ body }) => grid === undefined || body.grid === grid);
      const older = fitting.filter(({ seq }) => before === undefined || seq < before);
      const page = older.slice(0, limit);
      const next = older.length > page.length ? (page.at(-1)?.seq ?? null) : null;
      return { entries: page, total: fitting.length, next };
    },
    page: (query: CommandParsed<'activity.page'>): CommandOutput<'activity.page'> => {
      const { grid, offset, limit, anchor = anchorOf() } = query;
      const fitting = newest.filter(({ body }) => grid === undefined || body.grid === grid);
      const standing = fitting.filter(({ seq }) => seq <= anchor);
      return {
        anchor,
        offset,
        entries: standing.slice(offset, offset + limit),
        total: standing.length,
        newer: fitting.length - standing.length,
      };
    },
  };
}
