import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLog } from '../../electron/base/log.ts';
import { type Failure, GridView, JobView, PoolDetail } from '../../electron/contract/index.ts';
import { nodeAddress } from '../../electron/grid/condor/config.ts';
import { CondorRunner } from '../../electron/grid/condor/runner.ts';
import { FakeNode } from '../fakes/fake-node.ts';
import { CondorFixture, enrolment, nodeJob, nodeRecord, policy, tariff } from './condor-fixture.ts';

const MiB = 1024 * 1024;
let dir = '';
let fixture: CondorFixture;
let id = '';
let node: FakeNode;
let runner: CondorRunner;
let problem: Failure | null = null;
let token: string | null = enrolment.token;
let cores = 1;
let closed: Failure | null = null;

function makeRunner(): CondorRunner {
  return new CondorRunner({
    id,
    store: fixture.store,
    worker: () => node,
    token: () => Promise.resolve(token),
    permitted: () => true,
    networkClosed: () => closed,
    room: () => ({ vcpus: 2, agentMemoryBytes: 300 * MiB, jobMemoryBytes: 256 * MiB }),
    offer: () => ({ cores, memoryBytes: 256 * MiB }),
    attributes: () => ({ GleanerHost: 'pc17' }),
    machineRuns: () => true,
    clock: fixture.clock,
    log: silentLog,
    onChange: () => undefined,
    onProblem: (failure) => {
      problem = failure;
    },
  });
}

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gleaner-condor-'));
  fixture = new CondorFixture(dir);
  id = fixture.join();
  node = new FakeNode();
  problem = null;
  token = enrolment.token;
  cores = 1;
  closed = null;
  runner = makeRunner();
});
afterEach(async () => {
  await runner.dispose();
  fixture.close();
  rmSync(dir, { recursive: true, force: true });
});

/** Until nothing is left that goes on without time passing. */
async function settle(): Promise<void> {
  for (let n = 0; n < 30; n += 1) await new Promise((resolve) => setImmediate(resolve));
}

async function pass(ms: number): Promise<void> {
  await settle();
  for (let left = ms; left > 0; left -= 1000) {
    fixture.clock.advance(Math.min(1000, left));
    await settle();
  }
}

test('brings the node up with the pool’s addresses, its configuration and the token', async () => {
  expect(runner.hasWork()).toBe(true);
  const run = runner.run(node);
  await pass(1000);
  expect(node.forwarded).toEqual(['10.77.0.1:9618', '10.77.0.2:9618']);
  expect(node.started?.addresses).toEqual([
    '10.77.0.1',
    '10.77.0.2',
    nodeAddress(enrolment.pool, enrolment.host),
  ]);
  expect(JSON.stringify(node.started)).not.toContain(enrolment.token);
  expect(node.lastOf('start')).toMatchObject({
    tokens: [{ text: enrolment.token }],
    secret: node.started?.env['GLEANER_SECRET'],
  });
  expect(node.lastOf('start')?.['config']).toContain('NETWORK_HOSTNAME = pc17.pool.example.org');
  expect(node.verbs().slice(0, 4)).toEqual(['hello', 'start', 'look', 'ping']);
  expect(fixture.store.pool(id).state).toBe('joined');
  const view = GridView.parse(runner.view());
  expect(view.state).toBe('waiting');
  expect(view.sentence).toContain('ready');
  await runner.handBack();
  await run;
});

test('shows, remembers and books what runs', async () => {
  const run = runner.run(node);
  await pass(1000);
  node.look = { ...node.look, claimed: 1, jobs: [nodeJob({ cpuSeconds: 3 })] };
  await pass(6000);
  expect(runner.holdsJobs()).toBe(true);
  expect(runner.view()).toMatchObject({
    state: 'working',
    running: 1,
    sentence: 'It runs one job of the pool.',
  });
  expect(runner.jobs().map((job) => JobView.parse(job))).toMatchObject([
    { title: 'simulate (12.0)', owner: 'ada@pool.example.org', state: 'running', cpuSeconds: 3 },
  ]);
  node.look = { ...node.look, claimed: 0, jobs: [], records: [nodeRecord()], next: 400 };
  await pass(6000);
  node.look = { ...node.look, records: [] };
  await pass(6000);
  expect(node.lastOf('look')).toMatchObject({ history: 400 });
  expect(fixture.ledger.list({ limit: 5 })).toHaveLength(1);
  expect(PoolDetail.omit({ documents: true }).parse(runner.detail())).toMatchObject({
    connected: true,
    executions: [{ state: 'done', earned: { amount: 1, unit: 'points', settled: false } }],
  });
  await runner.handBack();
  await run;
});

test('tells the pool how long an execution stood frozen, and not while nothing did', async () => {
  const run = runner.run(node);
  await pass(1000);
  node.look = { ...node.look, jobs: [nodeJob()] };
  await pass(6000);
  expect(node.verbs()).not.toContain('frozen');
  node.frozen = 60_000;
  fixture.clock.advance(60_000);
  await pass(12_000);
  expect(node.lastOf('frozen')).toMatchObject({ jobs: { slot1_1: 60 } });
  expect(node.verbs().filter((verb) => verb === 'frozen')).toHaveLength(1);
  await runner.handBack();
  await run;
});

test('a narrower offer reaches the node within half a minute', async () => {
  const run = runner.run(node);
  await pass(30_000);
  expect(node.verbs()).not.toContain('configure');
  cores = 2;
  await pass(30_000);
  expect(node.lastOf('configure')?.['config']).toContain('<= 2 &&');
  await runner.handBack();
  await run;
});

