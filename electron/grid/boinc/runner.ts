import type { Disposable } from '../../base/disposal.ts';
import {
  type Failure,
  GleanerError,
  type GridDetail,
  type GridView,
  type JobView,
  toFailure,
} from '../../contract/index.ts';
import { Halt } from '../halt.ts';
import { once, settledWithin, UnfrozenWait } from '../runner-time.ts';
import { latestStart, type Outlook } from './outlook.ts';
import { Patience } from './patience.ts';
import { gatewayPort, rpcPort } from './preferences.ts';
import { ProjectRecord } from './record.ts';
import { ClientLink } from './runner-client.ts';
import type { AgentMachine, RunnerOptions } from './runner-machine.ts';
import { Mood } from './runner-mood.ts';
import { Stay } from './runner-stay.ts';
import { Refused } from './runner-steer.ts';
import { gridView, jobView, messageView, taskView, transferView } from './runner-view.ts';
import type { Known } from './runner-words.ts';
import type { ProjectChange } from './store.ts';
import type { JoinedProject } from './store-types.ts';
import { startWatchdog, type WatchdogState } from './watchdog.ts';

export type { AgentMachine } from './runner-machine.ts';

/** How long a detaching client is waited for, in real ms; it first ends its tasks, which takes six seconds. */
const detachMs = 20_000;
/** What a soft end may take beyond its grace, in real ms. */
const quietMarginMs = 5000;
/** Of the tasks that are over, how many the detail shows. */
const shownOver = 20;

/** Runs one joined project: its client in its VM, and what is known and booked of it. */
export class BoincRunner implements Disposable {
  readonly #o: RunnerOptions;
  readonly #record: ProjectRecord;
  readonly #patience: Patience;
  readonly #mood: Mood;
  readonly #wishes = { update: false, abort: false };
  readonly #gateways = new WeakMap<AgentMachine, Promise<void>>();
  readonly #ways = new WeakMap<AgentMachine, Promise<string>>();
  #stay: Stay | undefined;
  #machine: AgentMachine | undefined;
  #halt = new Halt();
  #running: Promise<void> | undefined;
  /** The client was looked at in this stay. */
  #live = false;
  #seenAt: number | null;
  #watchdog: WatchdogState = startWatchdog;
  /** The client was ended with the machine about to go: nothing of it is in memory. */
  #quieted = false;
  #disposed = false;

