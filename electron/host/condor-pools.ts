import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SpawnWorker } from '../base/worker.ts';
import {
  type Contact,
  type EffectiveSettings,
  type Enrolment,
  type Failure,
  GleanerError,
  type GridDetail,
  type GridView,
  type PoolJoin,
  type PoolOffer,
  type Settings,
  toFailure,
} from '../contract/index.ts';
import { plantRoot } from '../grid/condor/catalog.ts';
import type { Attributes, Offer } from '../grid/condor/config.ts';
import { CondorRunner } from '../grid/condor/runner.ts';
import type { CondorStore } from '../grid/condor/store.ts';
import type { JoinedPool } from '../grid/condor/store-rows.ts';
import { CondorWorker } from '../grid/condor/worker.ts';
import { CondorLane } from './condor-lane.ts';
import type { Fleet } from './fleet.ts';
import { type GatewayWorld, GridGateway } from './grid-gateway.ts';
import { GridVm, type VmWorld, vcpusOf } from './grid-vm.ts';
import { isPoolPermitted, requirePoolPermitted, requireSeen } from './join-rules.ts';
import type { LaneHost } from './lane.ts';
import type { NetworkDesk } from './network-desk.ts';
import { PoolFollower } from './pool-follower.ts';
import { attributesOf, offerOf, roomOf } from './pool-offer.ts';
import { contactsOf, type PoolWeb } from './pool-web.ts';
import type { SealedFiles } from './sealed.ts';

export interface CondorPoolsOptions {
  readonly store: CondorStore;
  readonly fleet: Fleet;
  readonly laneHost: LaneHost;
  readonly vmWorld: VmWorld;
  readonly gatewayWorld: GatewayWorld;
  readonly network: NetworkDesk;
  readonly web: PoolWeb;
  readonly sealed: SealedFiles;
  readonly spawnWorker: SpawnWorker;
  readonly settings: () => Settings;
  readonly effective: () => EffectiveSettings;
  readonly version: string;
  /** There is something new to do. */
  readonly turn: () => void;
}

interface Member {
  readonly lane: CondorLane;
  readonly follower: PoolFollower;
}

/** The joined pools, each with its lane and its signed documents. */
export class CondorPools {
  readonly #o: CondorPoolsOptions;
  readonly #members = new Map<string, Member>();
  #begun = false;

  constructor(o: CondorPoolsOptions) {
    this.#o = o;
  }

  /** Makes the lanes of what was joined before; nothing runs yet. */
  async load(): Promise<void> {
    for (const { id, state } of this.#o.store.pools()) {
      if (state !== 'leaving') this.#add(id, await this.#dir(id));
    }
  }

  /** Finishes what an earlier host had begun to leave, and books what it has lost. */
  async recover(): Promise<void> {
    const { store, laneHost } = this.#o;
    for (const { id, state } of store.pools()) {
      try {
        if (state === 'leaving') await this.#forget(id);
        else this.#members.get(id)?.lane.runner.machineGone();
      } catch (error) {
        // Tried again by the next host.
        laneHost.log.warn('grids', toFailure(error).sentence, { grid: id });
      }
    }
  }

  /** What was recovered counts from now on. */
  begin(): void {
    this.#begun = true;
    for (const { lane, follower } of this.#members.values()) {
      lane.contribution.begin();
      follower.begin();
    }
  }

  has(id: string): boolean {
    return this.#members.has(id);
  }

  list(): readonly JoinedPool[] {
    return this.#o.store.pools();
  }

  /** Rejects `enrolment-invalid`, `grid-not-permitted`, and as asking the web does. */
  async offer(from: PoolJoin['from']): Promise<PoolOffer> {
    const { web } = this.#o;
    const enrolment = await this.#enrolment(from);
    this.requirePermitted(enrolment.pool);
    const documents = await web.look(enrolment).catch((error: unknown) => {
      // One that cannot be reached now may be later; one that is refused never will.
      if (toFailure(error).code === 'pool-document-refused') throw error;
      return null;
    });
    return this.#offerOf(enrolment, documents);
  }

  /** Rejects `already-joined`, `consent-required`, and as {@link offer}. */
  async join({ from, contacts, share }: PoolJoin, managedBy: string | null = null): Promise<GridView> {
    const enrolment = await this.#enrolment(from);
    this.requirePermitted(enrolment.pool);
    requireSeen(enrolment.name, contactsOf(enrolment), contacts);
    return await this.keep(enrolment, share, managedBy);
  }

