import { randomBytes } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import {
  type Failure,
  GleanerError,
  type GridView,
  JobDocument,
  JobState,
  type JobStream,
  type JobView,
} from '../../contract/index.ts';
import { type CheckpointRecord, CheckpointRecords } from './queue-checkpoints.ts';
import { abortedFailure, bookingOfAttempt, type Ending, settlementOf } from './queue-ending.ts';
import { JobFiles } from './queue-files.ts';
import { type Adopted, lastKnown, lossOf, resumed, waitsFor } from './queue-parking.ts';
import {
  JobRow,
  jobColumns,
  type LeaseMemo,
  type LiveJob,
  type Parked,
  queueMigrations,
  type Usage,
  viewOf,
} from './queue-rows.ts';
import type { Book, Lease, NewJob, QueueDatabase, QueueOptions, QueueStep, Value } from './queue-types.ts';

/** One that declares network waits while that is closed; takes whether it is open. */
const leasable = "(? = 1 OR document ->> '$.network' = 'none')";
const noUsage: Usage = { wallSeconds: 0, frozenSeconds: 0, cpuSeconds: 0, memoryPeakBytes: 0 };

/**
 * The embedded grid's durable queue: first in, first out, on one machine. Jobs go queued → running → done,
 * failed or aborted; an interrupted attempt puts its job back. Ending a lease and booking the attempt are one
 * transaction. Methods throw `not-found`, `wrong-phase`, `job-finished` and what the database throws.
 */
export class LocalQueue {
  readonly #db: QueueDatabase;
  readonly #book: Book;
  readonly #clock: Clock;
  readonly #step: (name: QueueStep) => void;
  readonly #networkOpen: () => boolean;
  readonly #contacted: QueueOptions['contacted'];
  readonly files: JobFiles;
  readonly checkpoints: CheckpointRecords;
  #live: LiveJob | undefined;

  constructor({ database, book, jobsDir, clock, step, networkOpen, contacted }: QueueOptions) {
    this.files = new JobFiles(jobsDir);
    this.#db = database;
    this.checkpoints = new CheckpointRecords(database);
    this.#book = book;
    this.#clock = clock;
    this.#step = step ?? (() => undefined);
    this.#networkOpen = networkOpen ?? (() => true);
    this.#contacted = contacted;
    database.migrate('local-queue', queueMigrations);
  }

