import { randomBytes } from 'node:crypto';
import { canonicalJson, sha256Digest } from '../base/canonical-json.ts';
import type { Clock } from '../base/clock.ts';
import {
  type AttemptBody,
  type AttemptEntry,
  type EarningsQuery,
  type EarningsReport,
  type Energy,
  EntryBody,
  EntryPersonal,
  GleanerError,
  type LedgerEntry,
  type LedgerVerdict,
  type Today,
} from '../contract/index.ts';
import { Activity } from './activity.ts';
import { genesis, hashLink } from './chain.ts';
import type { Database } from './database.ts';
import { reportEarnings } from './earnings.ts';
import { readEntries } from './entries.ts';
import { csvOf, jsonOf } from './export.ts';
import { ledgerMigrations } from './schema.ts';
import { isConstraint } from './sqlite-errors.ts';
import { Sums } from './sums.ts';
import { verifyChain } from './verify.ts';

/** An entry's body before the ledger has put the personal fields beside it. */
export type Booking = EntryBody extends infer Body
  ? Body extends EntryBody
    ? Omit<Body, 'personalDigest'>
    : never
  : never;

/** Estimates what an attempt took; undefined where nobody can. */
export type EstimateEnergy = (
  attempt: Pick<AttemptBody, 'startedAt' | 'endedAt' | 'cpuSeconds'>,
) => Energy | undefined;

const exportPage = 200;

/**
 * The append-only record of what ran and what it earned. The hash of each entry covers the one before it; SQL
 * triggers refuse changes. `verify` proves that the chain is consistent in itself, not that the owner of the
 * file never rewrote it as a whole.
 */
export class Ledger {
  readonly activity: Activity;
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #estimate: EstimateEnergy;
  #totals: { readonly since: number; readonly head: number; readonly today: Today } | undefined;

  constructor(database: Database, clock: Clock, estimate: EstimateEnergy = () => undefined) {
    this.#db = database;
    this.#clock = clock;
    this.#estimate = estimate;
    database.migrate('ledger', ledgerMigrations);
    this.activity = new Activity(database, clock);
  }

  /**
   * Appends one entry. Must run inside a transaction of the database, so that what it records (the end of a
   * lease) and the record stand or fall together. Adds the energy of an attempt. Throws `wrong-phase` when this attempt is already booked.
   */
  book(booking: Booking, personal: EntryPersonal): LedgerEntry {
    if (!this.#db.inTransaction) throw new Error('a booking belongs into a transaction');
    const person = EntryPersonal.parse(personal);
    // Salted, so that fields that have expired cannot be guessed from their digest.
    const personalText = canonicalJson({ ...person, salt: randomBytes(16).toString('hex') });
    const energy = booking.kind === 'attempt' ? (booking.energy ?? this.#estimate(booking)) : undefined;
    const body = EntryBody.parse({
      ...booking,
      ...(energy === undefined ? {} : { energy }),
      personalDigest: sha256Digest(personalText),
    });
    const last = this.#db.get('SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1');
    const link = {
      seq: Number(last?.['seq'] ?? 0) + 1,
      bookedAt: this.#clock.now(),
      body: canonicalJson(body),
      previous: last === undefined ? genesis : String(last['hash']),
    };
    const hash = hashLink(link);
    try {
      this.#db.run(
        'INSERT INTO ledger (seq, booked_at, body, previous, hash) VALUES (?, ?, ?, ?, ?)',
        link.seq,
        link.bookedAt,
        link.body,
        link.previous,
        hash,
      );
    } catch (error) {
      if (!isConstraint(error)) throw error;
      throw new GleanerError(
        'wrong-phase',
        `Attempt ${body.attempt} at job ${body.job} of ${body.grid} is already booked.`,
        undefined,
        { cause: error },
      );
    }
    this.#db.run('INSERT INTO ledger_personal (seq, personal) VALUES (?, ?)', link.seq, personalText);
    return { ...link, body, personal: person, hash };
  }

  /** Newest first; with `before`, only entries with a smaller seq. */
  list({ limit, before }: { limit: number; before?: number | undefined }): LedgerEntry[] {
    const most = before ?? Number.MAX_SAFE_INTEGER;
    return [...readEntries(this.#db, 'WHERE l.seq < ? ORDER BY l.seq DESC LIMIT ?', most, limit)];
  }

  /** All attempts at one job, oldest first. */
  entriesOf(job: string): AttemptEntry[] {
    return readEntries(this.#db, 'WHERE l.job = ? ORDER BY l.seq', job).filter(isAttempt);
  }

  /** Walks the whole chain, in slices that leave the event loop free between them. */
  verify(): Promise<LedgerVerdict> {
    return verifyChain(this.#db, this.#clock);
  }

  /** Sums over what was booked at or after `sinceMs` (epoch ms). Cheap to ask again while nothing is booked. */
  totals(sinceMs: number): Today {
    const head = Number(this.#db.get('SELECT max(seq) AS head FROM ledger')?.['head'] ?? 0);
    if (this.#totals?.since !== sinceMs || this.#totals.head !== head) {
      const sums = new Sums();
      sums.addBooked(this.#db, { from: sinceMs, to: Number.MAX_SAFE_INTEGER });
      this.#totals = { since: sinceMs, head, today: sums.today() };
    }
    return this.#totals.today;
  }

  /** What was earned by period, and what it took; see {@link reportEarnings}. */
  earnings(query: EarningsQuery, price: EarningsReport['price']): Promise<EarningsReport> {
    return reportEarnings(this.#db, this.#clock, query, price);
  }

  /** All entries, oldest first, as UTF-8 CSV (RFC 4180) that no spreadsheet takes for formulas. */
  exportCsv(): AsyncIterable<Uint8Array> {
    return csvOf(this.#pages());
  }

  /** All entries, oldest first, as one UTF-8 JSON document: `{"format", "version", "entries": [LedgerEntry…]}`. */
  exportJson(): AsyncIterable<Uint8Array> {
    return jsonOf('gleaner-ledger', this.#pages());
  }

  *#pages(): Generator<readonly LedgerEntry[]> {
    for (let last = 0; ; ) {
      const page = readEntries(this.#db, 'WHERE l.seq > ? ORDER BY l.seq LIMIT ?', last, exportPage);
      const end = page.at(-1);
      if (!end) return;
      yield page;
      last = end.seq;
    }
  }
}

function isAttempt(entry: LedgerEntry): entry is AttemptEntry {
  return entry.body.kind === 'attempt';
}
