import { chmodSync, mkdirSync } from 'node:fs';
import { type Clock, systemClock } from './base/clock.ts';
import {
  type Check,
  type CommandOutput,
  type CommandParsed,
  type DownloadCommandName,
  GleanerError,
  type HostEvent,
  type PlainCommandName,
  type UploadCommandName,
} from './contract/index.ts';
import { Broadcast } from './host/broadcast.ts';
import { hostCalls } from './host/calls.ts';
import { Contribution } from './host/contribution.ts';
import { examine } from './host/doctor.ts';
import { Leaving } from './host/leaving.ts';
import { LocalGrid } from './host/local-grid.ts';
import { LocalVm } from './host/local-vm.ts';
import type { Host, HostOptions } from './host/options.ts';
import { PersonsPause } from './host/persons-pause.ts';
import { Problems } from './host/problems.ts';
import { KeyFiles } from './host/secrets-file.ts';
import { Senses } from './host/senses.ts';
import { SettingsDesk } from './host/settings-desk.ts';
import { type Seen, startOfDay, Viewer } from './host/view.ts';
import { Yields } from './host/yields.ts';
import { type Database, openDatabase } from './ledger/database.ts';
import { Ledger } from './ledger/ledger.ts';
import { YieldLog } from './ledger/yield-log.ts';
import { Inhibitor } from './policy/inhibitor.ts';
import type { GuestSession } from './vm/session/client.ts';
import { reapLeftovers } from './vm/vm.ts';

export type { Host, HostOptions } from './host/options.ts';

const minuteMs = 60_000;
/** How long an orderly end waits for the running job's last checkpoint. */
const lastCheckpointMs = 5000;
/** How long it waits for a saved machine's job to be noted as waiting for it. */
const parkMs = 3000;

/** Opens the data folder and composes everything. Rejects with `already-running`, `disk-full`, `storage-failed`. */
export async function createHost(options: HostOptions): Promise<Host> {
  const { paths } = options;
  mkdirSync(paths.dataDir, { recursive: true, mode: 0o700 });
  for (const dir of [paths.jobsDir, paths.logsDir, paths.keysDir])
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  for (const dir of [paths.imagesDir, paths.vmsDir]) mkdirSync(dir, { recursive: true, mode: 0o711 });
  // The VM's own user must be able to pass through, and only that.
  if (process.getuid?.() === 0) chmodSync(paths.dataDir, 0o711);
  // First of all: its lock makes this the only host that touches the other files.
  const database = openDatabase(paths.databasePath);
  let settings: SettingsDesk | undefined;
  try {
    settings = await SettingsDesk.open(options, options.clock ?? systemClock);
    const host = new ComposedHost(options, settings, database);
    host.problems.set('database', database.problem ?? null);
    await host.pause.load();
    return host;
  } catch (error) {
    await settings?.dispose();
    database.close();
    throw error;
  }
}

class ComposedHost implements Host {
  readonly problems: Problems;
  readonly pause: PersonsPause;
  readonly #o: HostOptions;
  readonly #clock: Clock;
  readonly #settings: SettingsDesk;
  readonly #database: Database;
  readonly #ledger: Ledger;
  readonly #yieldLog: YieldLog;
  readonly #secrets: NonNullable<HostOptions['secrets']>;
  readonly #grid: LocalGrid;
  readonly #local: LocalVm;
  readonly #senses: Senses;
  readonly #leaving: Leaving;
  readonly #contribution: Contribution<GuestSession>;
  readonly #viewer = new Viewer();
  readonly #broadcast: Broadcast;
  readonly #calls: ReturnType<typeof hostCalls>;
  readonly #idleWaiters = new Set<() => void>();
  #stopping: Promise<void> | undefined;

