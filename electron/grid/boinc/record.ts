import type { Clock } from '../../base/clock.ts';
import type { ClientLook, ClientMessage, ClientProject, ClientTask, ClientTransfer } from './messages.ts';
import { TaskBudget } from './record-budget.ts';
import type { BoincStore } from './store.ts';
import type { SeenTask } from './store-rows.ts';
import type { TaskCounts, TaskNews } from './store-tasks.ts';
import type { Standing } from './store-types.ts';
import { endingOfAbandoned } from './task-endings.ts';
import { type Followed, follow, isInMemory, somethingRan } from './tasks.ts';

/** What changes all the time is written so often, in ms; each write waits for the disk. */
const writeMs = 60_000;
const maxMessages = 200;
/** Tasks that ended, of which the views tell. */
const maxOver = 50;

/** Where a look was taken. */
export interface LookPlace {
  readonly frozenSeconds: number;
  readonly accelerator: string;
  readonly applianceDigest: string;
}

/** What is known of one project's tasks, credit and messages; what must survive is in the store. */
export class ProjectRecord {
  readonly #id: string;
  readonly #store: BoincStore;
  readonly #clock: Clock;
  readonly #budget: TaskBudget;
  #tasks: ReadonlyMap<string, SeenTask>;
  #over: readonly SeenTask[];
  #counts: TaskCounts;
  #messages: ClientMessage[] = [];
  #transfers: readonly ClientTransfer[] = [];
  #writtenAt: number | undefined;
  #creditAt: number | undefined;
  #project: ClientProject | undefined;
  #diskBytes: number | null = null;

  constructor(id: string, store: BoincStore, clock: Clock) {
    this.#id = id;
    this.#store = store;
    this.#clock = clock;
    this.#budget = new TaskBudget(clock.monotonic());
    this.#tasks = new Map(store.tasks.listed(id).map((task) => [task.name, task]));
    this.#over = store.tasks.over(id, maxOver);
    this.#counts = store.tasks.counts(id);
  }

  /** Those that are not over, in the order in which they came. */
  open(): SeenTask[] {
    return [...this.#tasks.values()].filter(({ outcome }) => outcome === null);
  }

  /** How many results are finished, but not reported to the project yet. */
  get unreported(): number {
    return [...this.#tasks.values()].filter(({ outcome }) => outcome === 'done').length;
  }

  /** Whether the client still has tasks, were it only to report them. */
  get hasTasks(): boolean {
    return this.#tasks.size > 0;
  }

  /** Those that ended, the newest first. */
  get over(): readonly SeenTask[] {
    return this.#over;
  }

  get counts(): TaskCounts {
    return this.#counts;
  }

  /** The newest last. */
  get messages(): readonly ClientMessage[] {
    return this.#messages;
  }

  get transfers(): readonly ClientTransfer[] {
    return this.#transfers;
  }

  /** What the client told last of the project; undefined while it never did. */
  get project(): ClientProject | undefined {
    return this.#project;
  }

  get diskBytes(): number | null {
    return this.#diskBytes;
  }

  /** Whether a task's program is in the VM's memory. */
  get inMemory(): boolean {
    return this.open().some(isInMemory);
  }

  /**
   * Takes what a look tells: books what ended, once, and remembers it. Throws what the database throws; then the next
   * look makes up for it.
   */
  take(look: ClientLook, project: ClientProject | undefined, place: LookPlace): void {
    this.#transfers = look.transfers;
    this.#hear(look.messages);
    this.#project = project ?? this.#project;
    this.#diskBytes = look.diskBytes;
    // Its tasks were given up; until the client has let go of them it still lists them.
    if (this.#store.project(this.#id).state === 'leaving') return;
    const now = this.#clock.now();
    const followed = follow(this.#recalled(look.tasks), this.#admitted(look.tasks), {
      now,
      frozenSeconds: place.frozenSeconds,
      accelerator: place.accelerator,
      appliance: place.applianceDigest,
      attached: project !== undefined,
    });
    this.#remember(followed);
    if (project) this.#account(project, look.diskBytes, now);
  }

  /** Writes what was not written yet. Throws what the database throws. */
  flush(): void {
    if (this.#project?.hostId != null) this.#observe(this.#project.hostId, this.#project.hostTotal);
    this.#write({ seen: this.open() });
    this.#writtenAt = this.#clock.monotonic();
  }

  /** Somebody asks the client to abort a task; when that ends, it is known why. False: there is no such task. */
  abortAsked(name: string, by: 'person' | 'watchdog'): boolean {
    const task = this.#tasks.get(name);
    if (task?.outcome !== null) return false;
    const asked: SeenTask = { ...task, abortedBy: by };
    this.#write({ seen: [asked] });
    this.#tasks = new Map(this.#tasks).set(name, asked);
    return true;
  }

  /** Ends all tasks, because the project is left: those of which something ran are booked as aborted. */
  abandon(): void {
    const now = this.#clock.now();
    const open = this.open();
    const gone = { listed: false, endedAt: now };
    this.#remember({
      tasks: new Map(),
      ended: open.filter(somethingRan).map((task) => ({ ...task, ...endingOfAbandoned(task), ...gone })),
      dropped: open
        .filter((task) => !somethingRan(task))
        .map((task) => ({ ...task, outcome: 'lost', attempt: task.attempt - 1, ...gone })),
      relisted: [...this.#tasks.values()]
        .filter(({ outcome }) => outcome !== null)
        .map((task) => ({ ...task, listed: false })),
      changed: false,
    });
  }

  /** The client begins to count its messages anew. */
  forgetMessages(): void {
    this.#messages = [];
  }

  /** The highest numbers heard so far, of messages and of notices. */
  heard(): { readonly messagesAfter: number; readonly noticesAfter: number } {
    const highest = (isNotice: boolean): number =>
      Math.max(
        0,
        ...this.#messages.filter(({ priority }) => (priority === 4) === isNotice).map(({ seqno }) => seqno),
      );
    return { messagesAfter: highest(false), noticesAfter: highest(true) };
  }

  get #name(): string {
    return this.#store.project(this.#id).name;
  }

  #hear(messages: readonly ClientMessage[]): void {
    if (messages.length === 0) return;
    const { messagesAfter, noticesAfter } = this.heard();
    const fresh = messages.filter(
      ({ seqno, priority }) => seqno > (priority === 4 ? noticesAfter : messagesAfter),
    );
    this.#messages = [...this.#messages, ...fresh].slice(-maxMessages);
  }

