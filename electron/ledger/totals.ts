import type { Today } from '../contract/index.ts';
import type { Database } from './database.ts';

/** Sums over the entries booked at or after `sinceMs`. Reads only. */
export function totalsSince(database: Database, sinceMs: number): Today {
  const sums = database.get(
    `SELECT
       coalesce(sum(body ->> 'cpuSeconds'), 0) AS cpu,
       coalesce(sum(body ->> 'wallSeconds'), 0) AS wall,
       coalesce(sum(body ->> 'outcome' = 'done'), 0) AS done,
       coalesce(sum(body ->> 'outcome' = 'failed'), 0) AS failed
     FROM ledger WHERE booked_at >= ?`,
    sinceMs,
  );
  const earned = database.all(
    `SELECT
       grid,
       body ->> '$.credit.unit' AS unit,
       coalesce(sum(body ->> '$.credit.amount') FILTER (WHERE body ->> '$.credit.status' = 'settled'), 0) AS settled,
       coalesce(sum(body ->> '$.credit.amount') FILTER (WHERE body ->> '$.credit.status' = 'pending'), 0) AS pending,
       coalesce(sum(body ->> '$.credit.amount') FILTER (WHERE body ->> '$.credit.status' = 'observed'), 0) AS observed
     FROM ledger WHERE booked_at >= ? AND body ->> '$.credit.unit' IS NOT NULL
     GROUP BY grid, unit ORDER BY grid, unit`,
    sinceMs,
  );
  return {
    cpuSeconds: Number(sums?.['cpu'] ?? 0),
    wallSeconds: Number(sums?.['wall'] ?? 0),
    jobsDone: Number(sums?.['done'] ?? 0),
    jobsFailed: Number(sums?.['failed'] ?? 0),
    earned: earned.map((row) => ({
      grid: String(row['grid']),
      unit: String(row['unit']),
      settled: Number(row['settled']),
      pending: Number(row['pending']),
      observed: Number(row['observed']),
    })),
  };
}
