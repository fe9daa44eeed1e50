import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SpawnWorker } from '../base/worker.ts';
import {
  type Contact,
  type EffectiveSettings,
  GleanerError,
  type GridDetail,
  type GridView,
  type JoinRequest,
  type ListedProject,
  type ProjectOffer,
  type Settings,
  toFailure,
} from '../contract/index.ts';
import { knownProjects } from '../grid/boinc/known-projects.ts';
import type { ClientRoom } from '../grid/boinc/preferences.ts';
import { ProjectRecord } from '../grid/boinc/record.ts';
import { BoincRunner } from '../grid/boinc/runner.ts';
import { managerWords } from '../grid/boinc/runner-view.ts';
import type { BoincStore } from '../grid/boinc/store.ts';
import type { JoinedProject, ManagedBy } from '../grid/boinc/store-types.ts';
import { BoincWorker } from '../grid/boinc/worker.ts';
import type { UsageWindow } from '../grid/usage.ts';
import type { AccountKeys } from './account-keys.ts';
import { BoincLane } from './boinc-lane.ts';
import type { Fleet } from './fleet.ts';
import { type GatewayWorld, GridGateway } from './grid-gateway.ts';
import { GridVm, guestOwnBytes, type VmWorld, vcpusOf } from './grid-vm.ts';
import {
  isPermitted,
  type ManagedJoin,
  requireConsent,
  requireNeeded,
  requireNew,
  requirePermitted,
  requireRunnable,
} from './join-rules.ts';
import type { LaneHost } from './lane.ts';
import type { NetworkDesk } from './network-desk.ts';
import type { WebDesk } from './web-desk.ts';

const MiB = 1024 * 1024;

export interface BoincGridsOptions {
  readonly store: BoincStore;
  readonly fleet: Fleet;
  readonly laneHost: LaneHost;
  readonly vmWorld: VmWorld;
  readonly gatewayWorld: GatewayWorld;
  readonly network: NetworkDesk;
  readonly web: WebDesk;
  readonly keys: AccountKeys;
  readonly usage: UsageWindow;
  readonly spawnWorker: SpawnWorker;
  readonly settings: () => Settings;
  readonly effective: () => EffectiveSettings;
  /** The VM of a project has lost its account key; whoever decides about the project may give it again. */
  readonly onKeyLost: (managedBy: ManagedBy) => void;
  /** There is something new to do. */
  readonly turn: () => void;
}

/** A project as it is about to be kept. */
type Kept = ManagedJoin & Pick<Partial<JoinedProject>, 'named' | 'noNewWork' | 'suspended'>;

/** The joined BOINC projects, each with its lane. */
export class BoincGrids {
  readonly #o: BoincGridsOptions;
  readonly #lanes = new Map<string, BoincLane>();
  #begun = false;

  constructor(o: BoincGridsOptions) {
    this.#o = o;
  }

  /** Makes the lanes of what was joined before; nothing runs yet. */
  async load(): Promise<void> {
    for (const { id, state } of this.#o.store.projects()) {
      if (state !== 'leaving') this.#add(id, await this.#diskDir(id));
    }
  }

  /** Finishes what an earlier host had begun to leave. */
  async recover(): Promise<void> {
    const { store, laneHost } = this.#o;
    for (const { id, state } of store.projects()) {
      if (state !== 'leaving') continue;
      try {
        new ProjectRecord(id, store, laneHost.clock).abandon();
        await this.#forget(id);
      } catch (error) {
        // Tried again by the next host.
        laneHost.log.warn('grids', toFailure(error).sentence, { grid: id });
      }
    }
  }

