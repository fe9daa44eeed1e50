import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { systemClock } from '../../electron/base/clock.ts';
import { silentLog } from '../../electron/base/log.ts';
import type { Failure } from '../../electron/contract/index.ts';
import { Gateway } from '../../electron/egress/gateway.ts';
import { BoincRunner } from '../../electron/grid/boinc/runner.ts';
import { BoincStore } from '../../electron/grid/boinc/store.ts';
import { BoincWorker } from '../../electron/grid/boinc/worker.ts';
import { openDatabase } from '../../electron/ledger/database.ts';
import { Ledger } from '../../electron/ledger/ledger.ts';
import { forkWorkers } from '../../electron/workers.ts';
import { type StandIn, startStandIn } from '../fakes/boinc-project/stand-in.ts';
import { resultOf } from '../fakes/boinc-project/tasks.ts';
import { namedTest } from '../fixtures/names.ts';
import { unpackAppliance } from './stock-client.ts';
import { StockMachine } from './stock-machine.ts';

const MiB = 1024 * 1024;
const spawnWorker = forkWorkers({
  boinc: new URL('../../electron/grid/boinc/child.ts', import.meta.url),
  egress: new URL('../../electron/egress/child.ts', import.meta.url),
});

let rootDir: string;
beforeAll(() => {
  rootDir = unpackAppliance();
});
afterAll(() => {
  rmSync(rootDir, { recursive: true, force: true });
});

