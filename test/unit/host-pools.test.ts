import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLog } from '../../electron/base/log.ts';
import { type Failure, GleanerError, type Signals } from '../../electron/contract/index.ts';
import { noSignals } from '../../electron/contract/signals.ts';
import type { Documents, SignedStatement } from '../../electron/grid/condor/messages.ts';
import { isCalm } from '../../electron/host/calm.ts';
import { narrowed } from '../../electron/host/condor-lane.ts';
import { isPoolPermitted } from '../../electron/host/join-rules.ts';
import { PoolFollower } from '../../electron/host/pool-follower.ts';
import { offerOf } from '../../electron/host/pool-offer.ts';
import { contactsOf } from '../../electron/host/pool-web.ts';
import { fakeAllowance } from '../fakes/fake-contribution.ts';
import { CondorFixture, enrolment, policy, tariff } from './condor-fixture.ts';

const MiB = 1024 * 1024;
let dir = '';
let fixture: CondorFixture;
let id = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gleaner-condor-'));
  fixture = new CondorFixture(dir);
  id = fixture.join();
});
afterEach(() => {
  fixture.close();
  rmSync(dir, { recursive: true, force: true });
});

test('a pool may be contacted at its own places and at its catalog, and nowhere else', () => {
  expect(contactsOf(enrolment).map(({ host, port }) => `${host}:${port}`)).toEqual([
    '10.77.0.1:9618',
    '10.77.0.2:9618',
    'pool.example.org:443',
  ]);
});

test('settings permit a pool by its name', () => {
  expect(isPoolPermitted('pool.example.org', { 'grids.permitted': null })).toBe(true);
  expect(isPoolPermitted('pool.example.org', { 'grids.permitted': ['https://pool.example.org/'] })).toBe(
    false,
  );
  expect(isPoolPermitted('pool.example.org', { 'grids.permitted': ['condor:Pool.example.org'] })).toBe(true);
});

test('a pool’s policy can only narrow', () => {
  const allowance = fakeAllowance(0.5);
  expect(narrowed(allowance, null)).toBe(allowance);
  expect(narrowed(allowance, { ...policy, share: 0.75 })).toBe(allowance);
  expect(narrowed(allowance, { ...policy, share: 0.25 })).toMatchObject({
    run: true,
    share: 0.25,
    reasons: [{ code: 'limit', source: 'grid' }],
  });
  expect(narrowed(allowance, { ...policy, share: 0 })).toMatchObject({ run: false, share: 0 });
});

describe('the offer', () => {
  const room = { vcpus: 4, agentMemoryBytes: 1024 * MiB, jobMemoryBytes: 960 * MiB };
  const allowance = { run: true, share: 0.5, vcpus: 4, memoryBytes: 2048 * MiB };
  const offer = (changes: Partial<typeof policy> = {}, granted = allowance) => {
    fixture.store.take(id, {
      version: 2,
      expiresAt: fixture.clock.now() + 1000,
      policy: { ...policy, ...changes },
      tariff,
    });
    return offerOf(fixture.store.pool(id), granted, room, fixture.clock.now());
  };

  test('is what all rules leave', () => {
    expect(offer()).toEqual({ cores: 2, memoryBytes: 960 * MiB });
    expect(offer({ vcpus: 1, memoryBytes: 512 * MiB })).toEqual({ cores: 1, memoryBytes: 512 * MiB });
    expect(offer({ share: 0.1 })).toEqual({ cores: 1, memoryBytes: 960 * MiB });
  });

  test('is none when anybody says so', () => {
    expect(offer({ run: false })).toBeNull();
    expect(offer({ share: 0 })).toBeNull();
    expect(offer({ revoked: ['pc17'] })).toBeNull();
    expect(offer({}, { ...allowance, run: false })).toBeNull();
    offer();
    fixture.clock.advance(2000);
    expect(offerOf(fixture.store.pool(id), allowance, room, fixture.clock.now())).toBeNull();
  });
});

