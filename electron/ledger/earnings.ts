import type { Clock } from '../base/clock.ts';
import type { EarningsQuery, EarningsReport } from '../contract/index.ts';
import { periodsOf, type Span } from './calendar.ts';
import type { Database } from './database.ts';
import { Sums } from './sums.ts';
import { Turns } from './turns.ts';

/** How many entries are summed up in one go: some 5 ms. */
const atOnce = 3000;

/**
 * What was earned and what it took, by period of the local calendar, in slices that leave the event loop free between
 * them. An entry counts when it was booked. Rejects with `bad-request` for too many periods.
 */
export async function reportEarnings(
  database: Database,
  clock: Clock,
  { from, to, by, grid: only }: EarningsQuery,
  price: EarningsReport['price'],
): Promise<EarningsReport> {
  const grid = only ?? null;
  const perKwh = price?.perKwh ?? null;
  const turns = new Turns(clock);
  const total = new Sums();
  const periods: EarningsReport['periods'] = [];
  for (const { period, ...span } of periodsOf({ from, to }, by)) {
    const sums = new Sums();
    for (const slice of slicesOf(database, span)) {
      sums.addBooked(database, slice, grid);
      await turns.letOthersIn();
    }
    const earnings = sums.earnings(perKwh);
    total.addSums(earnings);
    periods.push({ period, ...span, ...earnings });
  }
  return { from, to, by, grid, periods, total: total.earnings(perKwh), price };
}

/** Cuts a time so that no piece holds many more entries than can be summed up in one go. */
function* slicesOf(database: Database, { from, to }: Span): Generator<Span> {
  for (let begin = from; begin < to; ) {
    const next = database.get(
      'SELECT booked_at FROM ledger_facts WHERE booked_at >= ? AND booked_at < ? ORDER BY booked_at LIMIT 1 OFFSET ?',
      begin,
      to,
      atOnce,
    );
    // Entries of the very same millisecond stay together.
    const end = next === undefined ? to : Math.max(begin + 1, Number(next['booked_at']));
    yield { from: begin, to: end };
    begin = end;
  }
}