  constructor(o: RunnerOptions) {
    this.#o = o;
    this.#record = new ProjectRecord(o.id, o.store, o.clock);
    this.#mood = new Mood(o.onProblem);
    this.#patience = new Patience(o.clock, () => {
      this.#mood.waiting = null;
      o.onChange();
    });
    this.#seenAt = this.#project.standing?.at ?? null;
  }

  get id(): string {
    return this.#o.id;
  }

  /** Whether it wants its VM now: there are tasks, or it is time to ask for some. Cheap and pure. */
  hasWork(): boolean {
    const { state, suspended, noNewWork } = this.#project;
    if (this.#disposed || state === 'leaving' || suspended || this.#mood.isRefused) return false;
    if (!this.#o.permitted()) return false;
    if (this.#stay || this.#wishes.update || this.#wishes.abort) return true;
    if (this.#patience.waits) return false;
    return state === 'joining' || !noNewWork || this.#record.hasTasks;
  }

  /** Whether tasks are in the VM's memory, so that the VM is worth saving. */
  needs(): boolean {
    return this.#project.state !== 'leaving' && !this.#quieted && this.#record.inMemory;
  }

  /**
   * Brings the client up on this machine, or finds it running there, attaches it if need be, and looks after it. Resolves
   * when there is nothing to do for a while, the project will not have us, or it was disposed of. Rejects with
   * `session-lost` when the machine is gone, `agent-failed` when the client ends again and again, and with what
   * starting it gave.
   */
  run(machine: AgentMachine): Promise<void> {
    if (this.#running) {
      return Promise.reject(new GleanerError('wrong-phase', 'This project already runs on a machine.'));
    }
    if (this.#disposed || this.#project.state === 'leaving' || this.#mood.isRefused) return Promise.resolve();
    const run = this.#run(machine).finally(() => {
      this.#running = undefined;
      this.#stay = undefined;
      this.#live = false;
      this.#o.onChange();
    });
    this.#running = run;
    return run;
  }

  /** Ends the client softly, because its VM is about to be powered off; resolves in any case. */
  async quiet(graceMs: number): Promise<void> {
    const [stay, machine] = [this.#stay, this.#machine];
    if (!machine) return;
    this.#quieted = true;
    const ended = stay ? stay.quiet(graceMs) : machine.stopAgent(Math.max(1, Math.ceil(graceMs / 1000)));
    await this.#atMost(graceMs + quietMarginMs, ended, 'quiet');
  }

  /**
   * Suspends its tasks by the client's own means, because its VM is about to stand still and there is time: none of them is
   * caught in the middle of ending. They go on when the client is looked at again. Resolves in any case.
   */
  async soften(ms: number): Promise<void> {
    if (this.#stay) await this.#atMost(ms, this.#stay.soften(), 'soften');
  }

  /**
   * The person leaves the project. Resolves, in any case and soon, when nothing of it runs here any more: then its VM and
   * its disk can be deleted. Throws what the database throws when not even the wish can be written.
   */
  async leave(): Promise<void> {
    const { id, store, onChange } = this.#o;
    store.leave(id);
    onChange();
    try {
      // Before the client forgets its tasks, so that these end for the reason for which they do.
      this.#record.abandon();
    } catch (error) {
      this.#o.log.warn('boinc', toFailure(error).sentence, { grid: id });
    }
    if (this.#stay) await this.#atMost(detachMs, this.#stay.detach(), 'detach');
    await this.#end();
    this.#mood.storage(null);
    this.#mood.clear();
  }

  /** The person wants news and work, whatever was in the way. */
  update(): void {
    this.#wishes.update = true;
    this.#act();
  }

  /** Throws what the database throws. */
  set(change: Pick<ProjectChange, 'share' | 'noNewWork' | 'suspended'>): void {
    const before = this.#project;
    const now = this.#o.store.change(this.#o.id, change);
    const wantsMore = (before.suspended && !now.suspended) || (before.noNewWork && !now.noNewWork);
    if (wantsMore) this.#act();
    else {
      this.#stay?.wake();
      this.#o.onChange();
    }
  }

  /** Aborts a task now, or as soon as the VM runs. Throws `not-found`, and what the database throws. */
  abortTask(name: string): void {
    if (!this.#record.abortAsked(name, 'person')) {
      throw new GleanerError('not-found', `${this.#project.name} has no such task at hand.`);
    }
    this.#wishes.abort = true;
    this.#stay?.wake();
    this.#o.onChange();
  }

  /** Begun later than that, an unfinished task misses its deadline, in epoch ms; null: none has one. */
  latestStartAt(): number | null {
    const { clock, room, availability, due } = this.#o;
    // It got about its due of what policy gives to all; one whose deadlines press gets the whole of that.
    const pace = { vcpus: room().vcpus, part: availability() / due() };
    return latestStart(this.#record.open(), clock.now(), pace);
  }

  view(): GridView {
    return gridView(this.#known());
  }

  detail(): Omit<GridDetail, 'contacts' | 'contacted' | 'denials'> {
    const { standing, weakKey, hostId } = this.#project;
    const record = this.#record;
    const { project } = record;
    return {
      grid: this.view(),
      seenAt: this.#seenAt,
      tasks: [...record.open(), ...record.over.slice(0, shownOver)].map((task) =>
        taskView(task, this.#isLive),
      ),
      messages: record.messages.map(messageView),
      transfers: record.transfers.map((transfer) => transferView(transfer, this.#o.clock.now())),
      diskBytes: record.diskBytes ?? standing?.diskBytes ?? null,
      diskLimitBytes: this.#o.room().diskBytes,
      hostId,
      userName: project?.userName ?? standing?.userName ?? null,
      weakKey,
      pool: null,
    };
  }

  /** Its tasks: those that are not over, then the latest others. */
  jobs(): JobView[] {
    const project = this.#project;
    return [...this.#record.open(), ...this.#record.over].map((task) => jobView(task, project, this.#live));
  }

  /** Lets go of the client, which runs on; resolves when nothing of it is held here any more. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    this.#patience.dispose();
    await this.#end();
  }

  /** What the last look told is what goes on. */
  get #isLive(): boolean {
    return this.#live && this.#o.machineRuns();
  }

  get #project(): JoinedProject {
    return this.#o.store.project(this.#o.id);
  }

  async #run(machine: AgentMachine): Promise<void> {
    const halt = new Halt();
    this.#halt = halt;
    this.#machine = machine;
    const stay = this.#newStay(machine, halt);
    this.#stay = stay;
    this.#mood.waiting = null;
    this.#o.onChange();
    try {
      const outlook = await stay.run();
      if (outlook && this.#o.permitted()) this.#rest(outlook);
    } catch (error) {
      if (error instanceof Refused) this.#refused(error);
      else {
        this.#failed(toFailure(error));
        throw error;
      }
    }
  }

  #newStay(machine: AgentMachine, halt: Halt): Stay {
    const wait = new UnfrozenWait(this.#o.clock, () => machine.frozenMs());
    const link = new ClientLink(this.#o, machine, { halt, wait, reach: () => this.#wayTo(machine) });
    const context = {
      ...this.#o,
      record: this.#record,
      wait,
      halt,
      link,
      wishes: this.#wishes,
      watchdog: {
        get: () => this.#watchdog,
        set: (state: WatchdogState) => {
          this.#watchdog = state;
        },
      },
      onLook: (outlook: Outlook) => {
        this.#looked(outlook);
      },
      onStuck: (task: string) => {
        this.#mood.stuck(this.#project, task);
      },
      onStorage: (failure: Failure | null) => {
        this.#mood.storage(failure);
      },
    };
    return new Stay(context, machine);
  }

  /** The way to the client and the client's to the gateway, each made once for each machine. */
  async #wayTo(machine: AgentMachine): Promise<string> {
    await once(this.#gateways, machine, () => machine.forwardGateway(gatewayPort));
    return once(this.#ways, machine, () => machine.reach(rpcPort));
  }

  #looked(outlook: Outlook): void {
    this.#live = true;
    this.#quieted = false;
    this.#seenAt = this.#o.clock.now();
    this.#mood.fine();
    if (outlook.works && !outlook.empty) this.#patience.reset();
    this.#o.onChange();
  }

  /** Nothing to do for a while: the VM goes to others, until something can be expected again. */
  #rest({ nextAt, empty }: Outlook): void {
    const untilNext = nextAt === null ? 0 : nextAt - this.#o.clock.now();
    const isStuck = this.#record.hasTasks && empty;
    const fails = (this.#record.project?.failedContacts ?? 0) > 0;
    const ms = isStuck && nextAt !== null ? this.#patience.for(untilNext) : this.#patience.more(untilNext);
    this.#mood.waiting = { why: fails ? 'unreachable' : isStuck ? 'transfers' : 'no-work', ms };
  }

  #refused({ failure, attention }: Refused): void {
    this.#o.log.warn('boinc', failure.sentence, { grid: this.#o.id, code: failure.code });
    if (attention) {
      this.#mood.refused(failure);
      return;
    }
    this.#mood.unreachable(failure);
    this.#mood.waiting = { why: 'unreachable', ms: this.#patience.more(0) };
  }

  #failed(failure: Failure): void {
    // The machine has its own reasons, and comes back or not.
    if (failure.code === 'session-lost') return;
    this.#patience.more(0);
    this.#mood.broken(failure);
  }

  /** The person acts: what was in the way is tried again. */
  #act(): void {
    this.#patience.reset();
    this.#mood.clear();
    this.#stay?.wake();
    this.#o.onChange();
  }

  #known(): Known {
    const record = this.#record;
    const { attention, passing, waiting } = this.#mood;
    return {
      project: this.#project,
      told: record.project,
      open: record.open(),
      hasTasks: record.hasTasks,
      counts: record.counts,
      unreported: record.unreported,
      transfers: this.#isLive ? record.transfers : [],
      live: this.#isLive,
      waiting,
      attention,
      passing,
    };
  }

  async #end(): Promise<void> {
    this.#halt.halt();
    await this.#running?.catch(() => undefined);
  }

  async #atMost(ms: number, asked: Promise<unknown>, what: string): Promise<void> {
    const { clock, log, id } = this.#o;
    try {
      await settledWithin(clock, ms, asked, () => this.#machine?.frozenMs() ?? 0);
    } catch (error) {
      log.info('boinc', `${what}: ${toFailure(error).sentence}`, { grid: id });
    }
  }
}
