import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { JobDocument, JobView } from '../../electron/contract/index.ts';
import { LocalQueue } from '../../electron/grid/local/queue.ts';
import { type Database, openDatabase } from '../../electron/ledger/database.ts';
import { Ledger } from '../../electron/ledger/ledger.ts';
import { FakeClock } from '../fakes/fake-clock.ts';

const digest = `sha256:${'0'.repeat(64)}`;
const machine = { accelerator: 'tcg', applianceDigest: digest };
const usage = { wallSeconds: 2, frozenSeconds: 1, cpuSeconds: 1.5, memoryPeakBytes: 10 };

let dir = '';
let clock: FakeClock;
let database: Database;
let ledger: Ledger;
let queue: LocalQueue;
type Bytes = { host: string; sent: number; received: number };
let network: { open: boolean; counted: Bytes[]; hosts: Bytes[] };

function open(): void {
  database = openDatabase(join(dir, 'gleaner.db'));
  ledger = new Ledger(database, clock);
  queue = new LocalQueue({
    database,
    book: (body, personal) => ledger.book(body, personal),
    jobsDir: join(dir, 'jobs'),
    clock,
    networkOpen: () => network.open,
    contacted: {
      settle: () => {
        expect(database.inTransaction).toBe(false);
        network.hosts.push(...network.counted.splice(0));
      },
      take: () => network.hosts.splice(0),
    },
  });
}
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gleaner-queue-'));
  clock = new FakeClock();
  network = { open: true, counted: [], hosts: [] };
  open();
});
afterEach(() => {
  database.close();
  rmSync(dir, { recursive: true, force: true });
});

function add(different: Record<string, unknown> = {}): Promise<string> {
  const document = JobDocument.parse({ schema: 1, title: 'A job', command: ['true'], ...different });
  const inputTarPath = join(dir, 'input.tar');
  writeFileSync(inputTarPath, 'input');
  return queue.add({ document, documentDigest: digest, inputDigest: digest, inputTarPath });
}

