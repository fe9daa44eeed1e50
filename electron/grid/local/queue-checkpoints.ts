import type { QueueDatabase } from './queue-types.ts';

export interface CheckpointRecord {
  /** Counts up per job; the file's name. */
  readonly n: number;
  readonly digest: string;
  readonly bytes: number;
}

const kept = 2;

/** The checkpoints that the database knows of; the last two of each job are kept. */
export class CheckpointRecords {
  readonly #db: Pick<QueueDatabase, 'run' | 'get' | 'all'>;

  /** The tables are the queue's. */
  constructor(database: Pick<QueueDatabase, 'run' | 'get' | 'all'>) {
    this.#db = database;
  }

  /** The number for the next checkpoint of a job. */
  next(job: string): number {
    const row = this.#db.get('SELECT max(n) AS n FROM local_checkpoints WHERE job = ?', job);
    return Number(row?.['n'] ?? 0) + 1;
  }

  /** Newest first. */
  list(job: string): CheckpointRecord[] {
    return this.#db
      .all('SELECT n, digest, bytes FROM local_checkpoints WHERE job = ? ORDER BY n DESC', job)
      .map((row) => ({ n: Number(row['n']), digest: String(row['digest']), bytes: Number(row['bytes']) }));
  }

  /** To be called inside a transaction. Returns the numbers of those that are no longer kept. */
  add(job: string, { n, digest, bytes }: CheckpointRecord, at: number): number[] {
    this.#db.run(
      'INSERT INTO local_checkpoints (job, n, digest, bytes, at) VALUES (?, ?, ?, ?, ?)',
      job,
      n,
      digest,
      bytes,
      at,
    );
    const dropped = this.list(job)
      .slice(kept)
      .map((older) => older.n);
    for (const older of dropped) this.forget(job, older);
    return dropped;
  }

  forget(job: string, n: number): void {
    this.#db.run('DELETE FROM local_checkpoints WHERE job = ? AND n = ?', job, n);
  }

  clear(job: string): void {
    this.#db.run('DELETE FROM local_checkpoints WHERE job = ?', job);
  }
}