describe('handing back', () => {
  test('ends the node in order, takes its last words, and loses only what never told', async () => {
    const run = runner.run(node);
    await pass(1000);
    node.look = { ...node.look, jobs: [nodeJob(), nodeJob({ run: 2, slot: 'slot1_2' })] };
    await pass(6000);
    node.onAsked = (verb) => {
      if (verb === 'stop') {
        node.look = { ...node.look, master: false, jobs: [], records: [nodeRecord({ end: 'evicted' })] };
      }
    };
    const done = runner.handBack();
    expect(runner.view().sentence).toBe('It hands 2 jobs back to the pool.');
    await settle();
    await Promise.all([done, run]);
    expect(node.lastOf('stop')).toMatchObject({ mode: 'graceful', seconds: policy.vacateSeconds + 15 });
    expect(node.running).toBe(false);
    expect(runner.holdsJobs()).toBe(false);
    expect(fixture.store.over(id, 5).map(({ run: n, state }) => [n, state])).toEqual([
      [1, 'evicted'],
      [2, 'lost'],
    ]);
  });

  test('comes by itself when the rules close the network, and it says why until they open it', async () => {
    const run = runner.run(node);
    await pass(1000);
    node.look = { ...node.look, jobs: [nodeJob()] };
    await pass(6000);
    node.onAsked = (verb) => {
      if (verb !== 'stop') return;
      node.look = { ...node.look, master: false, jobs: [], records: [nodeRecord({ end: 'evicted' })] };
    };
    closed = { code: 'network-quota', sentence: 'Today’s network quota is used up.' };
    await pass(6000);
    await run;
    expect(fixture.store.over(id, 5)).toMatchObject([{ state: 'evicted' }]);
    expect(runner.hasWork()).toBe(false);
    expect(runner.view()).toMatchObject({ sentence: 'Today’s network quota is used up.' });
    closed = null;
    expect(runner.hasWork()).toBe(true);
  });

  test('comes by itself when the person lets the pool rest, or it takes no new work and has none', async () => {
    const run = runner.run(node);
    await pass(1000);
    fixture.store.change(id, { noNewWork: true });
    runner.follow();
    await pass(6000);
    await run;
    expect(node.verbs()).toContain('stop');
    expect(runner.hasWork()).toBe(false);
    fixture.store.change(id, { noNewWork: false });
    runner.retry();
    expect(runner.hasWork()).toBe(true);
    fixture.store.change(id, { suspended: true });
    expect(runner.hasWork()).toBe(false);
    expect(runner.view().state).toBe('suspended');
  });
});

test('a machine that is gone takes what ran with it', async () => {
  const run = runner.run(node);
  await pass(1000);
  node.look = { ...node.look, jobs: [nodeJob()] };
  await pass(6000);
  node.gone = true;
  const outcome = run.catch((error: unknown) => error);
  await pass(6000);
  expect(await outcome).toMatchObject({ code: 'session-lost' });
  runner.machineGone();
  expect(fixture.store.over(id, 5)).toMatchObject([{ state: 'lost' }]);
  expect(runner.hasWork()).toBe(true);
});

test('a node that fails is tried again, after ever longer waits, and told of when that does not help', async () => {
  for (const waitMs of [30_000, 60_000, 120_000]) {
    const run = runner.run(node).catch((error: unknown) => error);
    await pass(1000);
    node.look = { ...node.look, master: false, ended: 'signal 11' };
    await pass(6000);
    expect(await run).toMatchObject({ code: 'agent-failed' });
    expect(runner.hasWork()).toBe(false);
    await pass(waitMs - 8000);
    expect(runner.hasWork()).toBe(false);
    await pass(8000);
    expect(runner.hasWork()).toBe(true);
    node.look = { ...node.look, master: true };
  }
  expect(problem?.sentence).toBe('HTCondor’s daemons ended: signal 11.');
  runner.retry();
  expect(problem).toBeNull();
});

test.each([
  ['refused', 'attention', 'pool-refused'],
  ['unreachable', 'joining', 'grid-unreachable'],
] as const)('a pool that is %s', async (answer, state, code) => {
  node.ping = { answer, words: 'DENIED' };
  const run = runner.run(node);
  await pass(1000);
  expect(runner.view()).toMatchObject({ state, failure: { code } });
  expect(problem?.code ?? null).toBe(answer === 'refused' ? 'pool-refused' : null);
  node.ping = { answer: 'accepted', words: '' };
  await pass(20_000);
  expect(runner.view()).toMatchObject({ state: 'waiting', failure: null });
  await runner.handBack();
  await run;
});

describe('no work', () => {
  const take = (changes: Partial<typeof policy>, expiresAt = fixture.clock.now() + 1000): void => {
    fixture.store.take(id, { version: 2, expiresAt, policy: { ...policy, ...changes }, tariff });
  };

  test('without a policy, with one that has expired, one that says so, or one that names this host', () => {
    take({ run: false });
    expect(runner.hasWork()).toBe(false);
    expect(runner.view().sentence).toBe('The pool asks all its computers to rest.');
    take({ revoked: ['pc18'] });
    expect(runner.hasWork()).toBe(true);
    take({ revoked: ['pc17'] });
    expect(runner.hasWork()).toBe(false);
    expect(runner.view()).toMatchObject({ state: 'attention', failure: { code: 'pool-revoked' } });
    take({}, fixture.clock.now() - 1);
    expect(runner.hasWork()).toBe(false);
  });

  test('without a token', async () => {
    token = null;
    const outcome = runner.run(node).catch((error: unknown) => error);
    await pass(1000);
    expect(await outcome).toMatchObject({ code: 'pool-refused' });
    expect(node.started).toBeUndefined();
  });
});
