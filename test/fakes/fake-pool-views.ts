import type { GridDetail, GridView } from '../../electron/contract/grids.ts';
import type { LedgerEntry } from '../../electron/contract/ledger.ts';
import type { Enrolment, PoolPolicy, PoolTariff } from '../../electron/contract/pool.ts';
import type { ExecutionView, PoolDetail, PoolOffer } from '../../electron/contract/pool-views.ts';
import { plainly } from '../../electron/contract/said.ts';
import { fakeDetail, fakeGrid, fakeNow } from './fake-grid-views.ts';

const minute = 60_000;
const day = 86_400_000;
const MiB = 1024 * 1024;
const GiB = 1024 * MiB;

export const fakePoolDomain = 'pool.acme.example';

export function fakePoolPolicy(changes: Partial<PoolPolicy> = {}): PoolPolicy {
  return {
    schema: 1,
    pool: fakePoolDomain,
    run: true,
    share: 0.8,
    vcpus: 4,
    memoryBytes: 8 * GiB,
    leaseSeconds: 2400,
    vacateSeconds: 60,
    revoked: [],
    ...changes,
  };
}

export function fakeTariff(changes: Partial<PoolTariff> = {}): PoolTariff {
  return {
    schema: 1,
    pool: fakePoolDomain,
    version: 3,
    unit: 'EUR',
    perCoreHour: 0.04,
    perGibHour: 0.005,
    priority: [{ group: 'physics', factor: 1.5 }],
    latePenalty: 0.2,
    ...changes,
  };
}

/** A company's pool, in the middle of its work. */
export function fakePool(changes: Partial<GridView> = {}): GridView {
  return fakeGrid({
    id: 'condor-pool-acme-example',
    kind: 'condor',
    name: 'Acme Research pool',
    url: 'https://catalog.acme.example/pool/',
    sentence: 'It runs 2 jobs of the pool.',
    said: { code: 'grid.pool-runs', values: { jobs: 2 } },
    credit: null,
    queued: 0,
    running: 2,
    done: 41,
    failed: 2,
    aborted: 3,
    ...changes,
  });
}

export function fakeExecution(changes: Partial<ExecutionView> = {}): ExecutionView {
  return {
    job: 'submit1.acme.example#12.0#1772000000',
    run: 1,
    name: '12.0',
    owner: 'anna',
    program: 'anneal.sh',
    state: 'running',
    cores: 2,
    memoryBytes: 1536 * MiB,
    startedAt: fakeNow - 47 * minute,
    endedAt: null,
    cpuSeconds: 4380,
    frozenSeconds: 312,
    progress: 0.62,
    bytesSent: 84_000,
    bytesReceived: 31 * MiB,
    earned: { amount: 0.0627, unit: 'EUR', settled: false },
    words: null,
    said: null,
    ...changes,
  };
}

function lateExecutions(): ExecutionView[] {
  const over = (number: number, changes: Partial<ExecutionView>): ExecutionView =>
    fakeExecution({
      job: `submit1.acme.example#${number}.0#1772000000`,
      name: `${number}.0`,
      state: 'done',
      progress: null,
      startedAt: fakeNow - (180 + number) * minute,
      endedAt: fakeNow - (100 + number) * minute,
      cpuSeconds: 8900,
      frozenSeconds: 0,
      ...changes,
    });
  return [
    over(9, { earned: { amount: 0.1184, unit: 'EUR', settled: true } }),
    over(8, { owner: 'tariq', program: 'fit', state: 'failed', cpuSeconds: 12 }),
    over(7, {
      state: 'evicted',
      words: 'It was handed back to the pool.',
      said: plainly('execution.evicted'),
    }),
    over(6, {
      state: 'lost',
      earned: null,
      words: 'It is not known what became of it; the pool runs it again.',
      said: plainly('execution.lost'),
    }),
  ];
}

