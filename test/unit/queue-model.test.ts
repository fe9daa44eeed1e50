import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { GleanerError, JobDocument, type JobState } from '../../electron/contract/index.ts';
import { LocalQueue } from '../../electron/grid/local/queue.ts';
import type { Book } from '../../electron/grid/local/queue-types.ts';
import { type Database, openDatabase } from '../../electron/ledger/database.ts';
import { Ledger } from '../../electron/ledger/ledger.ts';
import { FakeClock } from '../fakes/fake-clock.ts';

interface ModelJob {
  readonly id: string;
  readonly price: number | null;
  readonly deadline: number | null;
  state: JobState;
  attempt: number;
  stalls: number;
  checkpointed: boolean;
  checkpoints: number[];
  /** Seconds that are known of the running attempt. */
  used: number;
}

interface Model {
  /** The saved machine that the running job waits for. */
  parked: string | null;
  /** Work that had to be done again, in s. */
  lost: number;
  jobs: ModelJob[];
  /** `job attempt outcome credit` of every booking, in order. */
  booked: string[];
}

/** The real queue on the real database, which can be closed and opened again. */
class Real {
  readonly clock = new FakeClock();
  readonly #dir = mkdtempSync(join(tmpdir(), 'gleaner-queue-'));
  readonly jobsDir = join(this.#dir, 'jobs');
  #open = this.#opened();

  get queue(): LocalQueue {
    return this.#open.queue;
  }

  restart(): void {
    this.#open.database.close();
    this.#open = this.#opened();
  }

  booked(): string[] {
    return this.#open.ledger
      .list({ limit: 1000 })
      .reverse()
      .flatMap(({ body }) => (body.kind === 'attempt' ? [body] : []))
      .map(({ job, attempt, outcome, credit }) => `${job} ${attempt} ${outcome} ${credit?.amount ?? '-'}`);
  }

  dispose(): void {
    this.#open.database.close();
    rmSync(this.#dir, { recursive: true });
  }

  #opened(): { database: Database; ledger: Ledger; queue: LocalQueue } {
    const { clock } = this;
    const database = openDatabase(join(this.#dir, 'gleaner.db'));
    const ledger = new Ledger(database, clock);
    const book: Book = (body, personal) => ledger.book(body, personal);
    return { database, ledger, queue: new LocalQueue({ database, book, jobsDir: this.jobsDir, clock }) };
  }
}

type Command = fc.AsyncCommand<Model, Real>;
const usage = { wallSeconds: 2, frozenSeconds: 1, cpuSeconds: 1.5, memoryPeakBytes: 10 };
const digest = `sha256:${'0'.repeat(64)}`;
const running = (model: Model): ModelJob | undefined => model.jobs.find(({ state }) => state === 'running');

function compare(model: Model, real: Real): void {
  const views = new Map(real.queue.list(1000).map((view) => [view.id, view]));
  expect(views.size).toBe(model.jobs.length);
  for (const job of model.jobs) {
    expect(views.get(job.id)).toMatchObject({ state: job.state, attempt: job.attempt });
    expect(real.queue.checkpoints.list(job.id).map(({ n }) => n)).toEqual(job.checkpoints);
  }
  expect(real.booked()).toEqual(model.booked);
  expect(real.queue.isAwaited('a')).toBe(model.parked === 'a');
  expect(real.queue.isAwaited(null)).toBe(false);
  expect(real.queue.lost(0).wallSeconds).toBe(model.lost);
  const counts = real.queue.counts();
  for (const state of ['queued', 'running', 'done', 'failed', 'aborted'] as const) {
    expect(counts[state]).toBe(model.jobs.filter((job) => job.state === state).length);
  }
}

function command(
  name: string,
  check: (model: Model) => boolean,
  run: (model: Model, real: Real) => unknown,
): Command {
  return {
    check: (model) => check(model),
    run: async (model, real) => {
      await run(model, real);
      compare(model, real);
    },
    toString: () => name,
  };
}

function interrupt(model: Model, job: ModelJob, { orderly = false, used = job.used } = {}): void {
  model.parked = null;
  model.lost += used - (job.checkpointed ? usage.wallSeconds : 0);
  job.stalls = job.checkpointed ? 0 : job.stalls + (orderly ? 0 : 1);
  const gaveUp = job.stalls >= 5;
  job.state = gaveUp ? 'failed' : 'queued';
  if (gaveUp) job.checkpoints = [];
  model.booked.push(`${job.id} ${job.attempt} ${gaveUp ? 'failed' : 'interrupted'} -`);
}

const add = (price: number | null, deadlineIn: number | null): Command =>
  command(
    `add(${price ?? '-'}, ${deadlineIn ?? '-'})`,
    () => true,
    async (model, real) => {
      const deadline = deadlineIn === null ? null : real.clock.now() + deadlineIn;
      const document = JobDocument.parse({
        schema: 1,
        title: 'A job',
        command: ['true'],
        ...(price === null ? {} : { price: { amount: price, unit: 'points' } }),
        ...(deadline === null ? {} : { deadline: new Date(deadline).toISOString() }),
      });
      const inputTarPath = join(real.jobsDir, '..', 'input.tar');
      writeFileSync(inputTarPath, 'input');
      const id = await real.queue.add({
        document,
        documentDigest: digest,
        inputDigest: digest,
        inputTarPath,
      });
      model.jobs.push({
        id,
        price,
        deadline,
        state: 'queued',
        attempt: 0,
        stalls: 0,
        checkpointed: false,
        checkpoints: [],
        used: 0,
      });
    },
  );

const lease: Command = command(
  'lease',
  (model) => !running(model),
  (model, real) => {
    let next = model.jobs.find(({ state }) => state === 'queued');
    while (next?.deadline != null && next.deadline <= real.clock.now()) {
      next.state = 'failed';
      next.checkpoints = [];
      next = model.jobs.find(({ state }) => state === 'queued');
    }
    const leased = real.queue.lease({ accelerator: 'tcg', applianceDigest: digest });
    expect(leased?.id).toBe(next?.id);
    if (!next) return;
    next.state = 'running';
    next.attempt += 1;
    next.checkpointed = false;
    next.used = 0;
    expect(leased?.attempt).toBe(next.attempt);
  },
);

const checkpoint: Command = command(
  'checkpoint',
  (model) => running(model) !== undefined && model.parked === null,
  (model, real) => {
    const job = running(model);
    if (!job) return;
    const n = real.queue.checkpoints.next(job.id);
    const dropped = real.queue.recordCheckpoint(job, { n, digest, bytes: 1 }, usage);
    job.checkpoints.unshift(n);
    expect(dropped).toEqual(job.checkpoints.splice(2));
    job.checkpointed = true;
    job.used = usage.wallSeconds;
  },
);

const settle = (outcome: 'done' | 'failed' | 'aborted' | 'interrupted'): Command =>
  command(
    outcome,
    (model) => running(model) !== undefined,
    (model, real) => {
      const job = running(model);
      if (!job) return;
      const ending = {
        done: { outcome: 'done', resultDigest: digest },
        failed: { outcome: 'failed', failure: { code: 'job-exited', sentence: '3' }, resultDigest: null },
        aborted: { outcome: 'aborted' },
        interrupted: { outcome: 'interrupted' },
      } as const;
      real.queue.settle(job, ending[outcome], usage);
      expect(() => {
        real.queue.settle(job, ending[outcome], usage);
      }).toThrow(GleanerError);
      model.parked = null;
      if (outcome === 'interrupted') interrupt(model, job, { used: usage.wallSeconds });
      else {
        job.state = outcome;
        job.checkpoints = [];
        model.booked.push(
          `${job.id} ${job.attempt} ${outcome} ${outcome === 'done' && job.price !== null ? job.price : '-'}`,
        );
      }
    },
  );

const abort = (pick: number): Command =>
  command(
    `abort(${pick})`,
    (model) => model.jobs.length > 0,
    (model, real) => {
      const job = model.jobs[pick % model.jobs.length];
      if (!job) return;
      const attempt = (): void => {
        real.queue.abortWaiting(job.id);
      };
      if (job.state === 'queued' || (job.state === 'running' && model.parked !== null)) {
        attempt();
        if (job.state === 'running') model.booked.push(`${job.id} ${job.attempt} aborted -`);
        model.parked = null;
        job.state = 'aborted';
        job.checkpoints = [];
      } else {
        const code = job.state === 'running' ? 'wrong-phase' : 'job-finished';
        expect(attempt).toThrow(expect.objectContaining({ code }));
      }
    },
  );

const park = (generation: string): Command =>
  command(
    `park(${generation})`,
    (model) => running(model) !== undefined && model.parked === null,
    (model, real) => {
      const job = running(model);
      if (!job) return;
      const used = { ...usage, wallSeconds: usage.wallSeconds + 5 };
      const more = { ranMs: 1, limit: null, progress: null, progressText: '' };
      real.queue.park(job, { generation, usage: used, ...more });
      model.parked = generation;
      job.used = used.wallSeconds;
    },
  );

const adopt = (generation: string): Command =>
  command(
    `adopt(${generation})`,
    () => true,
    (model, real) => {
      const job = model.parked === generation ? running(model) : undefined;
      const adopted = real.queue.adopt(generation);
      expect(adopted?.lease.id).toBe(job?.id);
      expect(adopted?.lease.attempt).toBe(job?.attempt);
      if (job) model.parked = null;
    },
  );

const restart = (generation: string | null): Command =>
  command(
    `restart(${generation ?? '-'})`,
    () => true,
    async (model, real) => {
      real.restart();
      await real.queue.recover(generation);
      const job = running(model);
      if (!job || (generation !== null && model.parked === generation)) return;
      interrupt(model, job, { orderly: model.parked !== null });
    },
  );

const wait = (ms: number): Command =>
  command(
    `wait(${ms})`,
    () => true,
    (_, real) => {
      real.clock.advance(ms);
    },
  );

test('whatever happens in whatever order, the queue and the ledger are as the model says', async () => {
  const price = fc.constantFrom(null, 0, 0.25);
  const deadline = fc.constantFrom(null, null, 1000);
  const commands = fc.commands(
    [
      fc.tuple(price, deadline).map(([amount, at]) => add(amount, at)),
      fc.constant(lease),
      fc.constant(lease),
      fc.constant(checkpoint),
      fc.constantFrom(...(['done', 'failed', 'aborted', 'interrupted', 'interrupted'] as const)).map(settle),
      fc.nat({ max: 20 }).map(abort),
      fc.constantFrom(null, 'a', 'b').map(restart),
      fc.constantFrom('a', 'b').map(park),
      fc.constantFrom('a', 'b').map(adopt),
      fc.constantFrom(1, 600).map(wait),
    ],
    { maxCommands: 40 },
  );
  await fc.assert(
    fc.asyncProperty(commands, async (sequence) => {
      const real = new Real();
      try {
        await fc.asyncModelRun(
          () => ({ model: { jobs: [], booked: [], parked: null, lost: 0 }, real }),
          sequence,
        );
      } finally {
        real.dispose();
      }
    }),
    { numRuns: 60 },
  );
});
