import type { ActivityFilter } from '../../electron/contract/activity.ts';
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

/** Answers what the ledger's own commands do, from any entries, which are in the order of their seq. */
export function fakeActivity(entries: readonly LedgerEntry[]) {
  const fittingOf = ({ grid, kind, outcome, from = 0, to = Infinity, text }: ActivityFilter) => {
    const words = text?.toLowerCase();
    const isAll = [grid, kind, outcome, text].every((one) => one === undefined) && from === 0;
    if (isAll && to === Infinity) return entries;
    return entries.filter(
      ({ body, bookedAt, personal }) =>
        (grid === undefined || body.grid === grid) &&
        (kind === undefined || body.kind === kind) &&
        (outcome === undefined || (body.kind === 'attempt' && body.outcome === outcome)) &&
        bookedAt >= from &&
        bookedAt < to &&
        (words === undefined ||
          [
            personal?.title ?? '',
            personal?.owner ?? '',
            body.job,
            ...body.hosts.map(({ host }) => host),
          ].some((one) => one.toLowerCase().includes(words))),
    );
  };
  return {
    list: ({ before, limit, ...filter }: CommandParsed<'activity.list'>): CommandOutput<'activity.list'> => {
      const fitting = fittingOf(filter);
      const older = fitting.filter(({ seq }) => before === undefined || seq < before);
      const page = older.slice(-limit).reverse();
      const next = older.length > page.length ? (page.at(-1)?.seq ?? null) : null;
      return { entries: page, total: fitting.length, next };
    },
    page: (query: CommandParsed<'activity.page'>): CommandOutput<'activity.page'> => {
      const { offset, limit, anchor = entries.at(-1)?.seq ?? 0, ...filter } = query;
      const fitting = fittingOf(filter);
      const newer = fitting.length - fitting.findLastIndex(({ seq }) => seq <= anchor) - 1;
      const total = fitting.length - newer;
      const end = Math.max(0, total - offset);
      const page = fitting.slice(Math.max(0, end - limit), end).reverse();
      return { anchor, offset, entries: page, total, newer };
    },
  };
}