export function fakePoolPart(changes: Partial<PoolDetail> = {}): PoolDetail {
  return {
    domain: fakePoolDomain,
    host: 'pc17',
    department: 'Materials',
    tags: ['ssd', 'building 4'],
    connected: true,
    policy: fakePoolPolicy(),
    policyVersion: 12,
    policyAt: fakeNow - 40 * minute,
    tariff: fakeTariff(),
    documents: null,
    executions: [
      fakeExecution(),
      fakeExecution({
        job: 'submit1.acme.example#13.4#1772000000',
        run: 2,
        name: '13.4',
        owner: 'tariq',
        program: 'fit --all',
        cores: 1,
        memoryBytes: 700 * MiB,
        startedAt: fakeNow - 6 * minute,
        cpuSeconds: 351,
        frozenSeconds: 0,
        progress: null,
        bytesSent: 0,
        bytesReceived: 412 * 1024,
        earned: { amount: 0.0041, unit: 'EUR', settled: false },
      }),
      ...lateExecutions(),
    ],
    lost: 1,
    statements: [
      {
        period: '2026-02-01_2026-03-01',
        from: Date.UTC(2026, 1, 1),
        to: Date.UTC(2026, 2, 1),
        unit: 'EUR',
        amount: 18.42,
        pending: 18.97,
        executions: 233,
        bookedAt: fakeNow - 5 * 60 * minute,
      },
      {
        period: '2026-01-01_2026-02-01',
        from: Date.UTC(2026, 0, 1),
        to: Date.UTC(2026, 1, 1),
        unit: 'EUR',
        amount: 21.07,
        pending: 21.07,
        executions: 260,
        bookedAt: fakeNow - 28 * day,
      },
    ],
    published: [
      { name: 'GleanerHost', value: '"pc17"' },
      { name: 'GleanerVersion', value: '"0.1.0"' },
      { name: 'GleanerDepartment', value: '"Materials"' },
      { name: 'GleanerTags', value: '"ssd,building 4"' },
      { name: 'GleanerState', value: '"contributing"' },
      { name: 'GleanerPresence', value: '"idle"' },
      { name: 'GleanerShare', value: '1' },
      { name: 'GleanerCores', value: '4' },
      { name: 'GleanerMemoryMB', value: '6144' },
      { name: 'GleanerAccelerator', value: '"kvm"' },
    ],
    ...changes,
  };
}

/** All that is known of a joined pool. */
export function fakePoolDetail(changes: Partial<GridDetail> = {}): GridDetail {
  const grid = changes.grid ?? fakePool();
  return fakeDetail({
    grid,
    tasks: [],
    messages: [],
    transfers: [],
    diskBytes: 220 * MiB,
    hostId: null,
    userName: null,
    weakKey: null,
    contacts: [
      { host: '10.77.0.1', port: 9618, source: 'project', private: true },
      { host: '10.77.0.2', port: 9618, source: 'project', private: true },
    ],
    contacted: [
      {
        grid: grid.id,
        host: '10.77.0.1',
        sent: 1_240_000,
        received: 2_100_000,
        lastAt: fakeNow - 20_000,
      },
      { grid: grid.id, host: '10.77.0.2', sent: 9_400_000, received: 44 * MiB, lastAt: fakeNow - minute },
    ],
    denials: [],
    pool: fakePoolPart(),
    ...changes,
  });
}

/** The document of an enrolment; its token is no token. */
export function fakeEnrolment(changes: Partial<Enrolment> = {}): Enrolment {
  return {
    schema: 1,
    kind: 'gleaner-pool-enrolment',
    pool: fakePoolDomain,
    name: 'Acme Research pool',
    host: 'pc17',
    collector: { address: '10.77.0.1', port: 9618 },
    submits: [{ address: '10.77.0.2', port: 9618 }],
    token: 'secret-header.secret-body.secret-signature',
    department: 'Materials',
    tags: ['ssd', 'building 4'],
    catalog: { url: 'https://catalog.acme.example/pool/', root: {} },
    expiresAt: fakeNow + 14 * day,
    ...changes,
  };
}

export function fakePoolOffer(changes: Partial<PoolOffer> = {}): PoolOffer {
  return {
    pool: fakePoolDomain,
    name: 'Acme Research pool',
    host: 'pc17',
    department: 'Materials',
    tags: ['ssd', 'building 4'],
    catalogUrl: 'https://catalog.acme.example/pool/',
    contacts: [
      { host: '10.77.0.1', port: 9618, source: 'project', private: true },
      { host: '10.77.0.2', port: 9618, source: 'project', private: true },
    ],
    policy: fakePoolPolicy(),
    tariff: fakeTariff(),
    memoryBytes: 6 * GiB,
    diskBytes: 20 * GiB,
    vcpus: 4,
    ...changes,
  };
}

const digest = 'd7'.repeat(32);

/** The two entries of a statement: what was pending is taken back, what the pool credits comes in its place. */
export function fakeSettlement(seq = 4, pending = 18.97, amount = 18.42): LedgerEntry[] {
  const entry = (attempt: number, value: number, status: 'pending' | 'settled'): LedgerEntry => ({
    seq: seq + attempt - 1,
    bookedAt: fakeNow - 300 * minute,
    body: {
      kind: 'settlement',
      grid: 'condor-pool-acme-example',
      job: 'statement:2026-02-01_2026-03-01',
      attempt,
      startedAt: Date.UTC(2026, 1, 1),
      endedAt: Date.UTC(2026, 2, 1),
      hosts: [],
      personalDigest: `sha256:${'ab'.repeat(32)}`,
      statement: digest,
      executions: 233,
      credit: { amount: value, unit: 'EUR', status },
    },
    personal: { title: 'Statement 2026-02-01_2026-03-01', owner: 'Acme Research pool' },
    previous: '0'.repeat(64),
    hash: 'c'.repeat(64),
  });
  return [entry(1, -pending, 'pending'), entry(2, amount, 'settled')];
}