  /**
   * Queues a job whose input tar lies, synced, on the same file system; takes the tar. Digests are `sha256:…`.
   * Resolves with the job's id once both are durable; nothing stays behind when it rejects.
   */
  async add(job: NewJob): Promise<string> {
    const id = this.#newId();
    try {
      await this.files.adopt(id, job.inputTarPath);
      const { title, owner } = job.document;
      this.#db.run(
        `INSERT INTO local_jobs (id, state, label, document, document_digest, input_digest, added_at)
         VALUES (?, 'queued', ?, ?, ?, ?, ?)`,
        id,
        JSON.stringify({ title, owner }),
        JSON.stringify(job.document),
        job.documentDigest,
        job.inputDigest,
        this.#clock.now(),
      );
    } catch (error) {
      await this.files.removeAll(id);
      throw error;
    }
    return id;
  }

  /**
   * Starts the next attempt at the oldest queued job that may be begun now; undefined when there is none. Jobs whose deadline has
   * passed end as failed on the way, unbooked: nothing of them ran.
   */
  lease(machine: { readonly accelerator: string; readonly applianceDigest: string }): Lease | undefined {
    return this.#db.transaction(() => {
      for (;;) {
        const next = this.#db.get(
          `SELECT id FROM local_jobs WHERE state = 'queued' AND ${leasable} ORDER BY seq LIMIT 1`,
          Number(this.#networkOpen()),
        );
        if (!next) return undefined;
        const id = String(next['id']);
        const document = this.document(id);
        const now = this.#clock.now();
        if (document.deadline !== undefined && Date.parse(document.deadline) <= now) {
          this.#endUnbooked(id, 'failed', deadlinePassed);
          continue;
        }
        const memo: LeaseMemo = {
          accelerator: machine.accelerator,
          appliance: machine.applianceDigest,
          startedAt: now,
          seenAt: now,
          usage: noUsage,
          checkpointed: false,
        };
        this.#db.run(
          `UPDATE local_jobs SET state = 'running', attempt = attempt + 1, lease = ?,
             started_at = coalesce(started_at, ?) WHERE id = ?`,
          JSON.stringify(memo),
          now,
          id,
        );
        return { id, attempt: this.#row(id).attempt, document };
      }
    });
  }

  /** Records a checkpoint whose file is in place. Returns the numbers of those that are no longer kept. */
  recordCheckpoint(
    lease: Pick<Lease, 'id' | 'attempt'>,
    checkpoint: CheckpointRecord,
    usage: Usage,
  ): number[] {
    return this.#db.transaction(() => {
      const { memo } = this.#leased(lease);
      const now = this.#clock.now();
      const dropped = this.checkpoints.add(lease.id, checkpoint, now);
      this.#remember(lease.id, { ...memo, seenAt: now, usage, kept: usage, checkpointed: true });
      return dropped;
    });
  }

  /** Leaves an attempt to the host that brings its saved machine back; booked by nobody until then. */
  park(lease: Pick<Lease, 'id' | 'attempt'>, parked: Omit<Parked, 'at'>): void {
    this.#db.transaction(() => {
      const { memo } = this.#leased(lease);
      this.#remember(lease.id, { ...memo, parked: { ...parked, at: this.#clock.now() } });
    });
  }

  /** Takes up, once, the attempt that waits for this saved machine, which is back; undefined when none does. */
  adopt(generation: string | null): (Adopted & { readonly lease: Lease }) | undefined {
    return this.#db.transaction(() => {
      const row = this.#waiting(generation);
      if (!row?.lease?.parked) return undefined;
      const { memo, adopted } = resumed(row.lease, row.lease.parked, this.#clock.now());
      this.#remember(row.id, memo);
      const { id, attempt } = row;
      return { ...adopted, lease: { id, attempt, document: this.document(id) } };
    });
  }

  /** Whether an attempt waits for this saved machine. */
  isAwaited(generation: string | null): boolean {
    return this.#waiting(generation) !== undefined;
  }

  /** Ends an attempt and books it, in one transaction; the result file must be in place before. */
  settle(
    lease: Pick<Lease, 'id' | 'attempt'>,
    ending: Ending,
    usage: Usage,
    endedAt = this.#clock.now(),
  ): void {
    this.#contacted?.settle();
    this.#db.transaction(() => {
      this.#step('settle-begun');
      const { row, memo } = this.#leased(lease);
      const document = this.document(lease.id);
      const settlement = settlementOf(
        ending,
        { stalls: row.stalls, checkpointed: memo.checkpointed },
        document.price,
      );
      const over = settlement.state !== 'queued';
      this.#db.run(
        `UPDATE local_jobs SET state = ?, stalls = ?, failure = ?, earned = ?, has_result = ?, truncated = ?, lease = NULL,
           ended_at = ?, cpu_seconds = cpu_seconds + ?, memory_peak_bytes = max(memory_peak_bytes, ?)
         WHERE id = ?`,
        settlement.state,
        settlement.stalls,
        settlement.failure === null ? null : JSON.stringify(settlement.failure),
        settlement.earned === null ? null : JSON.stringify(settlement.earned),
        settlement.resultDigest === null ? 0 : 1,
        JSON.stringify(settlement.truncated),
        over ? endedAt : null,
        usage.cpuSeconds,
        usage.memoryPeakBytes,
        lease.id,
      );
      if (over) this.checkpoints.clear(lease.id);
      if (ending.outcome === 'interrupted') this.#lose(lease, lossOf(memo, usage), endedAt);
      this.#step('settle-released');
      const hosts = document.network === 'none' ? [] : (this.#contacted?.take() ?? []);
      this.#book({ ...bookingOfAttempt(row, memo, settlement, usage, endedAt), hosts }, row.label);
      this.#step('settle-booked');
    });
    this.#step('settle-committed');
  }

  /** Ends a job that waits: one that nothing ran of is not booked, one whose machine is saved is. */
  abortWaiting(id: string): void {
    const { state, attempt, lease } = this.#row(id);
    if (lease?.parked) {
      this.settle({ id, attempt }, { outcome: 'aborted' }, lease.parked.usage);
      return;
    }
    this.#db.transaction(() => {
      if (state === 'running') throw new GleanerError('wrong-phase', `Job ${id} is running.`);
      if (state !== 'queued') throw new GleanerError('job-finished', `Job ${id} has already ended.`);
      this.#endUnbooked(id, 'aborted', abortedFailure);
    });
  }

  /**
   * Books attempts that somebody left behind (a dead host, a disk that refused the booking, a saved machine that is
   * no more) as interrupted, with what was last known of them, and queues their jobs again or gives them up. The one
   * that waits for the saved machine `generation` stays. Only while no attempt runs.
   */
  reclaim(generation: string | null): void {
    for (const row of this.#rows("WHERE state = 'running' ORDER BY seq")) {
      if (!row.lease || waitsFor(row, generation)) continue;
      const { usage, at, orderly } = lastKnown(row.lease);
      this.settle(row, { outcome: 'interrupted', orderly }, usage, at);
    }
  }

  /** To be called once, before anything else of this run: reclaims, and removes files that nothing needs any more. */
  async recover(generation: string | null): Promise<void> {
    this.reclaim(generation);
    for (const id of await this.files.ids()) {
      const state = this.view(id)?.state;
      if (state === undefined) await this.files.removeAll(id);
      else if (state !== 'queued' && state !== 'running') await this.files.removeWork(id);
    }
  }

  /** Work since `since` (epoch ms) that had to be done again, because it was after an attempt's last checkpoint. */
  lost(since: number): { wallSeconds: number; cpuSeconds: number } {
    const row = this.#db.get(
      'SELECT sum(wall_seconds) AS wall, sum(cpu_seconds) AS cpu FROM local_losses WHERE at >= ?',
      since,
    );
    return { wallSeconds: Number(row?.['wall'] ?? 0), cpuSeconds: Number(row?.['cpu'] ?? 0) };
  }

  /** What the runner knows better of the job that runs; undefined when none does. */
  tell(live: LiveJob | undefined): void {
    this.#live = live;
  }

  /** The running jobs and the newest others: those that run, those that wait in the order in which they will, the rest. */
  list(limit: number): JobView[] {
    const rows = this.#rows("ORDER BY state = 'running' DESC, seq DESC LIMIT ?", limit);
    const waiting = rows.filter(({ state }) => state === 'queued').reverse();
    const running = rows.filter(({ state }) => state === 'running');
    const over = rows.filter(({ state }) => state !== 'running' && state !== 'queued');
    return [...running, ...waiting, ...over].map((row) => viewOf(row, this.#live));
  }

  view(id: string): JobView | undefined {
    const [row] = this.#rows('WHERE id = ?', id);
    return row && viewOf(row, this.#live);
  }

  /** Where the result of a job lies whose view says `hasResult`: a tar of `out/…`, `stdout` and `stderr`. */
  resultPath(id: string): string {
    return this.files.resultPath(id);
  }

  /** Of which streams of an ended job more came than its result holds. */
  truncated(id: string): readonly JobStream[] {
    return this.#row(id).truncated;
  }

  document(id: string): JobDocument {
    const row = this.#db.get('SELECT document FROM local_jobs WHERE id = ?', id);
    if (!row) throw notFound(id);
    return JobDocument.parse(JSON.parse(String(row['document'])));
  }

  /** Whether a job runs, or one that is queued may be begun now. */
  hasWork(): boolean {
    const row = this.#db.get(
      `SELECT 1 FROM local_jobs WHERE state = 'running' OR (state = 'queued' AND ${leasable}) LIMIT 1`,
      Number(this.#networkOpen()),
    );
    return row !== undefined;
  }

  counts(): Pick<GridView, JobState> {
    const counts = { queued: 0, running: 0, done: 0, failed: 0, aborted: 0 };
    for (const row of this.#db.all('SELECT state, count(*) AS n FROM local_jobs GROUP BY state')) {
      counts[JobState.parse(row['state'])] = Number(row['n']);
    }
    return counts;
  }

  #newId(): string {
    for (;;) {
      const id = randomBytes(5).toString('hex');
      if (!this.view(id)) return id;
    }
  }

  #endUnbooked(id: string, state: 'failed' | 'aborted', failure: Failure): void {
    this.checkpoints.clear(id);
    this.#db.run(
      'UPDATE local_jobs SET state = ?, failure = ?, ended_at = ? WHERE id = ?',
      state,
      JSON.stringify(failure),
      this.#clock.now(),
      id,
    );
  }

  #leased({ id, attempt }: Pick<Lease, 'id' | 'attempt'>): { row: JobRow; memo: LeaseMemo } {
    const row = this.#row(id);
    if (!row.lease || row.attempt !== attempt) {
      throw new GleanerError('wrong-phase', `Attempt ${attempt} at job ${id} is not running.`);
    }
    return { row, memo: row.lease };
  }

  #remember(id: string, memo: LeaseMemo): void {
    this.#db.run('UPDATE local_jobs SET lease = ? WHERE id = ?', JSON.stringify(memo), id);
  }

  #waiting(generation: string | null): JobRow | undefined {
    return this.#rows("WHERE state = 'running'").find((row) => waitsFor(row, generation));
  }

  #lose(
    { id, attempt }: Pick<Lease, 'id' | 'attempt'>,
    { wallSeconds, cpuSeconds }: ReturnType<typeof lossOf>,
    at: number,
  ): void {
    this.#db.run(
      'INSERT INTO local_losses (job, attempt, at, wall_seconds, cpu_seconds) VALUES (?, ?, ?, ?, ?)',
      id,
      attempt,
      at,
      wallSeconds,
      cpuSeconds,
    );
  }

  #row(id: string): JobRow {
    const [row] = this.#rows('WHERE id = ?', id);
    if (!row) throw notFound(id);
    return row;
  }

  #rows(which: string, ...params: readonly Value[]): JobRow[] {
    return this.#db.all(`SELECT ${jobColumns} ${which}`, ...params).map((row) => JobRow.parse(row));
  }
}

const deadlinePassed: Failure = {
  code: 'job-deadline',
  sentence: "The job's deadline passed before it could start.",
};

function notFound(id: string): GleanerError {
  return new GleanerError('not-found', `There is no job ${id}.`);
}
