import { chmodSync, mkdirSync } from 'node:fs';
import { type Clock, systemClock } from './base/clock.ts';
import {
  type CommandOutput,
  type CommandParsed,
  DesktopSettings,
  type DownloadCommandName,
  GleanerError,
  type HostEvent,
  type PlainCommandName,
  type SessionDoor,
  type Updates,
  type UploadCommandName,
  updatesOff,
} from './contract/index.ts';
import { Broadcast } from './host/broadcast.ts';
import { hostCalls } from './host/calls.ts';
import { updateImages, watchBuilds } from './host/doctor-builds.ts';
import { Doctor } from './host/doctor-desk.ts';
import { hostFacts } from './host/doctor-facts.ts';
import { versionsOf } from './host/doctor-versions.ts';
import { EnergyMeter } from './host/energy-meter.ts';
import { vcpusOf } from './host/grid-vm.ts';
import { Grids } from './host/grids.ts';
import { Leaving } from './host/leaving.ts';
import type { Host, HostOptions } from './host/options.ts';
import { PersonsPause } from './host/persons-pause.ts';
import { Problems } from './host/problems.ts';
import { recordCalls } from './host/record-calls.ts';
import { KeyFiles } from './host/secrets-file.ts';
import { Senses } from './host/senses.ts';
import { SettingsDesk } from './host/settings-desk.ts';
import { momentOf, TimelineWriter } from './host/timeline.ts';
import { toldBy } from './host/updates.ts';
import { foremost, type Seen, startOfDay, Viewer } from './host/view.ts';
import { type Database, openDatabase } from './ledger/database.ts';
import { Ledger } from './ledger/ledger.ts';
import { TimelineLog } from './ledger/timeline-log.ts';
import { YieldLog } from './ledger/yield-log.ts';
import { Inhibitor } from './policy/inhibitor.ts';
import { reapLeftovers } from './vm/vm.ts';

export type { Host, HostOptions } from './host/options.ts';