test('a calm moment is one without input, call or show', () => {
  const signals: Signals = { ...noSignals, lastInputAt: 0 };
  expect(isCalm(signals, 59_000)).toBe(false);
  expect(isCalm(signals, 60_000)).toBe(true);
  expect(isCalm({ ...signals, screenLocked: true }, 1)).toBe(true);
  for (const busy of ['call', 'fullScreen', 'presentation', 'sleeping', 'shuttingDown'] as const) {
    expect(isCalm({ ...signals, [busy]: true }, 60_000)).toBe(false);
  }
  expect(isCalm(noSignals, 0)).toBe(true);
});

describe('following the documents', () => {
  let asked = 0;
  let answer: () => Promise<Documents>;
  let statement: SignedStatement | null;
  let problem: Failure | null;
  let news = 0;
  let busy = true;
  let follower: PoolFollower;

  const documents = (changes: Partial<Documents> = {}): Documents => ({
    changed: true,
    version: 5,
    expiresAt: fixture.clock.now() + 86_400_000,
    policy: { ...policy, share: 0.5 },
    tariff,
    statements: [],
    ...changes,
  });
  const settle = async (): Promise<void> => {
    for (let n = 0; n < 10; n += 1) await new Promise((resolve) => setImmediate(resolve));
  };

  beforeEach(() => {
    asked = 0;
    news = 0;
    busy = true;
    statement = null;
    problem = null;
    answer = () => Promise.resolve(documents());
    follower = new PoolFollower({
      id,
      store: fixture.store,
      web: {
        documents: () => {
          asked += 1;
          return answer();
        },
        statement: () => Promise.resolve(statement),
      },
      place: { url: enrolment.catalog.url, pool: enrolment.pool, dir },
      isBusy: () => busy,
      clock: fixture.clock,
      log: silentLog,
      random: () => 1,
      onNews: () => {
        news += 1;
      },
      onProblem: (failure) => {
        problem = failure;
      },
    });
  });
  afterEach(() => follower.dispose());

  test('takes them at once and within a minute ever after, rarely while nothing runs', async () => {
    follower.begin();
    await settle();
    expect(fixture.store.pool(id).documents).toMatchObject({ version: 5, policy: { share: 0.5 } });
    expect(news).toBe(1);
    fixture.clock.advance(50_000);
    await settle();
    expect(asked).toBe(2);
    busy = false;
    fixture.clock.advance(50_000);
    await settle();
    fixture.clock.advance(359_000);
    await settle();
    expect(asked).toBe(3);
    fixture.clock.advance(1000);
    await settle();
    expect(asked).toBe(4);
  });

  test('keeps what was taken when the server is away, and says so only when it counts no more', async () => {
    follower.begin();
    await settle();
    answer = () => Promise.reject(new GleanerError('grid-unreachable', 'Nobody is there.'));
    fixture.clock.advance(50_000);
    await settle();
    expect(fixture.store.pool(id).documents?.version).toBe(5);
    expect([problem, follower.failure?.code]).toEqual([null, 'grid-unreachable']);
    fixture.clock.advance(2 * 86_400_000);
    await settle();
    await follower.ask();
    expect(problem).toMatchObject({ code: 'grid-unreachable' });
  });

  test('tells of documents that are refused, and goes on with the ones before', async () => {
    answer = () => Promise.reject(new GleanerError('pool-document-refused', 'It was rolled back.'));
    follower.begin();
    await settle();
    expect(problem).toMatchObject({ code: 'pool-document-refused' });
    expect(fixture.store.pool(id).documents?.policy.share).toBe(1);
  });

  test('books a statement once, whatever is published anew', async () => {
    const from = 1_698_796_800_000;
    const period = { period: '2023-11-01_2023-12-01', digest: 'a'.repeat(64) };
    answer = () => Promise.resolve(documents({ changed: false, statements: [period] }));
    statement = {
      digest: 'd'.repeat(64),
      statement: {
        schema: 1,
        pool: enrolment.pool,
        host: 'pc17',
        from,
        to: from + 86_400_000,
        unit: 'points',
        tariff: 3,
        lines: [],
        amount: 2.5,
      },
    };
    follower.begin();
    await settle();
    await follower.ask();
    period.digest = 'b'.repeat(64);
    await follower.ask();
    expect(fixture.store.statements(id)).toMatchObject([{ amount: 2_500_000, executions: 0 }]);
    expect(fixture.ledger.list({ limit: 5 })).toHaveLength(2);
  });
});
