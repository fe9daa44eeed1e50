import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, systemClock } from './base/clock.ts';
import type { Log } from './base/log.ts';
import type { Paths } from './base/paths.ts';
import type { SpawnWorker } from './base/worker.ts';
import {
  type Allowance,
  type Check,
  type CommandOutput,
  type CommandParsed,
  type DownloadCommandName,
  type Failure,
  GleanerError,
  type HostApi,
  type HostEvent,
  type PlainCommandName,
  type Settings,
  type UploadCommandName,
} from './contract/index.ts';
import { Broadcast } from './host/broadcast.ts';
import { hostCalls } from './host/calls.ts';
import { Contribution } from './host/contribution.ts';
import { examine } from './host/doctor.ts';
import { LocalGrid } from './host/local-grid.ts';
import { LocalVm } from './host/local-vm.ts';
import { PersonsPause } from './host/persons-pause.ts';
import { Problems } from './host/problems.ts';
import { KeyFiles } from './host/secrets-file.ts';
import { type Seen, startOfDay, Viewer } from './host/view.ts';
import { Yields } from './host/yields.ts';
import { type Database, openDatabase } from './ledger/database.ts';
import { Ledger } from './ledger/ledger.ts';
import { decide } from './policy/decide.ts';
import { loadSettings } from './settings/settings.ts';
import type { GuestSession } from './vm/session/client.ts';
import { reapLeftovers, type Secrets } from './vm/vm.ts';

export interface HostOptions {
  readonly paths: Paths;
  readonly spawnWorker: SpawnWorker;
  /** Where built images lie; asked when they are needed. */
  readonly imageSourceDir: () => Promise<string>;
  /** Builds the images anew after damage, where that can be done; resolves to their folder. */
  readonly rebuildImages?: (why: Failure) => Promise<string>;
  readonly sampleDir: string;
  /** Queues the sample project into a queue that never held a job. */
  readonly seedSample: boolean;
  readonly version: string;
  readonly log: Log;
  readonly clock?: Clock;
  readonly qemuPath?: string;
  /** Where secrets are kept; by default in files of the data folder that only this user may read. */
  readonly secrets?: Secrets;
  /** How long an idle VM is kept, in ms. */
  readonly lingerMs?: number;
}

/** The host without any window: supervisor, queue, ledger, policy. One per machine, held by the database's lock. */
export interface Host extends HostApi {
  /** Begins to contribute. Without it the host only answers. */
  start(): Promise<void>;
  /**
   * Ends VMs and jobs in order and closes everything; the host is of no use afterwards.
   * @param o.save a VM with a job in it is saved to the disk, and goes on with the next host
   */
  stop(o?: { readonly save?: boolean }): Promise<void>;
  /** Resolves when no job is queued or running. */
  whenIdle(): Promise<void>;
}

const minuteMs = 60_000;
/** How long an orderly end waits for the running job's last checkpoint. */
const lastCheckpointMs = 5000;

/** Opens the data folder and composes everything. Rejects with `already-running`, `disk-full`, `storage-failed`. */
export async function createHost(options: HostOptions): Promise<Host> {
  const { paths } = options;
  mkdirSync(paths.dataDir, { recursive: true, mode: 0o700 });
  for (const dir of [paths.jobsDir, paths.logsDir]) mkdirSync(dir, { recursive: true, mode: 0o700 });
  for (const dir of [paths.imagesDir, paths.vmsDir]) mkdirSync(dir, { recursive: true, mode: 0o711 });
  // The VM's own user must be able to pass through, and only that.
  if (process.getuid?.() === 0) chmodSync(paths.dataDir, 0o711);
  const { settings, problem } = await loadSettings(paths.settingsPath);
  const database = openDatabase(paths.databasePath);
  try {
    const host = new ComposedHost(options, settings, database);
    host.problems.set('settings', problem);
    host.problems.set('database', database.problem ?? null);
    await host.pause.load();
    return host;
  } catch (error) {
    database.close();
    throw error;
  }
}

class ComposedHost implements Host {
  readonly problems: Problems;
  readonly pause: PersonsPause;
  readonly #o: HostOptions;
  readonly #clock: Clock;
  readonly #settings: Settings;
  readonly #database: Database;
  readonly #ledger: Ledger;
  readonly #grid: LocalGrid;
  readonly #local: LocalVm;
  readonly #contribution: Contribution<GuestSession>;
  readonly #yields = new Yields();
  readonly #viewer = new Viewer();
  readonly #broadcast: Broadcast;
  readonly #calls: ReturnType<typeof hostCalls>;
  readonly #idleWaiters = new Set<() => void>();
  #stopping: Promise<void> | undefined;