/** A runner with the real worker, the real gateway and the stock client, as a host composes them round a VM. */
class World {
  readonly dir = mkdtempSync(path.join(tmpdir(), 'gb-'));
  readonly problems: (Failure | null)[] = [];
  readonly database = openDatabase(path.join(this.dir, 'gleaner.db'));
  readonly ledger = new Ledger(this.database, systemClock);
  readonly store = new BoincStore({
    database: this.database,
    book: (booking, personal) => this.ledger.book(booking, personal),
    clock: systemClock,
  });
  readonly #gatewayPath = path.join(this.dir, 'gateway');
  readonly #gateway = new Gateway({
    grid: 'boinc-test',
    socketPath: this.#gatewayPath,
    spawnWorker,
    clock: systemClock,
    log: silentLog,
    askProxy: () => Promise.resolve('DIRECT'),
    onTraffic: () => undefined,
    onDenied: () => undefined,
    onProblem: () => undefined,
    onChallenge: () => undefined,
    onLost: () => undefined,
  });
  readonly #watching = new Set<() => void>();
  readonly id: string;
  readonly runner: BoincRunner;
  machine: StockMachine;

  constructor(url: string, key: string) {
    this.id = this.store.join({
      url,
      name: 'Stand-in',
      share: 100,
      managedBy: { kind: 'person', name: null },
      contacts: [],
      weakKey: true,
    }).id;
    this.machine = new StockMachine(rootDir, this.#gatewayPath);
    this.runner = new BoincRunner({
      id: this.id,
      store: this.store,
      worker: () => new BoincWorker({ spawnWorker }),
      key: () => Promise.resolve(key),
      attached: () => Promise.resolve(),
      permitted: () => true,
      room: () => ({
        vcpus: 2,
        memoryBytes: 1024 * MiB,
        agentMemoryBytes: 900 * MiB,
        diskBytes: 2048 * MiB,
        authorities: null,
      }),
      availability: () => 1,
      due: () => 1,
      grantedShare: () => 1,
      machineRuns: () => true,
      hangsAfterMs: 20_000,
      clock: systemClock,
      log: silentLog,
      onChange: () => {
        for (const look of [...this.#watching]) look();
      },
      onProblem: (failure) => {
        this.problems.push(failure);
      },
    });
  }

  async open(): Promise<void> {
    await this.#gateway.open({
      contacts: [{ host: 'project.example', port: 80, source: 'project', private: false }],
      closed: null,
      downBytesPerSecond: null,
      upBytesPerSecond: null,
      proxy: { kind: 'none' },
      authorities: null,
      forwards: [],
    });
  }

  /** Resolves as soon as the runner has it so. */
  until(isSo: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!isSo()) return;
        this.#watching.delete(look);
        resolve();
      };
      this.#watching.add(look);
      look();
    });
  }

  /** The machine goes, and another one is there with the same data. */
  async replaceMachine(): Promise<void> {
    await this.machine.lose();
    this.machine = new StockMachine(rootDir, this.#gatewayPath, this.machine.dataDir);
  }

  booked(): string[] {
    return this.ledger
      .list({ limit: 100 })
      .reverse()
      .map(({ body }) =>
        body.kind === 'attempt' ? `${body.job} ${body.outcome}` : `${body.kind} ${body.credit?.amount ?? 0}`,
      );
  }

  async dispose(): Promise<void> {
    await this.runner.dispose();
    await this.machine.dispose();
    await this.#gateway.dispose();
    this.database.close();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

async function inWorld(work: (world: World, standIn: StandIn) => Promise<void>, key?: string): Promise<void> {
  const standIn = await startStandIn({ host: 'project.example', address: '45.33.1.1' });
  const { weakKey } = standIn.account('person@example.org', 'a password');
  const world = new World(standIn.masterUrl, key ?? weakKey);
  try {
    await world.open();
    await work(world, standIn);
  } finally {
    await world.dispose();
    await standIn.dispose();
  }
}

namedTest(
  'joins, computes, is credited, and lets the machine go when there is no work',
  async ({ names }) => {
    names.set('project.example', ['45.33.1.1']);
    await inWorld(async (world, standIn) => {
      standIn.project.nextContactSeconds = 5;
      standIn.addTask({ cpuSeconds: 8, credit: 7.5 });
      const run = world.runner.run(world.machine);
      await world.until(() => world.runner.view().running > 0);
      expect(world.runner.view()).toMatchObject({ state: 'working', name: 'Stand-in' });
      await world.until(() => world.runner.view().done === 1);
      await world.until(() => world.booked().includes('credit 7.5'));
      // Else it is in touch with its client every few seconds.
      standIn.project.nextContactSeconds = null;
      await run;
      expect(world.booked()).toEqual(['count_1_0 done', 'credit 7.5']);
      const attempt = world.ledger.list({ limit: 10 }).find(({ body }) => body.job === 'count_1_0')?.body;
      expect(attempt?.kind === 'attempt' && attempt.cpuSeconds).toBeGreaterThanOrEqual(7);
      expect(world.runner.hasWork()).toBe(false);
      expect(world.runner.detail().tasks).toMatchObject([{ state: 'done' }]);
      expect(world.store.project(world.id)).toMatchObject({ state: 'joined', keyHeld: false });
      expect(world.machine.started).toHaveLength(1);
      // The next time, it has the client ask at once.
      const task = standIn.addTask({ cpuSeconds: 2 });
      const again = world.runner.run(world.machine);
      await standIn.until(() => task.verdict === 'valid');
      await world.runner.quiet(15_000);
      expect(await world.machine.agentStatus()).toMatchObject({ running: false });
      await world.machine.lose();
      await expect(again).rejects.toMatchObject({ code: 'session-lost' });
      expect(world.problems).toEqual([]);
    });
  },
  // It ends by itself only when nothing was to be had for a minute and a half.
  600_000,
);

namedTest(
  'a client that is killed, and a machine that goes, cost what was not in a checkpoint',
  async ({ names }) => {
    names.set('project.example', ['45.33.1.1']);
    await inWorld(async (world, standIn) => {
      const task = standIn.addTask({ cpuSeconds: 30, checkpointSeconds: 1 });
      const progress = (): number => world.runner.detail().tasks[0]?.progress ?? 0;
      void world.runner.run(world.machine).catch(() => undefined);
      await world.until(() => progress() > 0.2);
      await world.machine.kill();
      await world.until(() => world.machine.started.length === 2 && world.runner.view().running === 1);
      await world.until(() => progress() > 0.4);
      await world.replaceMachine();
      await world.until(() => world.runner.view().running === 0);
      expect(world.runner.needs()).toBe(true);
      void world.runner.run(world.machine);
      await standIn.until(() => task.verdict === 'valid');
      await world.until(() => world.runner.view().done === 1);
      expect(world.booked()).toEqual(['count_1_0 done']);
      const starts = resultOf(task)?.starts ?? [];
      expect(starts).toHaveLength(3);
      expect(starts[0]).toBe(0);
      expect(starts.slice(1).every((start) => start > 0)).toBe(true);
    });
  },
  600_000,
);

namedTest(
  'a task that hangs is cured by a new client, or given up',
  async ({ names }) => {
    names.set('project.example', ['45.33.1.1']);
    await inWorld(async (world, standIn) => {
      const cured = standIn.addTask({ cpuSeconds: 3, hang: 'once' });
      const stuck = standIn.addTask({ cpuSeconds: 3, hang: 'always' });
      void world.runner.run(world.machine).catch(() => undefined);
      await standIn.until(() => cured.verdict !== null);
      const attempts = (): string[] => world.booked().filter((entry) => !entry.startsWith('credit'));
      await world.until(() => attempts().length === 2);
      expect(cured.verdict).toBe('valid');
      expect(attempts().sort()).toEqual([`${cured.name}_0 done`, `${stuck.name}_0 aborted`].sort());
      const entry = world.ledger.list({ limit: 10 }).find(({ body }) => body.job === `${stuck.name}_0`);
      expect(entry?.body).toMatchObject({ failure: 'task-stuck' });
      expect(world.problems).toMatchObject([{ code: 'task-stuck' }]);
      // One for both, where they hung together.
      expect(world.machine.started.length).toBeLessThan(4);
    });
  },
  600_000,
);

namedTest('what the person does reaches the client', async ({ names }) => {
  names.set('project.example', ['45.33.1.1']);
  await inWorld(async (world, standIn) => {
    for (let n = 0; n < 3; n += 1) standIn.addTask({ cpuSeconds: 200 });
    const run = world.runner.run(world.machine);
    await world.until(() => world.runner.view().running === 2);
    world.runner.set({ noNewWork: true });
    await world.until(() =>
      world.runner.detail().messages.some(({ text }) => text.includes('work fetch suspended')),
    );
    const [first] = world.runner.detail().tasks.filter(({ state }) => state === 'running');
    world.runner.abortTask(first?.name ?? '');
    await world.until(() => world.runner.view().aborted === 1);
    world.runner.set({ suspended: true });
    await run;
    expect(world.runner.view()).toMatchObject({ state: 'suspended', noNewWork: true, aborted: 1 });
    world.runner.set({ suspended: false });
    const again = world.runner.run(world.machine);
    await world.until(() => world.runner.view().running > 0);
    await world.runner.leave();
    await again;
    expect(world.runner.view()).toMatchObject({ state: 'leaving', queued: 0 });
    expect(world.booked().every((entry) => entry.endsWith('aborted'))).toBe(true);
    // With its account, the key in it.
    expect(readdirSync(world.machine.dataDir).filter((name) => name.startsWith('account_'))).toEqual([]);
  });
});

namedTest('a project that is down when it is joined is told as such, and joined later', async ({ names }) => {
  names.set('project.example', ['45.33.1.1']);
  await inWorld(async (world, standIn) => {
    await standIn.goDown();
    void world.runner.run(world.machine);
    await world.until(() => world.runner.detail().messages.some(({ text }) => /failed|fail/i.test(text)));
    expect(world.runner.view()).toMatchObject({ state: 'joining' });
    await standIn.comeUp();
    world.runner.update();
    await world.until(() => world.runner.view().state !== 'joining');
    expect(world.store.project(world.id).hostId).not.toBe(null);
  });
});

namedTest(
  'a key that the project does not know is told to the person, who is asked nothing else',
  async ({ names }) => {
    names.set('project.example', ['45.33.1.1']);
    await inWorld(async (world) => {
      await world.runner.run(world.machine);
      expect(world.runner.view()).toMatchObject({ state: 'attention', failure: { code: 'account-refused' } });
      expect(world.runner.hasWork()).toBe(false);
      expect(world.problems).toMatchObject([{ code: 'account-refused' }]);
    }, 'ffffffffffffffffffffffffffffffff');
  },
);
