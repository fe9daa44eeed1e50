import { GleanerError, LedgerEntry } from '../contract/index.ts';
import type { Database, SqlRow, SqlValue } from './database.ts';

/** Reads entries as they were booked; `which` is SQL over the tables `l` (the ledger) and `p` (the personal fields). */
export function readEntries(
  database: Database,
  which: string,
  ...params: readonly SqlValue[]
): readonly LedgerEntry[] {
  const rows = database.all(
    `SELECT l.seq, l.booked_at, l.body, l.previous, l.hash, p.personal
     FROM ledger l LEFT JOIN ledger_personal p ON p.seq = l.seq ${which}`,
    ...params,
  );
  return rows.map(entryOf);
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
