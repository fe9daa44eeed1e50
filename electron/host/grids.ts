import { ApplianceStore } from '../appliance/store.ts';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposal.ts';
import type { Log } from '../base/log.ts';
import {
  type Failure,
  type FailureCode,
  type GridView,
  type JobView,
  type VmView,
} from '../contract/index.ts';
import { TrafficLog } from '../egress/traffic-log.ts';
import { BoincStore } from '../grid/boinc/store.ts';
import { CondorStore } from '../grid/condor/store.ts';
import { UsageWindow } from '../grid/usage.ts';
import type { Database } from '../ledger/database.ts';
import type { Booking, Ledger } from '../ledger/ledger.ts';
import type { YieldLog } from '../ledger/yield-log.ts';
import { AccountKeys } from './account-keys.ts';
import { BoincGrids } from './boinc-grids.ts';
import { CondorPools } from './condor-pools.ts';
import { Fleet } from './fleet.ts';
import type { GatewayWorld } from './grid-gateway.ts';
import type { VmWorld } from './grid-vm.ts';
import type { LaneHost } from './lane.ts';
import { LocalGrid } from './local-grid.ts';
import { LocalLane } from './local-lane.ts';
import { ManagedJoins } from './managed-joins.ts';
import { ManagerDesk } from './manager-desk.ts';
import { NetworkDesk } from './network-desk.ts';
import type { HostOptions } from './options.ts';
import { Organization } from './organization.ts';
import { PoolOrganization } from './pool-organization.ts';
import { PoolWeb } from './pool-web.ts';
import type { Problems } from './problems.ts';
import { ProxyLogin } from './proxy-login.ts';
import { SealedFiles } from './sealed.ts';
import type { Senses } from './senses.ts';
import type { SettingsDesk } from './settings-desk.ts';
import { WebDesk } from './web-desk.ts';

const minuteMs = 60_000;

export interface GridsOptions {
  readonly host: HostOptions & { readonly secrets: NonNullable<HostOptions['secrets']> };
  readonly settings: SettingsDesk;
  readonly database: Database;
  readonly ledger: Ledger;
  readonly yieldLog: YieldLog;
  readonly problems: Problems;
  /** Known when the first turn is taken. */
  readonly senses: () => Senses;
  readonly clock: Clock;
  readonly log: Log;
  /** There is something new to see. */
  readonly onChange: () => void;
}

/** Where work comes from: the embedded grid, joined projects, and what they share. */
export class Grids implements Disposable {
  readonly fleet: Fleet;
  readonly local: LocalLane;
  readonly boinc: BoincGrids;
  readonly pools: CondorPools;
  readonly web: WebDesk;
  readonly network: NetworkDesk;
  readonly manager: ManagerDesk;
  readonly proxyLogin: ProxyLogin;
  readonly vmWorld: VmWorld;
  readonly #organization: Organization;
  readonly #poolWeb: PoolWeb;
  readonly #poolOrganization: PoolOrganization;
  #begun = false;

