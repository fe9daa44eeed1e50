import type { Clock } from '../../base/clock.ts';
import type { Book, GridDatabase } from '../database.ts';
import { type CreditChange, creditBooking, creditChange, creditJob } from './credit.ts';
import type { StoreStep } from './store-types.ts';

/** What each project was seen to credit each host, as it was booked last. */
export class CreditRecords {
  readonly #db: GridDatabase;
  readonly #book: Book;
  readonly #clock: Clock;
  readonly #step: (name: StoreStep) => void;

  constructor(db: GridDatabase, book: Book, clock: Clock, step: (name: StoreStep) => void) {
    this.#db = db;
    this.#book = book;
    this.#clock = clock;
    this.#step = step;
  }

  /** The total that was booked last; undefined for a host that was never seen. */
  total(grid: string, hostId: string): number | undefined {
    return this.#last(grid, hostId)?.total;
  }

  /**
   * Takes a total as the project tells it, books what changed since the last one and remembers it, in one transaction.
   * Returns what was booked. Throws what the database throws, and then nothing of it has happened.
   */
  observe(grid: string, projectName: string, hostId: string, total: number): CreditChange | null {
    const last = this.#last(grid, hostId);
    const change = creditChange(last?.total, total);
    if (last && !change) return null;
    const now = this.#clock.now();
    this.#db.transaction(() => {
      this.#step('record-begun');
      if (change) {
        const times = this.#again(grid, creditJob(hostId, change));
        const booking = creditBooking({ grid, hostId, change, times, since: last?.seenAt ?? now, now });
        this.#book(booking, {
          title: `Credit for computer ${hostId}`.slice(0, 120),
          owner: projectName.slice(0, 120),
        });
        this.#step('record-booked');
      }
      this.#db.run(
        `INSERT INTO boinc_hosts (grid, host, total, seen_at) VALUES (?, ?, ?, ?)
         ON CONFLICT (grid, host) DO UPDATE SET total = excluded.total, seen_at = excluded.seen_at`,
        grid,
        hostId,
        change?.to ?? total,
        now,
      );
      this.#step('record-remembered');
    });
    this.#step('record-committed');
    return change;
  }

  #last(grid: string, hostId: string): { readonly total: number; readonly seenAt: number } | undefined {
    const row = this.#db.get(
      'SELECT total, seen_at FROM boinc_hosts WHERE grid = ? AND host = ?',
      grid,
      hostId,
    );
    return row && { total: Number(row['total']), seenAt: Number(row['seen_at']) };
  }

  /** Counts one more time that this change came. */
  #again(grid: string, job: string): number {
    this.#db.run(
      `INSERT INTO boinc_credits (grid, job, times) VALUES (?, ?, 1)
       ON CONFLICT (grid, job) DO UPDATE SET times = times + 1`,
      grid,
      job,
    );
    const row = this.#db.get('SELECT times FROM boinc_credits WHERE grid = ? AND job = ?', grid, job);
    return Number(row?.['times'] ?? 1);
  }
}