  /** Keeps a pool whose enrolment was read and agreed to; it works from now on. Throws `already-joined`. */
  async keep(enrolment: Enrolment, share: number, managedBy: string | null): Promise<GridView> {
    const { store, sealed, turn } = this.#o;
    const { id } = store.join({ enrolment, share, managedBy, contacts: contactsOf(enrolment) });
    try {
      const dir = await this.#dir(id);
      await plantRoot(join(dir, 'catalog'), enrolment.catalog.root);
      await sealed.put(tokenName(id), enrolment.token);
      const { lane, follower } = this.#add(id, dir);
      if (this.#begun) follower.begin();
      turn();
      return lane.view();
    } catch (error) {
      await this.#forget(id);
      throw error;
    }
  }

  /** A joined pool's enrolment was read again: its token may be a new one, and this is who decides about it. */
  async renew(id: string, { token }: Pick<Enrolment, 'token'>, managedBy: string): Promise<void> {
    const { store, sealed } = this.#o;
    store.setManagedBy(id, managedBy);
    const before = await sealed.get(tokenName(id)).catch(() => null);
    if (before === token) return;
    await sealed.put(tokenName(id), token);
    this.#member(id).lane.runner.retry();
  }

  /** Throws `grid-not-permitted`, `profile-broken`. */
  requirePermitted(pool: string): void {
    requirePoolPermitted(pool, this.#o.effective());
  }

  /** Hands jobs back and deletes everything of it. Rejects `grid-not-permitted` for what others decide about, `not-joined`. */
  async leave(id: string, byOrganization = false): Promise<void> {
    const { managedBy, membership } = this.#o.store.pool(id);
    if (managedBy !== null && !byOrganization) {
      throw new GleanerError(
        'grid-not-permitted',
        `${membership.name} was joined by ${managedBy}.`,
        'Ask who administers this computer.',
      );
    }
    const { lane, follower } = this.#member(id);
    await follower.dispose();
    await lane.leave();
    this.#members.delete(id);
    this.#o.fleet.remove(id);
    this.#o.network.book(id);
    await this.#forget(id);
    this.#o.turn();
  }

  /** Throws `setting-locked` for what is not theirs to decide, `not-joined`. */
  set(
    id: string,
    values: { share?: number | undefined; noNewWork?: boolean | undefined; suspended?: boolean | undefined },
    byOrganization = false,
  ): GridView {
    const { store, turn } = this.#o;
    const { lane } = this.#member(id);
    const { managedBy, membership } = store.pool(id);
    if (values.share !== undefined && managedBy !== null && !byOrganization) {
      throw new GleanerError(
        'setting-locked',
        `${managedBy} decides about the share of ${membership.name}.`,
        'Ask who administers this computer.',
      );
    }
    store.change(id, values);
    lane.runner.retry();
    turn();
    return lane.view();
  }

  /** Asks for news, and tries again what failed. */
  update(id: string): GridView {
    const { lane, follower } = this.#member(id);
    lane.runner.retry();
    void follower.ask();
    this.#o.turn();
    return lane.view();
  }

  detail(id: string): GridDetail {
    const { lane, follower } = this.#member(id);
    const { hosts, denials } = this.#o.network.of(id);
    return {
      grid: lane.view(),
      seenAt: null,
      tasks: [],
      messages: [],
      transfers: [],
      diskBytes: null,
      diskLimitBytes: this.#o.settings()['vm.diskBytes'],
      hostId: null,
      userName: null,
      weakKey: null,
      contacts: [...this.#o.store.pool(id).contacts],
      contacted: hosts,
      denials,
      pool: { ...lane.detail(), documents: follower.failure },
    };
  }

  /** Settings or signals may be different. */
  follow(): void {
    for (const { lane } of this.#members.values()) lane.gateway.follow();
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.#members.values()].map(({ follower }) => follower.dispose()));
  }

  async #enrolment(from: PoolJoin['from']): Promise<Enrolment> {
    const { web, laneHost } = this.#o;
    const enrolment = await web.enrolment(from);
    if (enrolment.expiresAt > laneHost.clock.now()) return enrolment;
    throw new GleanerError(
      'enrolment-invalid',
      'This enrolment has expired.',
      'Ask who administers the pool for a new one.',
    );
  }

  #offerOf(enrolment: Enrolment, documents: Pick<PoolOffer, 'policy' | 'tariff'> | null): PoolOffer {
    const values = this.#o.settings();
    const { pool, name, host, department, tags, catalog } = enrolment;
    return {
      pool,
      name,
      host,
      department,
      tags,
      catalogUrl: catalog.url,
      contacts: contactsOf(enrolment),
      policy: documents?.policy ?? null,
      tariff: documents?.tariff ?? null,
      memoryBytes: values['vm.memoryBytes'],
      diskBytes: values['vm.diskBytes'],
      vcpus: vcpusOf(values),
    };
  }

  #add(id: string, dataDir: string): Member {
    const { store, laneHost, vmWorld, gatewayWorld, sealed, spawnWorker, fleet, turn } = this.#o;
    const { pool, catalogUrl } = store.pool(id).membership;
    const permitted = (): boolean => isPoolPermitted(pool, this.#o.settings());
    const vm = new GridVm(vmWorld, { id, appliance: 'condor' });
    const runner = new CondorRunner({
      id,
      store,
      worker: () => new CondorWorker({ spawnWorker }),
      token: () => sealed.get(tokenName(id)),
      permitted,
      networkClosed: () => gatewayWorld.network.closed,
      room: () => roomOf(this.#o.settings()),
      offer: () => (permitted() ? this.#offer(id) : null),
      attributes: () => this.#attributes(id),
      machineRuns: () => vm.vm.status().phase === 'running',
      clock: laneHost.clock,
      log: laneHost.log,
      onChange: laneHost.onChange,
      onProblem: (failure: Failure | null) => {
        laneHost.problems.set(`${id} node`, failure);
      },
    });
    const gateway = new GridGateway(
      gatewayWorld,
      id,
      () => this.#contactsNow(id),
      false,
      () => this.#placesOf(id),
      () => runner.holdsJobs(),
    );
    const lane = new CondorLane(laneHost, {
      id,
      vm,
      runner,
      gateway,
      world: gatewayWorld,
      dataDir,
      permitted,
      policy: () => store.pool(id).documents?.policy ?? null,
      share: () => store.pool(id).share,
    });
    const follower = new PoolFollower({
      id,
      store,
      web: this.#o.web,
      place: { url: catalogUrl, pool, dir: join(dataDir, 'catalog') },
      isBusy: () =>
        vm.vm.status().phase === 'running' || lane.hasWork() || store.pool(id).documents?.policy.run !== true,
      clock: laneHost.clock,
      log: laneHost.log,
      onNews: () => {
        runner.follow();
        turn();
      },
      onProblem: (failure) => {
        laneHost.problems.set(`${id} documents`, failure);
      },
    });
    const member = { lane, follower };
    this.#members.set(id, member);
    fleet.add(lane);
    if (this.#begun) lane.contribution.begin();
    return member;
  }

  #member(id: string): Member {
    const member = this.#members.get(id);
    if (member) return member;
    throw new GleanerError('not-joined', `There is no joined pool ${id}.`, 'See: gleaner grids list');
  }

  /** None while it is not permitted, or being left; a pool that is left hears of its jobs until the end. */
  #contactsNow(id: string): readonly Contact[] {
    const pool = this.#o.store.pools().find((one) => one.id === id);
    return pool && isPoolPermitted(pool.membership.pool, this.#o.settings()) ? pool.contacts : [];
  }

  #placesOf(id: string): { host: string; port: number }[] {
    const pool = this.#o.store.pools().find((one) => one.id === id);
    if (!pool) return [];
    const { collector, submits } = pool.membership;
    return [collector, ...submits].map(({ address, port }) => ({ host: address, port }));
  }

  #offer(id: string): Offer | null {
    const { store, laneHost, settings } = this.#o;
    return offerOf(store.pool(id), laneHost.decide(id), roomOf(settings()), laneHost.clock.now());
  }

  #attributes(id: string): Attributes {
    const { store, laneHost, settings, version } = this.#o;
    const { lane } = this.#member(id);
    return attributesOf(store.pool(id), {
      version,
      values: settings(),
      signals: laneHost.signals(),
      monotonic: laneHost.clock.monotonic(),
      allowance: laneHost.decide(id),
      offer: this.#offer(id),
      accelerator: lane.vm.facts().accelerator,
      totals: lane.runner.totals,
    });
  }

  async #dir(id: string): Promise<string> {
    const dir = join(this.#o.vmWorld.paths.gridsDir, id);
    await mkdir(dir, { recursive: true, mode: 0o711 });
    return dir;
  }

  async #forget(id: string): Promise<void> {
    const { store, sealed, network, vmWorld, laneHost } = this.#o;
    const { gridsDir, vmsDir } = vmWorld.paths;
    for (const dir of [gridsDir, vmsDir]) await rm(join(dir, id), { recursive: true, force: true });
    laneHost.problems.clear(id);
    await sealed.forget(tokenName(id));
    network.forget(id);
    store.left(id);
  }
}

function tokenName(id: string): string {
  return `token-${id}`;
}
