import type {
  ClientLook,
  ClientMessage,
  ClientProject,
  ClientTask,
  ClientTransfer,
} from '../../electron/grid/boinc/messages.ts';

/** A task as a client tells it that has just got it, with whatever a test wants different. */
export function clientTask(name: string, different: Partial<ClientTask> = {}): ClientTask {
  return {
    name,
    application: 'Upper case',
    state: 2,
    scheduled: null,
    process: null,
    progress: 0,
    cpuSeconds: 0,
    checkpointCpuSeconds: 0,
    elapsedSeconds: 0,
    remainingSeconds: 100,
    memoryBytes: 0,
    receivedAt: 1_700_000_000_000,
    deadline: 1_700_600_000_000,
    readyToReport: false,
    serverAck: false,
    suspended: false,
    exitStatus: 0,
    ...different,
  };
}

export const runningTask = { scheduled: 2, process: 1 } as const;

export function clientProject(url: string, different: Partial<ClientProject> = {}): ClientProject {
  return {
    url,
    name: 'Upper',
    userName: 'ada',
    hostId: null,
    userTotal: 0,
    userRecent: 0,
    hostTotal: 0,
    hostRecent: 0,
    suspended: false,
    noNewWork: false,
    contactPending: false,
    nextContactAt: null,
    failedContacts: 0,
    ...different,
  };
}

export const nothingSeen: ClientLook = {
  projects: [],
  tasks: [],
  transfers: [],
  messages: [],
  diskBytes: null,
};

/**
 * What a fake client has on its disk, which survives its end, and what it computes: a second of CPU for each second
 * that it runs. It says what the test makes it say.
 */
export class FakeBoincEngine {
  project: ClientProject | undefined;
  tasks: ClientTask[] = [];
  transfers: ClientTransfer[] = [];
  messages: ClientMessage[] = [];
  diskBytes: number | null = 1000;
  /** Tasks that hang: they run without using the CPU. */
  readonly hanging = new Set<string>();
  preferences = '';
  /** What was asked of it, in order: the verb, and what of its input tells most. */
  readonly asked: string[] = [];

  /** Attached and known to its project. */
  joined(url: string, different: Partial<ClientProject> = {}): this {
    this.project = clientProject(url, { hostId: '7', ...different });
    return this;
  }

  become(different: Partial<ClientProject>): void {
    if (!this.project) throw new Error('not attached');
    this.project = { ...this.project, ...different };
  }

  set(name: string, different: Partial<ClientTask>): void {
    this.tasks = this.tasks.map((task) => (task.name === name ? { ...task, ...different } : task));
  }

  drop(name: string): void {
    this.tasks = this.tasks.filter((task) => task.name !== name);
  }

  say(seqno: number, text: string, priority = 1): void {
    this.messages.push({ seqno, at: 1_700_000_000_000, title: '', text, priority });
  }

  /** One second passes in which it runs. */
  tick(): void {
    this.tasks = this.tasks.map((task) => {
      if (task.state !== 2 || task.process !== 1 || task.scheduled !== 2) return task;
      return {
        ...task,
        elapsedSeconds: task.elapsedSeconds + 1,
        cpuSeconds: task.cpuSeconds + (this.hanging.has(task.name) ? 0 : 1),
      };
    });
  }

  /** Its tasks are out of memory, back at their checkpoints. */
  ended(): void {
    this.messages = [];
    this.tasks = this.tasks.map((task) =>
      task.process === null
        ? task
        : {
            ...task,
            process: 0,
            scheduled: 0,
            cpuSeconds: task.checkpointCpuSeconds,
            elapsedSeconds: task.checkpointCpuSeconds,
          },
    );
  }

  /** It starts anew: what was running runs again. */
  started(): void {
    this.tasks = this.tasks.map((task) => (task.process === 0 ? { ...task, ...runningTask } : task));
  }

  look(messagesAfter: number, noticesAfter: number): ClientLook {
    return {
      projects: this.project ? [this.project] : [],
      tasks: this.tasks,
      transfers: this.transfers,
      messages: this.messages.filter(
        ({ seqno, priority }) => seqno > (priority === 4 ? noticesAfter : messagesAfter),
      ),
      diskBytes: this.diskBytes,
    };
  }
}