  constructor(o: HostOptions, settings: SettingsDesk, database: Database) {
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
    const turn = (): void => {
      this.#contribution.turn();
      changed();
    };
    this.problems = new Problems(changed);
    this.pause = new PersonsPause({
      filePath: paths.intentPath,
      clock,
      onChange: turn,
      onUnsaved: (failure) => {
        this.problems.set('pause', failure);
      },
    });
    this.#ledger = new Ledger(database, clock);
    this.#yieldLog = new YieldLog(database, clock.now());
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
    this.#secrets = o.secrets ?? new KeyFiles(paths.keysDir);
    this.#local = new LocalVm({
      paths,
      secrets: this.#secrets,
      settings: () => settings.effective.values,
      spawnWorker: o.spawnWorker,
      imageSourceDir: o.imageSourceDir,
      rebuildImages: o.rebuildImages,
      qemuPath: o.qemuPath,
      clock,
      log,
    });
    const sensors = o.sensors?.({
      clock,
      log,
      dataDir: paths.dataDir,
      ownCpuMs: () => this.#local.cpuMs() + ownCpuMs(),
      programNames: () => settings.effective.values['pauseOn.programs'],
    });
    this.#senses = new Senses({
      sensors: sensors ?? [],
      effective: () => settings.effective,
      pause: () => this.pause.current,
      vcpus: () => this.#local.vcpus,
      clock,
      log,
      onChange: turn,
    });
    this.#leaving = new Leaving({
      inhibitor: new Inhibitor({ clock, log }),
      frozen: () => this.#contribution.settled(),
      saveMs: () => this.#contribution.saveMs(),
      save: () => this.#contribution.save(),
      checkpoint: (ms) => this.#grid.keepProgress(ms),
      clock,
      log,
    });
    this.#contribution = new Contribution<GuestSession>({
      vm: this.#local.vm,
      decide: () => this.#senses.decide(),
      hasWork: () => this.#grid.hasWork(),
      prove: (session) => this.#local.prove(session),
      keepsSaved: () => this.#grid.needs(this.#local.vm.status().generation),
      work: (session) => this.#grid.run(this.#local.machineOf(session)),
      problems: this.problems,
      yields: new Yields({
        keep: (record) => {
          this.#yieldLog.add(record);
        },
        signals: () => this.#senses.signals,
        stoppedSince: () => this.#senses.desk.stoppedSince,
        watchQuiet: () => this.#local.watchQuiet(),
        clock,
        log,
        onChange: changed,
      }),
      clock,
      log,
      lingerMs: o.lingerMs ?? minuteMs,
      onChange: changed,
    });
    settings.follow(this.problems, turn);
    this.#calls = hostCalls({
      grid: this.#grid,
      ledger: this.#ledger,
      settings: settings.store,
      admit: (document) => this.#local.admit(document),
      status: () => this.#viewer.snapshot(this.#seen()),
      pause: (length) => {
        this.pause.begin(length);
        return this.#viewer.contribution(this.#seen());
      },
      resume: () => {
        this.#senses.desk.forgetHolds();
        this.pause.end();
        this.#contribution.retry();
        return this.#viewer.contribution(this.#seen());
      },
      explain: () => {
        const { sentence } = this.#viewer.contribution(this.#seen());
        return this.#senses.explain(sentence, settings.store.list());
      },
      yields: () => this.#yieldLog.report(clock.now()),
      presence: (report) => {
        this.#senses.report(report);
      },
      doctor: () => this.#examine(),
      added: turn,
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
    if (this.#o.sensors) void this.#leaving.begin();
    this.#contribution.begin();
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
    const { phase } = this.#local.vm.status();
    try {
      // A frozen machine cannot deliver anything; its job goes on from the checkpoint before. With a save, the last
      // checkpoint is for the case that the saved machine does not come back.
      const patienceMs = phase === 'running' ? lastCheckpointMs : 0;
      if (save && patienceMs > 0) await this.#grid.keepProgress(patienceMs);
      if (save && (await this.#contribution.end())) {
        // The job is parked as soon as its session is gone; a disk that refuses to note that must not hold up the end.
        await this.#within(parkMs, this.#contribution.finished());
        await this.#grid.end(0);
      } else {
        await this.#grid.end(save ? 0 : patienceMs);
      }
      await this.#contribution.dispose();
      await this.#contribution.finished();
      // Until here a shutdown of the system waits for us.
      await this.#leaving.dispose();
      await this.#senses.dispose();
      this.#broadcast.dispose();
      await this.#settings.dispose();
      await this.pause.saved();
    } finally {
      this.#database.close();
      this.#o.log.info('host', 'stopped');
    }
  }

  #within(ms: number, doing: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(ms, resolve);
      void doing.then(() => {
        cancel();
        resolve();
      });
    });
  }

  #assertOpen(): void {
    if (this.#stopping) throw new GleanerError('host-not-running', 'Gleaner is shutting down.');
  }

  #seen(): Seen {
    const now = this.#clock.now();
    const status = this.#local.vm.status();
    const { values, sources, organization } = this.#settings.effective;
    return {
      version: this.#o.version,
      now,
      allowance: this.#senses.decide(),
      pause: this.pause.current,
      vm: this.#local.view(),
      jobs: this.#grid.list(50),
      grid: this.#grid.view(),
      today: this.#ledger.totals(startOfDay(now)),
      yields: this.#yieldLog.stats(now),
      lostSeconds: this.#grid.lostSeconds(startOfDay(now)),
      asksPresence: this.#senses.asksPresence,
      preset: { name: values.preset, source: sources.preset, organization },
      problems: [...this.problems.list(), ...status.problems, ...(status.failure ? [status.failure] : [])],
    };
  }

  #changed(): void {
    this.#follow();
    this.#broadcast.changed();
    if (this.#idleWaiters.size === 0 || this.#grid.hasWork()) return;
    for (const resolve of this.#idleWaiters) resolve();
    this.#idleWaiters.clear();
  }

  /** After the policy has acted: sleep and shutdown have their own business, and other sensors may be wanted. */
  #follow(): void {
    const { phase } = this.#local.vm.status();
    const { signals, shuttingDown } = this.#senses;
    this.#leaving.follow({ sleeping: signals.sleeping, shuttingDown }, (shutdown) => {
      this.#senses.holdShutdown(!shutdown);
    });
    this.#senses.follow({
      paused: this.pause.current !== null,
      wantsToRun: phase !== 'stopped' || this.#grid.hasWork(),
      running: phase === 'running' || phase === 'starting',
    });
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
      secretsPlace: () => this.#secrets.place,
      inputSource: () => this.#senses.signals.inputSource,
      dataDir: this.#o.paths.dataDir,
      problems: () => this.#seen().problems,
    });
  }
}

function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
