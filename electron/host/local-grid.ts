import { randomUUID } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { SpawnWorker } from '../base/worker.ts';
import {
  type CommandOutput,
  type Failure,
  GleanerError,
  type GridView,
  type JobDocument,
  type JobState,
  type JobStream,
  type JobView,
} from '../contract/index.ts';
import { judge, tailOfResult } from '../grid/local/judge.ts';
import { readPackage } from '../grid/local/package.ts';
import { LocalQueue } from '../grid/local/queue.ts';
import type { Contacted } from '../grid/local/queue-types.ts';
import { type JobMachine, LocalRunner } from '../grid/local/runner.ts';
import { packageTar, samplePackages } from '../grid/local/sample.ts';
import type { Database } from '../ledger/database.ts';
import type { Ledger } from '../ledger/ledger.ts';

/** Uploads on their way into the queue; in the jobs folder, so that adopting one is a rename. */
const stagingPrefix = 'staging-';

export interface LocalGridOptions {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly jobsDir: string;
  readonly sampleDir: string;
  readonly spawnWorker: SpawnWorker;
  /** Whether jobs that declare network may be begun now. */
  readonly networkOpen: () => boolean;
  /** What the running job has moved through the gateway. */
  readonly contacted: Contacted;
  readonly clock: Clock;
  readonly log: Log;
  readonly onChange: () => void;
  /** A job goes on although something is wrong with keeping its progress; null when it is mended. */
  readonly onProblem: (failure: Failure | null) => void;
}

/** The embedded grid as the host sees it: the queue, its runner and the files of its jobs as one. */
export class LocalGrid {
  readonly #o: LocalGridOptions;
  readonly #queue: LocalQueue;
  readonly #runner: LocalRunner;

  constructor(o: LocalGridOptions) {
    this.#o = o;
    this.#queue = new LocalQueue({
      database: o.database,
      book: (body, personal) => o.ledger.book(body, personal),
      jobsDir: o.jobsDir,
      clock: o.clock,
      networkOpen: o.networkOpen,
      contacted: o.contacted,
    });
    this.#runner = new LocalRunner({
      queue: this.#queue,
      judge: (files) => judge({ ...files, spawnWorker: o.spawnWorker }),
      clock: o.clock,
      log: o.log,
      onChange: o.onChange,
      onProblem: o.onProblem,
    });
  }

  /**
   * Takes back what an earlier host left behind, but for the job that waits for the saved machine `generation`; to be
   * called once, before anything runs.
   */
  async recover(generation: string | null): Promise<void> {
    const left = (await readdir(this.#o.jobsDir)).filter((name) => name.startsWith(stagingPrefix));
    for (const name of left) await rm(join(this.#o.jobsDir, name), { recursive: true, force: true });
    await this.#queue.recover(generation);
  }

  /** Whether no job is queued or running. */
  isIdle(): boolean {
    const { queued, running } = this.#queue.counts();
    return queued + running === 0;
  }

  /** Whether a job runs, or one may be begun now. */
  hasWork(): boolean {
    return this.#queue.hasWork();
  }

  /** Reads a package and, unless it is a dry run, queues it. `admit` rejects what can never run here. */
  async add(
    body: AsyncIterable<Uint8Array>,
    {
      dryRun,
      admit,
    }: {
      readonly dryRun: boolean;
      readonly admit: (document: JobDocument) => Promise<void>;
    },
  ): Promise<CommandOutput<'jobs.add'>> {
    const stagingDir = join(this.#o.jobsDir, `${stagingPrefix}${randomUUID()}`);
    try {
      const found = await readPackage(body, stagingDir);
      const { document, inputFiles, inputBytes } = found;
      await admit(document);
      const id = dryRun ? null : await this.#queue.add(found);
      return { id, document, inputFiles, inputBytes };
    } finally {
      await rm(stagingDir, { recursive: true, force: true });
    }
  }

  /** The packages of the sample project, as a client would upload them. */
  async *samples(): AsyncGenerator<AsyncIterable<Uint8Array>, void, undefined> {
    for await (const sample of samplePackages(this.#o.sampleDir)) yield oneChunk(packageTar(sample));
  }

  /** Whether a job is under way: running, or parked in the saved machine `generation`. */
  needs(generation: string | null): boolean {
    // The runner still tidies up after a job that is booked already.
    const isUnderWay = this.#runner.isRunning && this.#queue.counts().running > 0;
    return isUnderWay || this.#queue.isAwaited(generation);
  }

  /** Collects a checkpoint of the running job if the machine delivers one within `limitMs`. */
  keepProgress(limitMs: number): Promise<void> {
    return this.#runner.keep(limitMs);
  }

  /** Seconds of work since `since` (epoch ms) that had to be done again, because nothing had kept them. */
  lostSeconds(since: number): number {
    return this.#queue.lost(since).wallSeconds;
  }

  /** Runs jobs until none is queued; see `LocalRunner.run`. */
  run(machine: JobMachine): Promise<unknown> {
    return this.#runner.run(machine);
  }

  /** Ends the running attempt as interrupted, see `LocalRunner.dispose`. */
  end(saveMs: number): Promise<void> {
    return this.#runner.dispose(saveMs);
  }

  abort(id: string): Promise<void> {
    return this.#runner.abort(id);
  }

  list(limit: number): JobView[] {
    return this.#queue.list(limit);
  }

  /** Throws `not-found`. */
  job(id: string): JobView {
    const job = this.#queue.view(id);
    if (!job) throw new GleanerError('not-found', `There is no job ${id}.`, 'See: gleaner jobs list');
    return job;
  }

  /** undefined: there is no such job. */
  stateOf(id: string): JobState | undefined {
    return this.#queue.view(id)?.state;
  }

  document(id: string): JobDocument {
    return this.#queue.document(id);
  }

  counts(): Pick<GridView, JobState> {
    return this.#queue.counts();
  }

  /** The streams of which more came than was kept. */
  truncated(id: string): readonly JobStream[] {
    return this.#queue.truncated(id);
  }

  /** Last bytes of what the job wrote, as hostile text; empty while there is no result. */
  tail(id: string, name: 'stdout' | 'stderr', maxBytes: number): Promise<string> {
    if (!this.job(id).hasResult) return Promise.resolve('');
    const { spawnWorker } = this.#o;
    return tailOfResult({ spawnWorker, resultTarPath: this.#queue.resultPath(id), name, maxBytes });
  }

  /** Throws `job-unfinished` or `not-found` when there is none. */
  resultPath(id: string): string {
    const { state, hasResult } = this.job(id);
    if (hasResult) return this.#queue.resultPath(id);
    if (state === 'queued' || state === 'running') {
      throw new GleanerError('job-unfinished', `Job ${id} is not finished: it is ${state}.`);
    }
    throw new GleanerError('not-found', `Job ${id} ended without a result.`, `See: gleaner jobs show ${id}`);
  }
}

// eslint-disable-next-line @typescript-eslint/require-await -- a stream of one chunk has nothing to wait for
async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}
