import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EarningsReport } from '../contract/index.ts';
import { type Cell, csvLine, isoTime } from './export.ts';

type Period = EarningsReport['periods'][number];

const encoder = new TextEncoder();
const columns = [
  ...['period', 'from', 'to', 'line', 'grid', 'unit', 'settled', 'pending', 'observed'],
  ...['jobs done', 'jobs failed', 'cpu seconds', 'wall seconds'],
  ...['energy Wh', 'energy models', 'cpu seconds without energy', 'electricity', 'currency'],
];

/**
 * A report as CSV (RFC 4180) that no spreadsheet takes for formulas. Each period has one line `work`, and one line `credit`
 * for each grid and unit, so that a column can be added up by line without counting anything twice.
 */
export async function* statementCsv({ periods, price, grid }: EarningsReport): AsyncGenerator<Uint8Array> {
  yield encoder.encode(csvLine(columns));
  for (const period of periods) {
    yield encoder.encode(
      linesOf(period, grid, price?.currency ?? null)
        .map(csvLine)
        .join(''),
    );
    await nextTurn();
  }
}

/** The report as one JSON document: `{"format", "version", …EarningsReport}`. */
export async function* statementJson(report: EarningsReport): AsyncGenerator<Uint8Array> {
  yield encoder.encode(`${JSON.stringify({ format: 'gleaner-earnings', version: 1, ...report })}\n`);
  await nextTurn();
}

function linesOf(one: Period, grid: string | null, currency: string | null): Cell[][] {
  const span = [one.period, isoTime(one.from), isoTime(one.to)];
  const { energy } = one;
  const work: Cell[] = [
    ...[...span, 'work', grid, null, null, null, null],
    ...[one.jobsDone, one.jobsFailed, one.cpuSeconds, one.wallSeconds],
    ...[energy.wattHours, energy.models.join('; '), energy.unknownCpuSeconds, one.electricity, currency],
  ];
  const credit = one.earned.map((line): Cell[] => [
    ...[...span, 'credit', line.grid, line.unit, line.settled, line.pending, line.observed],
    ...Array.from({ length: 9 }, () => null),
  ]);
  return [work, ...credit];
}
