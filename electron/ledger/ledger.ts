import { randomBytes } from 'node:crypto';
import { canonicalJson, sha256Digest } from '../base/canonical-json.ts';
import type { Clock } from '../base/clock.ts';
import {
  type AttemptEntry,
  EntryBody,
  EntryPersonal,
  GleanerError,
  LedgerEntry,
  type LedgerVerdict,
  type Today,
} from '../contract/index.ts';
import { genesis, hashLink } from './chain.ts';
import type { Database, SqlRow } from './database.ts';
import { csvOf, jsonOf } from './export.ts';
import { ledgerMigrations } from './schema.ts';
import { isConstraint } from './sqlite-errors.ts';
import { totalsSince } from './totals.ts';
import { verifyChain } from './verify.ts';

/** An entry's body before the ledger has put the personal fields beside it. */
export type Booking = EntryBody extends infer Body
  ? Body extends EntryBody
    ? Omit<Body, 'personalDigest'>
    : never
  : never;

const entryColumns = `l.seq, l.booked_at, l.body, l.previous, l.hash, p.personal
  FROM ledger l LEFT JOIN ledger_personal p ON p.seq = l.seq`;
const exportPage = 200;

/**
 * The append-only record of what ran and what it earned. The hash of each entry covers the one before it; SQL
 * triggers refuse changes. `verify` proves that the chain is consistent in itself, not that the owner of the
 * file never rewrote it as a whole.
 */
export class Ledger {
  readonly #db: Database;
  readonly #clock: Clock;
  #totals: { readonly since: number; readonly head: number; readonly today: Today } | undefined;

  constructor(database: Database, clock: Clock) {
    this.#db = database;
    this.#clock = clock;
    database.migrate('ledger', ledgerMigrations);
  }

  /**
   * Appends one entry. Must run inside a transaction of the database, so that what it records (the end of a
   * lease) and the record stand or fall together. Throws `wrong-phase` when this attempt is already booked.
   */
  book(booking: Booking, personal: EntryPersonal): LedgerEntry {
    if (!this.#db.inTransaction) throw new Error('a booking belongs into a transaction');
    const person = EntryPersonal.parse(personal);
    // Salted, so that fields that have expired cannot be guessed from their digest.
    const personalText = canonicalJson({ ...person, salt: randomBytes(16).toString('hex') });
    const body = EntryBody.parse({ ...booking, personalDigest: sha256Digest(personalText) });
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
    const rows = this.#db.all(
      `SELECT ${entryColumns} WHERE l.seq < ? ORDER BY l.seq DESC LIMIT ?`,
      before ?? Number.MAX_SAFE_INTEGER,
      limit,
    );
    return rows.map(entryOf);
  }

  /** All attempts at one job, oldest first. */
  entriesOf(job: string): AttemptEntry[] {
    const rows = this.#db.all(`SELECT ${entryColumns} WHERE l.job = ? ORDER BY l.seq`, job);
    return rows.map(entryOf).filter(isAttempt);
  }

  /** Walks the whole chain, in slices that leave the event loop free between them. */
  verify(): Promise<LedgerVerdict> {
    return verifyChain(this.#db, this.#clock);
  }

  /** Sums over what was booked at or after `sinceMs` (epoch ms). Cheap to ask again while nothing is booked. */
  totals(sinceMs: number): Today {
    const head = Number(this.#db.get('SELECT max(seq) AS head FROM ledger')?.['head'] ?? 0);
    if (this.#totals?.since !== sinceMs || this.#totals.head !== head) {
      this.#totals = { since: sinceMs, head, today: totalsSince(this.#db, sinceMs) };
    }
    return this.#totals.today;
  }

  /** All entries, oldest first, as UTF-8 CSV (RFC 4180) that no spreadsheet takes for formulas. */
  exportCsv(): AsyncIterable<Uint8Array> {
    return csvOf(this.#pages());
  }

  /** All entries, oldest first, as one UTF-8 JSON document: `{"format", "version", "entries": [LedgerEntry…]}`. */
  exportJson(): AsyncIterable<Uint8Array> {
    return jsonOf(this.#pages());
  }

  *#pages(): Generator<readonly LedgerEntry[]> {
    for (let last = 0; ; ) {
      const rows = this.#db.all(
        `SELECT ${entryColumns} WHERE l.seq > ? ORDER BY l.seq LIMIT ?`,
        last,
        exportPage,
      );
      const page = rows.map(entryOf);
      const end = page.at(-1);
      if (!end) return;
      yield page;
      last = end.seq;
    }
  }
}

function entryOf(row: SqlRow): LedgerEntry {
  try {
    const personal = row['personal'];
    return LedgerEntry.parse({
      seq: row['seq'],
      bookedAt: row['booked_at'],
      body: JSON.parse(String(row['body'])) as unknown,
      personal: typeof personal === 'string' ? personOf(personal) : null,
      previous: row['previous'],
      hash: row['hash'],
    });
  } catch (error) {
    throw new GleanerError(
      'ledger-damaged',
      `Entry ${String(row['seq'])} of the ledger cannot be read.`,
      'Run "gleaner ledger verify" to see where the ledger was changed.',
      { cause: error },
    );
  }
}

function personOf(personalText: string): unknown {
  const stored: unknown = JSON.parse(personalText);
  if (typeof stored !== 'object' || stored === null) return stored;
  return Object.fromEntries(Object.entries(stored).filter(([key]) => key !== 'salt'));
}

function isAttempt(entry: LedgerEntry): entry is AttemptEntry {
  return entry.body.kind === 'attempt';
}