/** How many jobs a Snapshot tells of. */
const shownJobs = 50;

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
    await host.load();
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
  readonly #energy: EnergyMeter;
  readonly #timeline: TimelineWriter;
  readonly #grids: Grids;
  readonly #senses: Senses;
  readonly #leaving: Leaving;
  readonly #doctor: Doctor;
  readonly #viewer = new Viewer();
  readonly #updates: Updates;
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
      this.#grids.follow();
      changed();
    };
    this.#updates = o.updates ?? updatesOff('headless');
    this.#updates.onChange(changed);
    this.problems = new Problems(changed);
    this.pause = new PersonsPause({
      filePath: paths.intentPath,
      clock,
      onChange: turn,
      onUnsaved: (failure) => {
        this.problems.set('pause', failure);
      },
    });
    this.#energy = new EnergyMeter({
      clock,
      wattsPerCore: () => settings.effective.values['energy.wattsPerCore'],
    });
    this.#ledger = new Ledger(database, clock, (attempt) => this.#energy.estimate(attempt));
    const timelineLog = new TimelineLog(database);
    this.#timeline = new TimelineWriter({
      timeline: timelineLog,
      look: () => {
        const seen = this.#seen();
        return momentOf(this.#viewer.contribution(seen), foremost(seen.vms).grid);
      },
      clock,
      log,
    });
    this.#yieldLog = new YieldLog(database, clock.now());
    const { builds, building } = watchBuilds(o);
    const host = { ...o, ...builds, secrets: o.secrets ?? new KeyFiles(paths.keysDir) };
    this.#grids = new Grids({
      host,
      settings,
      database,
      ledger: this.#ledger,
      yieldLog: this.#yieldLog,
      problems: this.problems,
      senses: () => this.#senses,
      clock,
      log,
      onChange: changed,
    });
    const sensors = o.sensors?.({
      clock,
      log,
      dataDir: paths.dataDir,
      ownCpuMs: () => this.#grids.fleet.cpuMs() + ownCpuMs(),
      programNames: () => settings.effective.values['pauseOn.programs'],
      onLogins: (logins) => {
        this.#senses.sessions.setLogins(logins);
      },
    });
    this.#senses = new Senses({
      sensors: sensors ?? [],
      service: o.service ?? false,
      effective: () => settings.effective,
      pause: () => this.pause.current,
      vcpus: () => vcpusOf(settings.effective.values),
      clock,
      log,
      onChange: turn,
    });
    const { fleet } = this.#grids;
    this.#leaving = new Leaving({
      inhibitor: new Inhibitor({ clock, log }),
      frozen: () => fleet.settled(),
      saveMs: () => fleet.saveMs(),
      save: () => fleet.save(),
      checkpoint: (ms) => fleet.keepProgress(ms),
      clock,
      log,
    });
    settings.follow(this.problems, turn);
    const facts = hostFacts({
      host,
      settings,
      ledger: this.#ledger,
      grids: this.#grids,
      senses: () => this.#senses,
      leaving: () => this.#leaving,
      problems: () => this.#seen().problems,
      building,
      clock,
    });
    this.#doctor = new Doctor({
      facts,
      mended: (codes) => {
        this.#grids.mended(codes);
      },
      clock,
      log,
    });
    this.#calls = hostCalls({
      grids: this.#grids,
      ledger: this.#ledger,
      settings: settings.store,
      record: recordCalls({
        ledger: this.#ledger,
        values: () => settings.effective.values,
        day: (date) => timelineLog.day(date, clock.now()),
      }),
      status: () => this.#viewer.snapshot(this.#seen()),
      pause: (length) => {
        this.pause.begin(length);
        return this.#viewer.contribution(this.#seen());
      },
      resume: () => {
        this.#senses.desk.forgetHolds();
        this.pause.end();
        this.#grids.retry();
        return this.#viewer.contribution(this.#seen());
      },
      explain: () => {
        const told = this.#viewer.contribution(this.#seen());
        return this.#senses.explain(told, settings.store.list());
      },
      yields: () => this.#yieldLog.report(clock.now()),
      presence: (report) => {
        this.#senses.report(report);
      },
      doctor: this.#doctor,
      versions: () => versionsOf(facts()),
      logPath: paths.logPath,
      updateImages: () => updateImages(host),
      updates: this.#updates,
      added: turn,
    });
  }

  /** What the data folder holds of intent; nothing runs yet. */
  async load(): Promise<void> {
    await this.pause.load();
    await this.#grids.load();
  }

  async start(): Promise<void> {
    try {
      await this.#start();
    } catch (error) {
      // Or what is open already would keep the process alive.
      await this.stop();
      throw error;
    }
  }

  async #start(): Promise<void> {
    const { log, paths } = this.#o;
    const reaped = await reapLeftovers(paths.vmsDir, { clock: this.#clock, log });
    if (reaped.length > 0)
      log.warn('host', 'ended what a dead host had left running', { count: reaped.length });
    await this.#grids.recover();
    log.info('host', 'started', { version: this.#o.version });
    if (this.#o.sensors) void this.#leaving.begin();
    this.#grids.begin();
    this.#timeline.begin();
    this.#changed();
  }

  stop({ save = false } = {}): Promise<void> {
    this.#stopping ??= this.#stop(save);
    return this.#stopping;
  }

  whenIdle(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#grids.local.grid.isIdle()) resolve();
      else this.#idleWaiters.add(resolve);
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

  openSession(): SessionDoor {
    return this.#senses.sessions.open();
  }

  subscribe(listener: (event: HostEvent) => void): () => void {
    return this.#broadcast.subscribe(listener);
  }

  async #stop(save: boolean): Promise<void> {
    this.#o.log.info('host', 'stopping');
    this.pause.dispose();
    this.#timeline.dispose();
    try {
      // What it builds would hold up the end of a VM that waits for it.
      await this.#doctor.dispose();
      await this.#grids.end(save);
      // Until here a shutdown of the system waits for us.
      await this.#leaving.dispose();
      await this.#senses.dispose();
      this.#grids.dispose();
      this.#energy.dispose();
      this.#broadcast.dispose();
      await this.#settings.dispose();
      await this.pause.saved();
    } finally {
      this.#database.close();
      this.#o.log.info('host', 'stopped');
    }
  }

  #assertOpen(): void {
    if (this.#stopping) throw new GleanerError('host-not-running', 'Gleaner is shutting down.');
  }

  #seen(): Seen {
    const now = this.#clock.now();
    const { values, sources, organization } = this.#settings.effective;
    const grids = this.#grids;
    return {
      version: this.#o.version,
      now,
      allowance: this.#senses.decide(),
      pause: this.pause.current,
      vms: grids.vms(),
      jobs: grids.jobs(shownJobs),
      grids: grids.views(),
      workWaits: grids.hasWork(),
      manager: grids.manager.view(),
      denials: grids.network.recentDenials(),
      today: this.#ledger.totals(startOfDay(now)),
      yields: this.#yieldLog.stats(now),
      lostSeconds: grids.local.grid.lostSeconds(startOfDay(now)),
      asksPresence: this.#senses.asksPresence,
      service: this.#o.service ? { mayPause: values['service.mayPause'], asks: this.#senses.asks } : null,
      preset: { name: values.preset, source: sources.preset, organization },
      desktop: DesktopSettings.parse(values),
      update: toldBy(this.#updates.view(), sources['updates.mode']),
      problems: [...this.problems.list(), ...grids.troubles()],
    };
  }

  #changed(): void {
    this.#follow();
    this.#broadcast.changed();
    this.#timeline.changed();
    if (this.#idleWaiters.size === 0 || !this.#grids.local.grid.isIdle()) return;
    for (const resolve of this.#idleWaiters) resolve();
    this.#idleWaiters.clear();
  }

  /** After the policy has acted: sleep and shutdown have their own business, and other sensors may be wanted. */
  #follow(): void {
    const { signals, shuttingDown } = this.#senses;
    this.#leaving.follow({ sleeping: signals.sleeping, shuttingDown }, (shutdown) => {
      this.#senses.holdShutdown(!shutdown);
    });
    const phases = this.#grids.vms().map(({ phase }) => phase);
    this.#energy.follow(phases.includes('running'));
    this.#senses.follow({
      paused: this.pause.current !== null,
      wantsToRun: phases.some((phase) => phase !== 'stopped') || this.#grids.hasWork(),
      running: phases.some((phase) => phase === 'running' || phase === 'starting'),
    });
  }
}

function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
