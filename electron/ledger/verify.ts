import { sha256Digest } from '../base/canonical-json.ts';
import type { Clock } from '../base/clock.ts';
import type { LedgerVerdict } from '../contract/index.ts';
import { genesis, hashLink } from './chain.ts';
import type { Database, SqlRow } from './database.ts';
import { Turns } from './turns.ts';

/** Rows per read. */
const pageRows = 100;

/** Whether what sums and searches read is what stands in the body; a body that is no JSON is named by its hash. */
const isReadRight = `CASE WHEN NOT json_valid(l.body) THEN 1 ELSE ${[
  ...['booked_at', 'grid', 'kind', 'job', 'outcome', 'hosts', 'unit', 'status', 'amount'],
  ...['cpu_seconds', 'wall_seconds', 'watt_hours', 'energy_model'],
]
  .map((column) => `f.${column} IS r.${column}`)
  .join(' AND ')} AND f.seq IS NOT NULL
  AND (p.seq IS NULL OR (f.title IS json_extract(p.personal, '$.title')
    AND f.owner IS json_extract(p.personal, '$.owner'))) END`;

interface Fault {
  readonly seq: number;
  readonly why: string;
}

/**
 * Re-computes every hash and names the first entry that is changed, missing or out of order, including
 * entries cut off at the end and personal fields that are not those that were booked (absent ones are fine:
 * they expire). Entries booked meanwhile are walked too.
 */
export async function verifyChain(database: Database, clock: Clock): Promise<LedgerVerdict> {
  let last = { seq: 0, hash: genesis };
  const turns = new Turns(clock);
  for (;;) {
    const rows = database.all(
      `SELECT l.seq, l.booked_at, l.body, l.previous, l.hash, p.personal, ${isReadRight} AS is_read_right
       FROM ledger l LEFT JOIN ledger_personal p ON p.seq = l.seq
         LEFT JOIN ledger_facts f ON f.seq = l.seq JOIN ledger_readable r ON r.seq = l.seq
       WHERE l.seq > ? ORDER BY l.seq LIMIT ?`,
      last.seq,
      pageRows,
    );
    // In one turn with the last read, so that nothing is booked between the two.
    if (rows.length === 0) return verdict(database, last, faultAround(database, last.seq));
    for (const row of rows) {
      const fault = faultOf(row, last);
      if (fault) return verdict(database, last, fault);
      last = { seq: Number(row['seq']), hash: String(row['hash']) };
    }
    await turns.letOthersIn();
  }
}

function verdict(
  database: Database,
  last: { readonly seq: number; readonly hash: string },
  fault: Fault | undefined,
): LedgerVerdict {
  const entries = Number(database.get('SELECT count(*) AS n FROM ledger')?.['n'] ?? 0);
  const head = last.seq === 0 ? null : last.hash;
  return { ok: fault === undefined, entries, head, firstBad: fault ?? null };
}

function faultOf(row: SqlRow, last: { readonly seq: number; readonly hash: string }): Fault | undefined {
  const link = {
    seq: Number(row['seq']),
    bookedAt: Number(row['booked_at']),
    body: String(row['body']),
    previous: String(row['previous']),
  };
  const expected = last.seq + 1;
  if (link.seq !== expected) return { seq: expected, why: 'the entry is missing' };
  if (link.previous !== last.hash)
    return { seq: expected, why: 'it does not follow from the entry before it' };
  if (hashLink(link) !== row['hash']) return { seq: expected, why: 'its content does not match its hash' };
  const personal = row['personal'];
  // The body is proven by its hash here: what was booked is JSON.
  if (typeof personal === 'string' && bookedPersonalDigest(link.body) !== sha256Digest(personal)) {
    return { seq: expected, why: 'its personal fields are not those that were booked' };
  }
  if (row['is_read_right'] !== 1)
    return { seq: expected, why: 'what sums and searches read of it is not what was booked' };
  return undefined;
}

function bookedPersonalDigest(body: string): unknown {
  const value: unknown = JSON.parse(body);
  return typeof value === 'object' && value !== null && 'personalDigest' in value
    ? value.personalDigest
    : undefined;
}

/** What only shows beside the chain: a cut end, personal fields of no entry. */
function faultAround(database: Database, lastSeq: number): Fault | undefined {
  const counter = database.get("SELECT seq FROM sqlite_sequence WHERE name = 'ledger'");
  const booked = Number(counter?.['seq'] ?? 0);
  if (booked > lastSeq) return { seq: lastSeq + 1, why: 'entries at the end are missing' };
  if (booked < lastSeq) return { seq: booked + 1, why: 'the count of entries was changed' };
  const stray = database.get(
    `SELECT min(seq) AS seq FROM (SELECT seq FROM ledger_personal UNION ALL SELECT seq FROM ledger_facts)
     WHERE seq NOT IN (SELECT seq FROM ledger)`,
  );
  const seq = stray?.['seq'];
  return typeof seq === 'number' ? { seq, why: 'there are fields of an entry that is not there' } : undefined;
}
