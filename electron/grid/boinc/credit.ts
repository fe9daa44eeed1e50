import type { Booking } from '../database.ts';

/** A change of a host's total, as it is booked. `amount` is negative for a correction. */
export interface CreditChange {
  readonly from: number;
  readonly to: number;
  readonly amount: number;
}

/** BOINC tells totals with six digits after the point. */
const digits = 1e6;
const rounded = (value: number): number => Math.round(value * digits) / digits;

/**
 * What the total that is told now means beside the last one that is known of this host; null: nothing to book.
 *
 * The first total of a host is where we begin, and nothing is booked for it. A host that our attaching made begins
 * with 0, and its first look comes within seconds, so nothing is lost; where the first total is more, the project has
 * given us the number of a host that was there before (it recognises a computer that attaches again), or our records
 * of it are gone: what it had then was not earned, or was booked already. Booking nothing errs on the side on which
 * no credit is told that was not earned here. Pure.
 */
export function creditChange(last: number | undefined, total: number): CreditChange | null {
  if (last === undefined) return null;
  const [from, to] = [rounded(last), rounded(total)];
  return from === to ? null : { from, to, amount: rounded(to - from) };
}

/** Names a change; the same one may come again (up, down, up), which is another attempt at the same job. Pure. */
export function creditJob(hostId: string, { from, to }: CreditChange): string {
  return `credit:${hostId}:${from}:${to}`;
}

/** Pure. */
export function creditBooking(o: {
  readonly grid: string;
  readonly hostId: string;
  readonly change: CreditChange;
  readonly times: number;
  readonly since: number;
  readonly now: number;
}): Booking {
  const { grid, hostId, change, times, since, now } = o;
  return {
    kind: 'credit',
    grid,
    job: creditJob(hostId, change),
    attempt: times,
    startedAt: Math.min(since, now),
    endedAt: now,
    hosts: [],
    hostId,
    from: change.from,
    to: change.to,
    credit: { amount: change.amount, unit: 'credit', status: 'observed' },
  };
}