  constructor(o: HostOptions, settings: Settings, database: Database) {
    const { paths, log } = o;
    const clock = o.clock ?? systemClock;
    this.#o = o;
    this.#clock = clock;
    this.#settings = settings;
    this.#database = database;
    this.#broadcast = new Broadcast(clock, () => this.#viewer.snapshot(this.#seen()));
    const changed = (): void => {
      this.#changed();
    };
    this.problems = new Problems(changed);
    this.pause = new PersonsPause({
      filePath: paths.intentPath,
      clock,
      onChange: () => {
        this.#contribution.turn();
        changed();
      },
      onUnsaved: (failure) => {
        this.problems.set('pause', failure);
      },
    });
    this.#ledger = new Ledger(database, clock);
    this.#grid = new LocalGrid({
      database,
      ledger: this.#ledger,
      jobsDir: paths.jobsDir,
      sampleDir: o.sampleDir,
      spawnWorker: o.spawnWorker,
      clock,
      log,
      onChange: changed,
      onProblem: (failure) => {
        this.problems.set('checkpoint', failure);
      },
    });
    this.#local = new LocalVm({
      paths,
      settings,
      spawnWorker: o.spawnWorker,
      imageSourceDir: o.imageSourceDir,
      rebuildImages: o.rebuildImages,
      qemuPath: o.qemuPath,
      clock,
      log,
      secrets: o.secrets ?? new KeyFiles(join(paths.dataDir, 'secrets')),
    });
    this.#contribution = new Contribution<GuestSession>({
      vm: this.#local.vm,
      decide: () => this.#decide(),
      hasWork: () => this.#grid.hasWork(),
      prove: (session) => this.#local.prove(session),
      keepsSaved: () => this.#grid.needs(this.#local.vm.status().generation),
      work: (session) => this.#grid.run(this.#local.machineOf(session)),
      problems: this.problems,
      yields: this.#yields,
      clock,
      log,
      lingerMs: o.lingerMs ?? minuteMs,
      onChange: changed,
    });
    this.#calls = hostCalls({
      grid: this.#grid,
      ledger: this.#ledger,
      admit: (document) => this.#local.admit(document),
      status: () => this.#viewer.snapshot(this.#seen()),
      pause: (length) => {
        this.pause.begin(length);
        return this.#viewer.contribution(this.#seen());
      },
      resume: () => {
        this.pause.end();
        this.#contribution.retry();
        return this.#viewer.contribution(this.#seen());
      },
      doctor: () => this.#examine(),
      added: () => {
        this.#contribution.turn();
        changed();
      },
    });
  }

  async start(): Promise<void> {
    const { log, paths } = this.#o;
    const reaped = await reapLeftovers(paths.vmsDir, { clock: this.#clock, log });
    if (reaped.length > 0)
      log.warn('host', 'ended what a dead host had left running', { count: reaped.length });
    await this.#local.vm.recover();
    await this.#grid.recover(this.#local.vm.status().generation);
    if (this.#o.seedSample && this.#grid.isNew()) await this.#calls.plain['jobs.sample']({});
    log.info('host', 'started', { version: this.#o.version });
    this.#contribution.turn();
    this.#changed();
  }

  stop({ save = false } = {}): Promise<void> {
    this.#stopping ??= this.#stop(save);
    return this.#stopping;
  }

  whenIdle(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#grid.hasWork()) this.#idleWaiters.add(resolve);
      else resolve();
    });
  }

  async call<N extends PlainCommandName>(name: N, input: CommandParsed<N>): Promise<CommandOutput<N>> {
    this.#assertOpen();
    return await this.#calls.plain[name](input);
  }

  async upload<N extends UploadCommandName>(
    name: N,
    input: CommandParsed<N>,
    body: AsyncIterable<Uint8Array>,
  ): Promise<CommandOutput<N>> {
    this.#assertOpen();
    return await this.#calls.uploads[name](input, body);
  }

  async download<N extends DownloadCommandName>(
    name: N,
    input: CommandParsed<N>,
  ): Promise<AsyncIterable<Uint8Array>> {
    this.#assertOpen();
    return await this.#calls.downloads[name](input);
  }

  subscribe(listener: (event: HostEvent) => void): () => void {
    return this.#broadcast.subscribe(listener);
  }

  async #stop(save: boolean): Promise<void> {
    this.#o.log.info('host', 'stopping');
    this.pause.dispose();
    try {
      // A frozen machine cannot deliver anything; its job goes on from the checkpoint before.
      const patienceMs = this.#local.vm.status().phase === 'running' ? lastCheckpointMs : 0;
      if (save) {
        // In case that the saved machine does not come back.
        if (patienceMs > 0) await this.#grid.keepProgress(patienceMs);
        await this.#contribution.dispose({ save });
      }
      await this.#grid.end(save ? 0 : patienceMs);
      if (!save) await this.#contribution.dispose();
      this.#broadcast.dispose();
      await this.pause.saved();
    } finally {
      this.#database.close();
      this.#o.log.info('host', 'stopped');
    }
  }

  #assertOpen(): void {
    if (this.#stopping) throw new GleanerError('host-not-running', 'Gleaner is shutting down.');
  }

  #decide(): Allowance {
    return decide(
      { now: this.#clock.now(), pause: this.pause.current },
      { share: this.#settings.share, vcpus: this.#local.vcpus, memoryBytes: this.#settings.memoryBytes },
    );
  }

  #seen(): Seen {
    const now = this.#clock.now();
    const status = this.#local.vm.status();
    return {
      version: this.#o.version,
      now,
      allowance: this.#decide(),
      pause: this.pause.current,
      vm: this.#local.view(),
      jobs: this.#grid.list(50),
      grid: this.#grid.view(),
      today: this.#ledger.totals(startOfDay(now)),
      yields: this.#yields.stats(),
      problems: [...this.problems.list(), ...status.problems, ...(status.failure ? [status.failure] : [])],
    };
  }

  #changed(): void {
    this.#broadcast.changed();
    if (this.#idleWaiters.size === 0 || this.#grid.hasWork()) return;
    for (const resolve of this.#idleWaiters) resolve();
    this.#idleWaiters.clear();
  }

  #examine(): Promise<Check[]> {
    const facts = this.#local.inspect();
    facts.catch(() => undefined);
    return examine({
      qemuVersion: async () => `QEMU ${(await facts).version}`,
      accelerator: () => Promise.resolve(this.#local.vm.status().accelerator),
      isolation: async () => (await facts).wrapperRefusal,
      images: async () => (await this.#local.images()).recipe,
      ledger: () => this.#ledger.verify(),
      dataDir: this.#o.paths.dataDir,
      problems: () => this.#seen().problems,
    });
  }
}