  /** What was recovered counts from now on. */
  begin(): void {
    this.#begun = true;
    for (const { contribution } of this.#lanes.values()) contribution.begin();
  }

  list(): readonly JoinedProject[] {
    return this.#o.store.projects();
  }

  /** Throws `not-joined`. */
  lane(id: string): BoincLane {
    const lane = this.#lanes.get(id);
    if (lane) return lane;
    throw new GleanerError('not-joined', `There is no joined project ${id}.`, 'See: gleaner grids list');
  }

  /** The public projects that Gleaner knows of. */
  known(): ListedProject[] {
    return knownProjects.map((project) => ({ ...project, permitted: this.#isPermitted(project.url) }));
  }

  /** Rejects `grid-not-permitted` before anybody is asked, and what a lookup rejects with. */
  async offer(url: string, allowPrivate: boolean): Promise<ProjectOffer> {
    this.requirePermitted(url);
    return (await this.#o.web.lookup(url, allowPrivate)).offer;
  }

  /** Rejects `grid-not-permitted`, `already-joined`, `consent-required`, `account-refused`, and what a lookup rejects with. */
  async join(request: JoinRequest): Promise<GridView> {
    const { url, account, allowPrivate, share } = request;
    this.requirePermitted(url);
    const { offer, facts } = await this.#o.web.lookup(url, allowPrivate);
    if (offer.kind === 'manager') {
      throw new GleanerError(
        'grid-unsupported',
        `${offer.name} is an account manager, which names projects itself.`,
        'Join it as a manager: gleaner manager join URL',
      );
    }
    this.requirePermitted(offer.url);
    requireRunnable(offer);
    requireNew(offer.url, this.#o.store.projects());
    requireConsent(offer, request);
    const { key, weak } = await this.#o.web.signIn(facts, account, allowPrivate);
    return this.keep(offer, { url: offer.url, key, share, managedBy: { kind: 'person', name: null } }, weak);
  }

  /** Keeps a project that was looked up and signed in to; it runs from now on. Throws `already-joined`. */
  async keep(offer: ProjectOffer, join: Kept, weakKey: boolean): Promise<GridView> {
    const { store, keys } = this.#o;
    const { named = null, noNewWork = false, suspended = false } = join;
    const project = store.join({
      url: offer.url,
      name: offer.name,
      share: join.share,
      noNewWork,
      suspended,
      managedBy: join.managedBy,
      named,
      contacts: [...offer.contacts, ...(join.contacts ?? [])],
      weakKey,
    });
    try {
      await keys.put(project.id, join.key);
      const lane = this.#add(project.id, await this.#diskDir(project.id));
      this.#o.turn();
      return lane.view();
    } catch (error) {
      store.left(project.id);
      throw error;
    }
  }

  /** Detaches and deletes everything of it. Rejects `grid-not-permitted` for what others decide about, `not-joined`. */
  async leave(id: string, by: ManagedBy['kind'] = 'person'): Promise<void> {
    const { managedBy, name } = this.#project(this.lane(id).id);
    if (managedBy.kind !== 'person' && managedBy.kind !== by) {
      const who = managerWords(managedBy);
      throw new GleanerError(
        'grid-not-permitted',
        `${name} was joined by ${who}.`,
        managedBy.kind === 'manager'
          ? 'Leave it there, or leave the manager.'
          : 'Ask who administers this computer.',
      );
    }
    await this.end(id);
  }

  /** As {@link leave}, whoever decides about it. */
  async end(id: string): Promise<void> {
    await this.lane(id).leave();
    this.#lanes.delete(id);
    this.#o.fleet.remove(id);
    this.#o.network.book(id);
    await this.#forget(id);
    this.#o.turn();
  }

  /** Whether its client still has tasks, were it only to report them. */
  hasTasks(id: string): boolean {
    return this.#o.store.tasks.listed(id).length > 0;
  }

  /** Throws `setting-locked` for what is not theirs to decide, `not-joined`. */
  set(
    id: string,
    values: { share?: number | undefined; noNewWork?: boolean | undefined; suspended?: boolean | undefined },
    by: ManagedBy['kind'] = 'person',
  ): GridView {
    const lane = this.lane(id);
    const { managedBy, name } = this.#project(id);
    if (values.share !== undefined && managedBy.kind !== 'person' && managedBy.kind !== by) {
      throw new GleanerError(
        'setting-locked',
        `${managerWords(managedBy)} decides about the share of ${name}.`,
        managedBy.kind === 'manager' ? 'Change it there.' : 'Ask who administers this computer.',
      );
    }
    lane.runner.set(values);
    this.#o.turn();
    return lane.view();
  }

  /** Who named it decides no more: it is the person's own from here on. */
  adopt(id: string): void {
    this.#o.store.change(id, { managedBy: { kind: 'person', name: null }, named: null });
  }

  update(id: string): GridView {
    const lane = this.lane(id);
    lane.runner.update();
    this.#o.turn();
    return lane.view();
  }

  abortTask(id: string, task: string): void {
    this.lane(id).runner.abortTask(task);
  }

  allow(id: string, contact: Pick<Contact, 'host' | 'port' | 'private'>): GridDetail {
    const lane = this.lane(id);
    const { url, contacts } = this.#project(id);
    requireNeeded(contact.host, url);
    const own = contacts.filter(({ source }) => source === 'person');
    this.#o.store.setContacts(id, 'person', [...own, contact]);
    this.#o.network.forgive(id, contact.host, contact.port);
    lane.gateway.follow();
    // What was refused before is tried now, not when the client would.
    lane.runner.update();
    this.#o.turn();
    return this.detail(id);
  }

  /** Takes back what the person has added; what the project or the organization needs stays. */
  forbid(id: string, host: string, port: number): GridDetail {
    const lane = this.lane(id);
    const { contacts } = this.#project(id);
    const there = contacts.filter((one) => one.host === host && one.port === port);
    const contact = there.find(({ source }) => source === 'person') ?? there[0];
    if (contact?.source !== 'person') {
      throw new GleanerError(
        contact ? 'grid-not-permitted' : 'not-found',
        contact
          ? `${host}:${port} was not added by you.`
          : `${host}:${port} is not among the contacts of this project.`,
        contact ? 'Leave the project to close all of its contacts.' : `See: gleaner grids show ${id}`,
      );
    }
    const kept = contacts.filter((one) => one.source === 'person' && one !== contact);
    this.#o.store.setContacts(id, 'person', kept);
    lane.gateway.follow();
    return this.detail(id);
  }

  detail(id: string): GridDetail {
    const { hosts, denials } = this.#o.network.of(id);
    const detail = this.lane(id).detail();
    return { ...detail, contacts: [...this.#project(id).contacts], contacted: hosts, denials };
  }

  /** Every gateway looks at its rules again. */
  follow(): void {
    for (const lane of this.#lanes.values()) lane.gateway.follow();
  }

  /** Throws `grid-not-permitted` for what an administrator does not permit, `profile-broken` when that is not known. */
  requirePermitted(url: string): void {
    requirePermitted(url, this.#o.effective());
  }

  #isPermitted(url: string): boolean {
    return isPermitted(url, this.#o.settings());
  }

  #add(id: string, dataDir: string): BoincLane {
    const { store, laneHost, vmWorld, gatewayWorld, keys, spawnWorker, onKeyLost } = this.#o;
    const vm = new GridVm(vmWorld, {
      id,
      appliance: 'boinc',
      dataDiskPath: join(dataDir, 'data.raw'),
    });
    const runner = new BoincRunner({
      id,
      store,
      worker: () => new BoincWorker({ spawnWorker }),
      key: () => keys.get(id),
      attached: () => keys.forget(id),
      availability: () => this.#availability(id),
      permitted: () => this.#isPermitted(this.#project(id).url),
      room: () => this.#room(),
      due: () => this.#due(id),
      grantedShare: () => laneHost.decide(id).share,
      machineRuns: () => vm.vm.status().phase === 'running',
      clock: laneHost.clock,
      log: laneHost.log,
      onChange: laneHost.onChange,
      onProblem: (failure) => {
        laneHost.problems.set(`${id} task`, failure);
        if (failure && keys.isLost(id)) onKeyLost(this.#project(id).managedBy);
      },
    });
    const gateway = new GridGateway(gatewayWorld, id, () => this.#contactsNow(id));
    const lane = new BoincLane(laneHost, {
      id,
      vm,
      runner,
      gateway,
      world: gatewayWorld,
      dataDir,
      permitted: () => this.#isPermitted(this.#project(id).url),
    });
    this.#lanes.set(id, lane);
    this.#o.fleet.add(lane);
    if (this.#begun) lane.contribution.begin();
    return lane;
  }

  /** None while it is not permitted, or being left. */
  #contactsNow(id: string): readonly Contact[] {
    const project = this.#o.store.projects().find((one) => one.id === id);
    return project && project.state !== 'leaving' && this.#isPermitted(project.url) ? project.contacts : [];
  }

  #room(): ClientRoom {
    const values = this.#o.settings();
    const memoryBytes = values['vm.memoryBytes'];
    return {
      vcpus: vcpusOf(values),
      memoryBytes,
      agentMemoryBytes: Math.max(64 * MiB, memoryBytes - guestOwnBytes),
      diskBytes: values['grids.diskBytes'],
      authorities: values['network.authorities'],
    };
  }

  /** Its part among the grids that have work. */
  #due(id: string): number {
    const lanes = this.#o.fleet.lanes.filter((lane) => lane.id === id || lane.hasWork());
    const all = lanes.reduce((sum, lane) => sum + lane.share(), 0);
    return all === 0 ? 1 : this.lane(id).share() / all;
  }

  /** The part of a day's CPU time that its VM really gets, 0…1: from the last day where it was there so long. */
  #availability(id: string): number {
    const dayMs = 86_400_000;
    const { joinedAt } = this.#project(id);
    const daySeconds = (dayMs / 1000) * vcpusOf(this.#o.settings());
    const lived = Math.min(dayMs, Math.max(1, this.#o.laneHost.clock.now() - joinedAt)) / dayMs;
    const measured = this.#o.usage.seconds(id) / (daySeconds * lived);
    // Before there is a day to look at, a quarter is assumed.
    return Math.min(1, Math.max(0.02, lived * measured + (1 - lived) * 0.25));
  }

  #project(id: string): JoinedProject {
    return this.#o.store.project(id);
  }

  async #diskDir(id: string): Promise<string> {
    const dir = join(this.#o.vmWorld.paths.gridsDir, id);
    // The VM's own user passes through, and finds its disk alone.
    await mkdir(dir, { recursive: true, mode: 0o711 });
    return dir;
  }

  async #forget(id: string): Promise<void> {
    const { store, keys, network, vmWorld, laneHost } = this.#o;
    const { gridsDir, vmsDir } = vmWorld.paths;
    // A saved VM that was not brought back leaves its state and disks.
    for (const dir of [gridsDir, vmsDir]) await rm(join(dir, id), { recursive: true, force: true });
    laneHost.problems.clear(id);
    await keys.forget(id);
    network.forget(id);
    store.left(id);
  }
}