const failureOf = (attempt: () => unknown): unknown => {
  try {
    attempt();
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
  return 'none';
};

test('a job is what its document said, before, while and after it runs', async () => {
  const id = await add({
    title: 'Zero\u0000 and "quotes"',
    owner: '=me',
    price: { amount: 2, unit: 'points' },
  });
  expect(JobView.parse(queue.view(id))).toMatchObject({
    state: 'queued',
    title: 'Zero\u0000 and "quotes"',
    attempt: 0,
    progress: null,
    hasResult: false,
  });
  clock.advance(500);
  const lease = queue.lease(machine);
  expect(lease).toMatchObject({ id, attempt: 1, document: { owner: '=me' } });
  const live = { id, progress: 0.5, progressText: 'half', cpuSeconds: 3, memoryPeakBytes: 7 };
  queue.tell(live);
  expect(queue.view(id)).toMatchObject({ state: 'running', progress: 0.5, cpuSeconds: 3 });
  expect(queue.list(1)).toEqual([queue.view(id)]);
  queue.tell({ ...live, id: 'another' });
  expect(queue.view(id)).toMatchObject({ progress: null, cpuSeconds: 0 });
  queue.tell(live);
  queue.settle({ id, attempt: 1 }, { outcome: 'done', resultDigest: digest }, usage);
  expect(JobView.parse(queue.view(id))).toMatchObject({
    state: 'done',
    progress: 1,
    cpuSeconds: 1.5,
    earned: { amount: 2, unit: 'points' },
    startedAt: clock.now(),
    hasResult: true,
  });
  expect(ledger.entriesOf(id)).toMatchObject([
    {
      personal: { title: 'Zero\u0000 and "quotes"', owner: '=me' },
      body: { ...usage, accelerator: 'tcg', appliance: digest, outcome: 'done', resultDigest: digest },
    },
  ]);
});

test('the running job is listed first, then those that wait as they will run, of the latest', async () => {
  const ids = [await add(), await add(), await add(), await add()];
  queue.lease(machine);
  expect(queue.list(3).map(({ id }) => id)).toEqual([ids[0], ids[2], ids[3]]);
});

test('five interrupted attempts in a row without a checkpoint end a job, and the next one has its turn', async () => {
  const id = await add();
  const next = await add();
  const interrupt = (withCheckpoint: boolean): void => {
    const lease = queue.lease(machine);
    if (lease?.id !== id) throw new Error('another job was leased');
    if (withCheckpoint) {
      queue.recordCheckpoint(lease, { n: queue.checkpoints.next(id), digest, bytes: 1 }, usage);
    }
    queue.settle(lease, { outcome: 'interrupted' }, usage);
  };
  for (let n = 0; n < 4; n += 1) interrupt(false);
  interrupt(true);
  for (let n = 0; n < 4; n += 1) interrupt(false);
  expect(queue.view(id)).toMatchObject({ state: 'queued', attempt: 9 });
  interrupt(false);
  expect(queue.view(id)).toMatchObject({ state: 'failed', failure: { code: 'job-gave-up' } });
  expect(ledger.entriesOf(id).map(({ body }) => body.outcome)).toEqual([
    ...Array.from({ length: 9 }, () => 'interrupted'),
    'failed',
  ]);
  expect(queue.lease(machine)?.id).toBe(next);
});

test('what a dead host left running is booked with what was last known of it, and queued again', async () => {
  const id = await add();
  const lease = queue.lease(machine);
  if (!lease) throw new Error('nothing was leased');
  clock.advance(60_000);
  const checkpointAt = clock.now();
  queue.recordCheckpoint(lease, { n: 1, digest, bytes: 5 }, usage);
  clock.advance(3_600_000);
  database.close();
  open();
  expect(queue.view(id)).toMatchObject({ state: 'running' });
  await queue.recover(null);
  await queue.recover(null);
  expect(queue.view(id)).toMatchObject({ state: 'queued', attempt: 1, checkpointAt, cpuSeconds: 1.5 });
  expect(queue.checkpoints.list(id)).toEqual([{ n: 1, digest, bytes: 5 }]);
  expect(ledger.entriesOf(id)).toMatchObject([
    { body: { outcome: 'interrupted', failure: 'job-interrupted', endedAt: checkpointAt, ...usage } },
  ]);
  expect(queue.lease(machine)).toMatchObject({ id, attempt: 2 });
});

test('a job whose deadline has passed is not started', async () => {
  const id = await add({ deadline: new Date(clock.now() + 1000).toISOString() });
  clock.jump(1000);
  expect(queue.lease(machine)).toBeUndefined();
  expect(queue.view(id)).toMatchObject({ state: 'failed', attempt: 0, failure: { code: 'job-deadline' } });
  expect(ledger.list({ limit: 1 })).toEqual([]);
});

test('asking for what is not there, or not so, is a coded failure', async () => {
  const id = await add();
  expect(queue.view('none')).toBeUndefined();
  expect(failureOf(() => queue.document('none'))).toBe('not-found');
  expect(
    failureOf(() => {
      queue.abortWaiting('none');
    }),
  ).toBe('not-found');
  expect(failureOf(() => queue.recordCheckpoint({ id, attempt: 0 }, { n: 1, digest, bytes: 1 }, usage))).toBe(
    'wrong-phase',
  );
  queue.abortWaiting(id);
  expect(queue.view(id)).toMatchObject({ state: 'aborted', failure: { code: 'job-aborted' }, earned: null });
  expect(queue.lease(machine)).toBeUndefined();
  expect(queue.counts()).toEqual({ queued: 0, running: 0, done: 0, failed: 0, aborted: 1 });
});

test('a job that cannot be queued leaves nothing behind', async () => {
  const inputTarPath = join(dir, 'missing.tar');
  const document = JobDocument.parse({ schema: 1, title: 'A job', command: ['true'] });
  await expect(
    queue.add({ document, documentDigest: digest, inputDigest: digest, inputTarPath }),
  ).rejects.toThrow('ENOENT');
  expect(queue.list(9)).toEqual([]);
  expect(readdirSync(join(dir, 'jobs'))).toEqual([]);
});

test('at the start, files that nothing needs any more are removed, and only these', async () => {
  const [done, waiting] = [await add(), await add()];
  const lease = queue.lease(machine);
  if (lease?.id !== done) throw new Error('another job was leased');
  writeFileSync(queue.resultPath(done), 'result');
  writeFileSync(queue.files.temporaryPath(done, 'staged'), 'half');
  queue.settle(lease, { outcome: 'done', resultDigest: digest }, usage);
  const orphan = join(dir, 'jobs', '0123456789');
  const foreign = join(dir, 'jobs', 'notes');
  for (const path of [orphan, foreign]) mkdirSync(path);
  await queue.recover(null);
  expect(existsSync(orphan)).toBe(false);
  expect(existsSync(foreign)).toBe(true);
  expect(readdirSync(join(dir, 'jobs', done))).toEqual(['result.tar']);
  expect(readdirSync(join(dir, 'jobs', waiting)).sort()).toEqual(['checkpoints', 'input.tar']);
});

test('a job that declares network waits while that is closed, and others go past it', async () => {
  const one = await add({ network: ['example.org:443'] });
  const other = await add();
  network.open = false;
  expect(queue.lease(machine)?.id).toBe(other);
  queue.settle({ id: other, attempt: 1 }, { outcome: 'done', resultDigest: digest }, usage);
  expect([queue.hasWork(), queue.counts().queued, queue.lease(machine)]).toEqual([false, 1, undefined]);
  network.open = true;
  expect(queue.hasWork()).toBe(true);
  expect(queue.lease(machine)?.id).toBe(one);
  // What runs goes on: the gateway itself refuses.
  network.open = false;
  expect(queue.hasWork()).toBe(true);
});

test('hosts contacted are booked with the job that declared network, and with no other', async () => {
  const bytes = { host: 'example.org', sent: 1, received: 2 };
  // Not written down yet.
  network.counted = [bytes];
  const silent = await add();
  queue.lease(machine);
  queue.settle({ id: silent, attempt: 1 }, { outcome: 'done', resultDigest: digest }, usage);
  const open = await add({ network: ['example.org:443'] });
  queue.lease(machine);
  queue.settle({ id: open, attempt: 1 }, { outcome: 'done', resultDigest: digest }, usage);
  expect(ledger.entriesOf(silent)[0]?.body.hosts).toEqual([]);
  expect(ledger.entriesOf(open)[0]?.body.hosts).toEqual([bytes]);
});