  constructor(o: GridsOptions) {
    const { host, settings, database, ledger, clock, log, problems } = o;
    const { paths, spawnWorker, secrets } = host;
    const values = () => settings.effective.values;
    const usage = new UsageWindow(database, clock);
    this.fleet = new Fleet({
      policy: () => o.senses().decide(),
      settings: values,
      usage,
      problems,
      clock,
      log,
    });
    const changed = (): void => {
      this.fleet.turnSoon();
      o.onChange();
    };
    const book = (booking: Booking, personal = { title: booking.grid, owner: booking.grid }): void => {
      database.transaction(() => ledger.book(booking, personal));
    };
    this.network = new NetworkDesk({
      traffic: new TrafficLog(database, clock),
      settings: values,
      systemLogins: host.proxyLogins ?? [],
      metered: () => o.senses().signals.meteredNetwork,
      book,
      transaction: (work) => {
        database.transaction(work);
      },
      clock,
      log,
      onChange: () => {
        this.#followRules();
        o.onChange();
      },
    });
    this.vmWorld = {
      paths,
      settings: values,
      secrets,
      store: new ApplianceStore({
        sourceDir: host.imageSourceDir,
        imagesDir: paths.imagesDir,
        log,
        ...(host.rebuildImages ? { rebuild: host.rebuildImages } : {}),
      }),
      spawnWorker,
      qemuPath: host.qemuPath,
      clock,
      log,
    };
    const laneHost: LaneHost = {
      clock,
      log,
      decide: (id) => this.fleet.decide(id),
      signals: () => o.senses().signals,
      stoppedSince: () => o.senses().desk.stoppedSince,
      keepYield: (record) => {
        o.yieldLog.add(record);
      },
      problems,
      lingerMs: host.lingerMs ?? minuteMs,
      onChange: changed,
    };
    const gatewayWorld: GatewayWorld = {
      paths,
      spawnWorker,
      network: this.network,
      askProxy: host.askProxy ?? (() => Promise.resolve('DIRECT')),
      onProblem: (grid, failure) => {
        problems.set(`${grid} proxy`, failure);
      },
      clock,
      log,
    };
    const grid = new LocalGrid({
      database,
      ledger,
      jobsDir: paths.jobsDir,
      sampleDir: host.sampleDir,
      spawnWorker,
      networkOpen: () => !this.network.isClosed,
      contacted: {
        settle: () => {
          this.network.settle();
        },
        take: () => this.network.take(this.local.id),
      },
      clock,
      log,
      onChange: o.onChange,
      onProblem: (failure) => {
        problems.set('checkpoint', failure);
      },
    });
    this.local = new LocalLane(laneHost, {
      grid,
      vmWorld: this.vmWorld,
      gatewayWorld,
      settings: values,
      lastCheckpointMs: host.lastCheckpointMs,
    });
    this.fleet.add(this.local);
    const sealed = new SealedFiles(paths.keysDir, secrets);
    this.proxyLogin = new ProxyLogin(sealed, this.network);
    this.web = new WebDesk({
      world: gatewayWorld,
      spawnWorker,
      settings: values,
      memoryBytes: () => values()['vm.memoryBytes'],
    });
    const store = new BoincStore({
      database,
      book: (body, personal) => ledger.book(body, personal),
      clock,
    });
    const keys = new AccountKeys(sealed);
    this.boinc = new BoincGrids({
      store,
      fleet: this.fleet,
      laneHost,
      vmWorld: this.vmWorld,
      gatewayWorld,
      network: this.network,
      web: this.web,
      keys,
      usage,
      spawnWorker,
      settings: values,
      effective: () => settings.effective,
      onKeyLost: ({ kind }) => {
        if (kind === 'manager') this.manager.keyLost();
        if (kind === 'organization') this.#organization.keyLost();
      },
      turn: changed,
    });
    this.#poolWeb = new PoolWeb({
      world: gatewayWorld,
      spawnWorker,
      settings: values,
      temporaryDir: paths.gridsDir,
    });
    this.pools = new CondorPools({
      store: new CondorStore({
        database,
        book: (body, personal) => ledger.book(body, personal),
        clock,
      }),
      fleet: this.fleet,
      laneHost,
      vmWorld: this.vmWorld,
      gatewayWorld,
      network: this.network,
      web: this.#poolWeb,
      sealed,
      spawnWorker,
      settings: values,
      effective: () => settings.effective,
      version: host.version,
      turn: changed,
    });
    this.#poolOrganization = new PoolOrganization({
      pools: this.pools,
      effective: () => settings.effective,
      problems: problems.of('organization'),
      clock,
      log,
    });
    const { boinc, web, network } = this;
    const joins = new ManagedJoins({ grids: boinc, store, keys, web, network, log });
    this.manager = new ManagerDesk({
      web,
      grids: boinc,
      joins,
      sealed,
      clock,
      log,
      onChange: o.onChange,
    });
    this.#organization = new Organization({
      grids: boinc,
      joins,
      effective: () => settings.effective,
      problems: problems.of('organization'),
      clock,
      log,
    });
  }

  /** Makes the lanes of what was joined before; nothing runs yet. */
  async load(): Promise<void> {
    await this.boinc.load();
    await this.pools.load();
    await this.manager.recover();
  }

  /** Takes up what an earlier host left; once, before the first turn. */
  async recover(): Promise<void> {
    this.network.recover();
    await this.boinc.recover();
    await this.pools.recover();
    for (const lane of this.fleet.lanes) await lane.recover();
    await this.proxyLogin.recover();
  }

  /** What was recovered counts from now on. */
  begin(): void {
    this.local.contribution.begin();
    this.boinc.begin();
    this.pools.begin();
    this.#begun = true;
    this.manager.begin();
    this.#organization.follow();
    this.#poolOrganization.follow();
    this.fleet.turn();
  }

  /** Settings or signals may be different: VMs first, then what only follows. */
  follow(): void {
    this.fleet.turn();
    this.#followRules();
    if (!this.#begun) return;
    this.#organization.follow();
    this.#poolOrganization.follow();
  }

  /** After a failure that stopped contribution: the person asked to try again. */
  retry(): void {
    for (const { contribution } of this.fleet.lanes) contribution.retry();
    this.fleet.turn();
  }

  /** What stopped these VMs for good is mended, whether or not they may run now: those that have work try again. */
  mended(by: readonly FailureCode[]): void {
    const failed = this.fleet.lanes.filter(({ vm }) => {
      const { phase, failure } = vm.vm.status();
      return phase === 'failed' && failure !== null && by.includes(failure.code);
    });
    for (const { vm } of failed) void vm.vm.stop();
    if (failed.length > 0) this.fleet.turn();
  }

  hasWork(): boolean {
    return this.fleet.lanes.some((lane) => lane.hasWork());
  }

  vms(): VmView[] {
    return this.fleet.lanes.map(({ vm }) => vm.view());
  }

  /** What is wrong with VMs. */
  troubles(): Failure[] {
    return this.fleet.lanes.flatMap(({ vm }) => {
      const { problems, failure } = vm.vm.status();
      return [...problems, ...(failure ? [failure] : [])];
    });
  }

  views(): GridView[] {
    return this.fleet.lanes.map((lane) => lane.view());
  }

  /** The running ones and the latest others: those that run, those that wait in each grid's order, the rest. */
  jobs(limit: number): JobView[] {
    const jobs = this.fleet.lanes.flatMap((lane) => lane.jobs(limit));
    if (this.fleet.lanes.length === 1) return jobs;
    const others = jobs.filter(({ state }) => state !== 'running').sort((a, b) => latest(b) - latest(a));
    const running = jobs.filter(({ state }) => state === 'running');
    const shown = new Set([...running, ...others].slice(0, limit));
    const waiting = jobs.filter((job) => job.state === 'queued' && shown.has(job));
    const over = others.filter((job) => job.state !== 'queued' && shown.has(job));
    return [...running.filter((job) => shown.has(job)), ...waiting, ...over];
  }

  /** The last of all: VMs are saved if that is wanted and worth it. */
  async end(save: boolean): Promise<void> {
    // First, so that nobody waits for an answer of the network.
    const web = Promise.all([this.web.dispose(), this.#poolWeb.dispose()]);
    const desks = [
      this.#organization.dispose(),
      this.#poolOrganization.dispose(),
      this.manager.dispose(),
      this.pools.dispose(),
    ];
    this.fleet.dispose();
    await Promise.all(this.fleet.lanes.map((lane) => lane.end(save)));
    await Promise.all([web, ...desks]);
  }

  /** When nothing runs any more. */
  dispose(): void {
    this.network.dispose();
  }

  #followRules(): void {
    this.local.gateway.follow();
    this.boinc.follow();
    this.pools.follow();
  }
}

function latest({ endedAt, startedAt, addedAt }: JobView): number {
  return endedAt ?? startedAt ?? addedAt;
}
