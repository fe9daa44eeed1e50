import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ApplianceStore } from '../../electron/appliance/store.ts';
import { type Clock, systemClock } from '../../electron/base/clock.ts';
import type { Log } from '../../electron/base/log.ts';
import { resolvePaths } from '../../electron/base/paths.ts';
import { type JobView, presetValues, type Settings } from '../../electron/contract/index.ts';
import { Contribution } from '../../electron/host/contribution.ts';
import type { VmWorld } from '../../electron/host/grid-vm.ts';
import { LocalGrid } from '../../electron/host/local-grid.ts';
import { LocalVm } from '../../electron/host/local-vm.ts';
import { Problems } from '../../electron/host/problems.ts';
import { KeyFiles } from '../../electron/host/secrets-file.ts';
import { openDatabase } from '../../electron/ledger/database.ts';
import { Ledger } from '../../electron/ledger/ledger.ts';
import type { GuestSession } from '../../electron/vm/session/client.ts';
import { reapLeftovers, type Vm } from '../../electron/vm/vm.ts';
import { forkWorkers } from '../../electron/workers.ts';
import { defaultOutDir } from '../../resources/guest/recipe.ts';
import { testLog } from './harness.ts';
import { hangMs } from './patience.ts';

const MiB = 1024 * 1024;

export interface SaveHostOptions {
  readonly clock?: Clock;
  readonly log?: Log;
  readonly settings?: Partial<Settings>;
  readonly vmsDir?: string;
  readonly run?: boolean;
}

/**
 * The parts of a host that saving is about, composed as the host composes them, with a hand on the allowance: whether
 * the VM may run is what {@link allow} said last.
 */
export class SaveHost {
  readonly grid: LocalGrid;
  readonly ledger: Ledger;
  readonly contribution: Contribution<GuestSession>;
  readonly #local: LocalVm;
  readonly #close: () => void;
  readonly #listeners = new Set<() => void>();
  #mayRun: boolean;

  private constructor(dir: string, o: SaveHostOptions) {
    const { platform } = process;
    const clock = o.clock ?? systemClock;
    const log = o.log ?? testLog;
    this.#mayRun = o.run ?? true;
    const env = { GLEANER_HOME: dir };
    const paths = {
      ...resolvePaths({ platform, home: dir, uid: process.getuid?.(), env }),
      ...(o.vmsDir === undefined ? {} : { vmsDir: o.vmsDir }),
    };
    for (const each of [paths.dataDir, paths.imagesDir, paths.vmsDir]) {
      mkdirSync(each, { recursive: true });
      chmodSync(each, 0o711);
    }
    mkdirSync(paths.jobsDir, { recursive: true });
    const database = openDatabase(paths.databasePath);
    this.#close = () => {
      database.close();
    };
    const changed = (): void => {
      for (const listener of [...this.#listeners]) listener();
    };
    const spawnWorker = forkWorkers({
      session: new URL('../../electron/vm/session/child.ts', import.meta.url),
      judge: new URL('../../electron/grid/local/judge-child.ts', import.meta.url),
      boinc: new URL('../../electron/grid/boinc/child.ts', import.meta.url),
      egress: new URL('../../electron/egress/child.ts', import.meta.url),
    });
    this.ledger = new Ledger(database, clock);
    this.grid = new LocalGrid({
      database,
      ledger: this.ledger,
      jobsDir: paths.jobsDir,
      sampleDir: fileURLToPath(new URL('../../resources/sample', import.meta.url)),
      spawnWorker,
      networkOpen: () => true,
      contacted: { settle: () => undefined, take: () => [] },
      clock,
      log,
      onChange: changed,
      onProblem: () => undefined,
    });
    const world = {
      paths,
      settings: () => ({
        preset: 'balanced',
        ...presetValues.balanced,
        'vm.vcpus': 1,
        'vm.memoryBytes': 448 * MiB,
        'vm.diskBytes': 512 * MiB,
        ...o.settings,
      }),
      spawnWorker,
      store: new ApplianceStore({
        sourceDir: () => Promise.resolve(defaultOutDir()),
        imagesDir: paths.imagesDir,
        log,
      }),
      clock,
      log,
      secrets: new KeyFiles(join(dir, 'secrets')),
    } satisfies VmWorld;
    this.#local = new LocalVm(world, {
      socketPath: '',
      open: () => Promise.resolve(false),
      finish: () => Promise.resolve(),
      close: () => Promise.resolve(),
    });
    const { vm } = this.#local;
    this.contribution = new Contribution<GuestSession>({
      vm,
      decide: () => ({
        run: this.#mayRun,
        rung: this.#mayRun ? 'full' : 'frozen',
        share: 1,
        vcpus: 1,
        memoryBytes: 448 * MiB,
        network: false,
        reason: '',
        organization: null,
        reasons: [],
      }),
      hasWork: () => this.grid.hasWork(),
      keepsSaved: () => this.grid.needs(vm.status().generation),
      prove: (session) => this.#local.prove(session),
      work: (session) => this.grid.run(this.#local.machineOf(session)),
      problems: new Problems(changed),
      yields: { measure: () => undefined },
      clock,
      log,
      lingerMs: 60_000,
      onChange: changed,
    });
    this.#start = async () => {
      await reapLeftovers(paths.vmsDir, { clock, log });
      await vm.recover();
      await this.grid.recover(vm.status().generation);
      this.contribution.begin();
      this.contribution.turn();
    };
  }

  readonly #start: () => Promise<void>;

  static async start(dir: string, o: SaveHostOptions = {}): Promise<SaveHost> {
    const host = new SaveHost(dir, o);
    await host.#start();
    return host;
  }

  get vm(): Vm {
    return this.#local.vm;
  }

  upload(
    _name: 'jobs.add',
    { dryRun }: { dryRun: boolean },
    body: AsyncIterable<Uint8Array>,
  ): Promise<{ readonly id: string | null }> {
    return this.grid.add(body, { dryRun, admit: (document) => this.#local.admit(document) });
  }

  allow(mayRun: boolean): void {
    this.#mayRun = mayRun;
    this.contribution.turn();
  }

  /** Resolves once it is so; looks after every change. */
  until(isSo: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!isSo()) return;
        this.#listeners.delete(look);
        resolve();
      };
      this.#listeners.add(look);
      look();
    });
  }

  /** How far the counting job has come. */
  counted(id: string): number {
    return Number(this.job(id).progressText);
  }

  job(id: string): JobView {
    return this.grid.job(id);
  }

  async done(id: string): Promise<void> {
    await this.until(() => !['queued', 'running'].includes(this.job(id).state));
  }

  /** As the host ends, but for the time that its last checkpoint may take. */
  async stop({ save = false } = {}): Promise<void> {
    if (save) {
      if (this.vm.status().phase === 'running') await this.grid.keepProgress(hangMs);
      if (await this.contribution.end()) await this.contribution.finished();
    }
    await this.grid.end(0);
    await this.contribution.dispose();
    await this.contribution.finished();
    this.#close();
  }
}

/** Run as a process with a folder and words: a host that contributes, and is killed when it logs them. */
export const saveHostChild = fileURLToPath(import.meta.url);

if (process.argv[1] === saveHostChild) {
  const [dir = '', words = '', settings = '{}'] = process.argv.slice(2);
  const write = (_topic: string, line: string): void => {
    if (line === words) process.kill(process.pid, 'SIGKILL');
  };
  const host = await SaveHost.start(dir, {
    log: { info: write, warn: write },
    settings: JSON.parse(settings) as Partial<Settings>,
  });
  await host.until(() => !host.grid.hasWork());
  await host.stop();
}
