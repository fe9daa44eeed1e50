import { join } from 'node:path';
import type { Enrolment, PoolPolicy, PoolTariff } from '../../electron/contract/index.ts';
import type { NodeJob, NodeRecord } from '../../electron/grid/condor/messages.ts';
import { CondorStore } from '../../electron/grid/condor/store.ts';
import { type Database, openDatabase } from '../../electron/ledger/database.ts';
import { Ledger } from '../../electron/ledger/ledger.ts';
import { FakeClock } from '../fakes/fake-clock.ts';

export const enrolment: Enrolment = {
  schema: 1,
  kind: 'gleaner-pool-enrolment',
  pool: 'pool.example.org',
  name: 'Example Pool',
  host: 'pc17',
  collector: { address: '10.77.0.1', port: 9618 },
  submits: [{ address: '10.77.0.2', port: 9618 }],
  token: 'aaaa.bbbb.cccc',
  department: 'Physics',
  tags: ['lab', 'quiet'],
  catalog: { url: 'https://pool.example.org/catalog/', root: { signed: {} } },
  expiresAt: 1_800_000_000_000,
};

export const policy: PoolPolicy = {
  schema: 1,
  pool: enrolment.pool,
  run: true,
  share: 1,
  vcpus: null,
  memoryBytes: null,
  leaseSeconds: 2400,
  vacateSeconds: 60,
  revoked: [],
};

export const tariff: PoolTariff = {
  schema: 1,
  pool: enrolment.pool,
  version: 3,
  unit: 'points',
  perCoreHour: 36,
  perGibHour: 0,
  priority: [],
  latePenalty: 0,
};

export function nodeJob(changes: Partial<NodeJob> = {}): NodeJob {
  return {
    slot: 'slot1_1',
    job: 'cm.pool.example.org#12.0#1795740676',
    run: 1,
    name: '12.0',
    owner: 'ada@pool.example.org',
    program: 'simulate',
    group: null,
    cores: 1,
    memoryBytes: 128 * 1024 ** 2,
    startedAt: 1_700_000_000_000,
    cpuSeconds: 0,
    residentBytes: 1024,
    progress: null,
    deadline: null,
    bytesSent: 0,
    bytesReceived: 100,
    ...changes,
  };
}

export function nodeRecord(changes: Partial<NodeRecord> = {}): NodeRecord {
  const job: Omit<NodeJob, 'slot'> & { slot?: string } = nodeJob();
  delete job.slot;
  return {
    ...job,
    endedAt: job.startedAt + 100_000,
    end: 'done',
    exitCode: 0,
    exitSignal: null,
    ...changes,
  };
}

/** A store with its ledger, on a folder that outlives it. */
export class CondorFixture {
  readonly clock: FakeClock;
  readonly database: Database;
  readonly ledger: Ledger;
  readonly store: CondorStore;

  constructor(dir: string, clock = new FakeClock()) {
    this.clock = clock;
    this.database = openDatabase(join(dir, 'gleaner.db'));
    this.ledger = new Ledger(this.database, clock);
    this.store = new CondorStore({
      database: this.database,
      book: (body, personal) => this.ledger.book(body, personal),
      clock,
    });
  }

  /** Joins the example pool, its documents taken. */
  join(): string {
    const { id } = this.store.join({ enrolment, share: 100, managedBy: null, contacts: [] });
    this.store.take(id, { version: 1, expiresAt: this.clock.now() + 86_400_000, policy, tariff });
    return id;
  }

  close(): void {
    this.database.close();
  }
}
