import { YieldRecord, type YieldReport, type YieldStats } from '../contract/policy.ts';
import type { Database, SqlRow } from './database.ts';

const dayMs = 86_400_000;
const days = 30;
const mostLatest = 20;
/** Upper bounds of the histogram's buckets in ms; the last bucket is open. */
const buckets = [10, 20, 30, 50, 80, 120, 200, 300, 500, 1000, 2000, 5000];

/** A plain table: how fast the computer was given back is a measurement, not an account. */
export const yieldMigrations: readonly string[] = [
  `
  CREATE TABLE yields (
    at INTEGER NOT NULL,
    cause TEXT NOT NULL,
    stopped_ms REAL NOT NULL,
    quiet_ms REAL,
    polled_ms REAL NOT NULL,
    input_source TEXT
  ) STRICT;
  CREATE INDEX yields_at ON yields (at);
  `,
];

/** The `p`-th percentile (0…1) by the nearest-rank method; null of nothing. Pure. */
export function percentile(values: readonly number[], p: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)] ?? null;
}

/** Remembers for 30 days how fast the computer was given back. */
export class YieldLog {
  readonly #database: Database;
  /** Of the last 30 days, the newest last; read once, so that a Snapshot asks no disk. */
  #records: YieldRecord[];

  constructor(database: Database, now: number) {
    database.migrate('yields', yieldMigrations);
    this.#database = database;
    this.#records = database
      .all('SELECT * FROM yields WHERE at >= ? ORDER BY at', now - days * dayMs)
      .flatMap(fromRow);
  }

  /** Throws what the database throws; the record counts in this run all the same. */
  add(record: YieldRecord): void {
    this.#records.push(record);
    this.#forget(record.at);
    this.#database.transaction(() => {
      this.#database.run('DELETE FROM yields WHERE at < ?', record.at - days * dayMs);
      this.#database.run(
        'INSERT INTO yields VALUES (?, ?, ?, ?, ?, ?)',
        record.at,
        record.cause,
        record.stoppedMs,
        record.quietMs,
        record.polledMs,
        record.inputSource,
      );
    });
  }

  /** @param now epoch ms */
  stats(now: number): YieldStats {
    this.#forget(now);
    const all = this.#records.map(totalMs);
    return {
      count: all.length,
      lastMs: all.at(-1) ?? null,
      p50Ms: percentile(all, 0.5),
      p95Ms: percentile(all, 0.95),
    };
  }

  report(now: number): YieldReport {
    const stats = this.stats(now);
    const all = this.#records.map(totalMs);
    const histogram = [...buckets, null].map((upToMs, index) => {
      const above = buckets[index - 1] ?? Number.NEGATIVE_INFINITY;
      const count = all.filter((ms) => ms > above && ms <= (upToMs ?? Number.POSITIVE_INFINITY)).length;
      return { upToMs, count };
    });
    return { days, stats, histogram, latest: this.#records.slice(-mostLatest).reverse() };
  }

  #forget(now: number): void {
    const from = now - days * dayMs;
    if ((this.#records[0]?.at ?? now) < from) this.#records = this.#records.filter(({ at }) => at >= from);
  }
}

/** Cause → computer given back: until QEMU uses no CPU where that was seen, with what polling may have added. Pure. */
export function totalMs({ stoppedMs, quietMs, polledMs }: YieldRecord): number {
  return (quietMs ?? stoppedMs) + polledMs;
}

function fromRow(row: SqlRow): YieldRecord[] {
  const parsed = YieldRecord.safeParse({
    at: row['at'],
    cause: row['cause'],
    stoppedMs: row['stopped_ms'],
    quietMs: row['quiet_ms'],
    polledMs: row['polled_ms'],
    inputSource: row['input_source'],
  });
  return parsed.success ? [parsed.data] : [];
}