  /** What is known of the tasks of a look: some may be from long ago. */
  #recalled(tasks: readonly ClientTask[]): ReadonlyMap<string, SeenTask> {
    const known = new Map(this.#tasks);
    for (const { name } of tasks) {
      if (known.has(name)) continue;
      const task = this.#store.tasks.find(this.#id, name);
      if (task) known.set(name, task);
    }
    return known;
  }

  /** Without those that are too many to be believed; an attempt that begins anew counts as new. */
  #admitted(tasks: readonly ClientTask[]): ClientTask[] {
    return tasks.filter(({ name }) => {
      if (name === '') return false;
      return this.#tasks.has(name) || this.#budget.take(this.#clock.monotonic());
    });
  }

  #remember(followed: Followed): void {
    const { tasks, ended, dropped, relisted, changed } = followed;
    const isDue =
      this.#writtenAt === undefined || this.#clock.monotonic() - this.#writtenAt >= writeMs || changed;
    const seen = isDue ? [...tasks.values()].filter(({ outcome }) => outcome === null) : [];
    this.#write({ ended, dropped, relisted, seen });
    if (isDue) this.#writtenAt = this.#clock.monotonic();
    this.#tasks = tasks;
    if (ended.length + relisted.length > 0) {
      this.#over = this.#store.tasks.over(this.#id, maxOver);
      this.#counts = this.#store.tasks.counts(this.#id);
    }
  }

  #write(news: Partial<TaskNews>): void {
    const nothing = { ended: [], dropped: [], relisted: [], seen: [] };
    this.#store.tasks.record(this.#id, this.#name, { ...nothing, ...news });
  }

  #account(project: ClientProject, diskBytes: number | null, now: number): void {
    const { hostId, hostTotal, hostRecent, userTotal, userRecent, userName } = project;
    const known = this.#store.project(this.#id);
    if (hostId !== null && (known.state === 'joining' || known.hostId !== hostId)) {
      this.#store.attached(this.#id, hostId);
    }
    if (hostId === null) return;
    const told: Standing = { at: now, hostTotal, hostRecent, userTotal, userRecent, userName, diskBytes };
    if (this.#clock.monotonic() - (this.#creditAt ?? Number.NEGATIVE_INFINITY) < writeMs) return;
    this.#creditAt = this.#clock.monotonic();
    this.#observe(hostId, hostTotal);
    this.#store.remember(this.#id, told);
  }

  #observe(hostId: string, total: number): void {
    this.#store.credit.observe(this.#id, this.#name, hostId, total);
  }
}
