import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import {
  type Failure,
  GridDetail,
  GridView,
  JobView,
  type LedgerEntry,
} from '../../electron/contract/index.ts';
import { BoincRunner } from '../../electron/grid/boinc/runner.ts';
import { BoincStore } from '../../electron/grid/boinc/store.ts';
import type { StoreStep } from '../../electron/grid/boinc/store-types.ts';
import { type Database, openDatabase } from '../../electron/ledger/database.ts';
import { Ledger } from '../../electron/ledger/ledger.ts';
import { FakeAgentMachine } from '../fakes/fake-agent-machine.ts';
import { FakeBoincEngine } from '../fakes/fake-boinc-engine.ts';
import { FakeBoincWorkers } from '../fakes/fake-boinc-worker.ts';
import { FakeClock } from '../fakes/fake-clock.ts';

export const projectUrl = 'https://upper.example.org/upper/';
export const accountKey = '0123456789abcdef0123456789abcdef';
const MiB = 1024 * 1024;

/** The store of joined projects with the ledger in one folder, as a host composes it. */
export class StoreFixture {
  readonly clock: FakeClock;
  readonly database: Database;
  readonly ledger: Ledger;
  readonly store: BoincStore;
  /** Called at every step of a booking. */
  onStep: (step: StoreStep) => void = () => undefined;

  constructor(dir: string, clock = new FakeClock()) {
    this.clock = clock;
    this.database = openDatabase(join(dir, 'gleaner.db'));
    this.ledger = new Ledger(this.database, clock);
    this.store = new BoincStore({
      database: this.database,
      book: (booking, personal) => this.ledger.book(booking, personal),
      clock,
      step: (name) => {
        this.onStep(name);
      },
    });
  }

  join(url = projectUrl): string {
    return this.store.join({
      url,
      name: 'Upper',
      share: 100,
      managedBy: { kind: 'person', name: null },
      contacts: [],
      weakKey: true,
    }).id;
  }

  entries(): LedgerEntry[] {
    return this.ledger.list({ limit: 1000 }).reverse();
  }

  /** `job attempt outcome` of every attempt, `job attempt amount` of every change of credit. */
  booked(): string[] {
    return this.entries().map(({ body }) => {
      const what = body.kind === 'attempt' ? body.outcome : (body.credit?.amount ?? '-');
      return `${body.job} ${body.attempt} ${what}`;
    });
  }

  close(): void {
    this.database.close();
  }
}

/** One joined project with its runner, on a fake machine whose time the test turns. */
export class RunnerFixture extends StoreFixture {
  permitted = true;
  readonly id: string;
  readonly client: FakeBoincEngine;
  readonly workers = new FakeBoincWorkers();
  readonly problems: (Failure | null)[] = [];
  readonly logged: string[] = [];
  machine: FakeAgentMachine;
  runner: BoincRunner;
  key: string | null = accountKey;
  keysLetGo = 0;
  attachedFails = false;
  availability = 1;
  share = 1;
  changes = 0;

  constructor(dir: string, client = new FakeBoincEngine(), clock = new FakeClock()) {
    super(dir, clock);
    this.id = this.store.find(projectUrl)?.id ?? this.join();
    this.client = client;
    this.machine = new FakeAgentMachine(clock, client);
    this.runner = this.#newRunner();
  }

  /** As after a restart of the host: nothing but what was written is left. */
  async restartRunner(): Promise<void> {
    await this.runner.dispose();
    this.runner = this.#newRunner();
  }

  /** Begins to run; time passes only as the test turns it. */
  start(machine = this.machine): Run {
    this.machine = machine;
    this.workers.machine = machine;
    const run: Run = { over: false, code: undefined, result: this.runner.run(machine) };
    run.result.then(
      () => {
        run.over = true;
      },
      (error: unknown) => {
        run.over = true;
        run.code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      },
    );
    return run;
  }

  /** Lets so many seconds pass, what is ready going on between any two. */
  async pass(seconds: number, until: () => boolean = () => false): Promise<void> {
    await this.settle();
    for (let second = 0; second < seconds && !until(); second += 1) {
      this.machine.tick();
      await this.settle();
    }
  }

  /** Lets all go on that waits for nothing but its turn. */
  async settle(): Promise<void> {
    for (let n = 0; n < 6; n += 1) await turn();
  }

  /** What the views say, which must fit the contract at any time. */
  views(): { grid: GridView; detail: ReturnType<BoincRunner['detail']>; jobs: JobView[] } {
    const grid = GridView.parse(this.runner.view());
    const detail = this.runner.detail();
    GridDetail.parse({ ...detail, contacts: [], contacted: [], denials: [] });
    return { grid, detail, jobs: this.runner.jobs().map((job) => JobView.parse(job)) };
  }

  /** What the client was asked that begins so, in order. */
  asked(verb: string): string[] {
    return this.client.asked.filter((one) => one.startsWith(verb));
  }

  async end(): Promise<void> {
    await this.runner.dispose();
    this.close();
  }

  #newRunner(): BoincRunner {
    return new BoincRunner({
      id: this.id,
      store: this.store,
      worker: () => this.workers.make(),
      key: () => Promise.resolve(this.key),
      attached: () => {
        if (this.attachedFails) return Promise.reject(new Error('no key store'));
        this.keysLetGo += 1;
        return Promise.resolve();
      },
      permitted: () => this.permitted,
      room: () => ({
        vcpus: 1,
        memoryBytes: 512 * MiB,
        agentMemoryBytes: 400 * MiB,
        diskBytes: 4096 * MiB,
        authorities: null,
      }),
      availability: () => this.availability,
      due: () => 1,
      grantedShare: () => this.share,
      machineRuns: () => !this.machine.isFrozen,
      clock: this.clock,
      log: {
        info: (_, words) => {
          this.logged.push(words);
        },
        warn: (_, words) => {
          this.logged.push(words);
        },
      },
      onChange: () => {
        this.changes += 1;
      },
      onProblem: (failure) => {
        this.problems.push(failure);
      },
    });
  }
}

export interface Run {
  over: boolean;
  /** Of the failure with which it ended. */
  code: string | undefined;
  readonly result: Promise<void>;
}
