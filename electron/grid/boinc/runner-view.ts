import type {
  Failure,
  GridState,
  GridView,
  JobState,
  JobView,
  ProjectCredit,
  ProjectMessage,
  TaskState,
  TaskView,
  TransferView,
} from '../../contract/index.ts';
import type { ClientMessage, ClientProject, ClientTransfer } from './messages.ts';
import type { SeenTask } from './store-rows.ts';
import type { TaskCounts } from './store-tasks.ts';
import type { JoinedProject, ManagedBy } from './store-types.ts';
import { titleOf } from './task-booking.ts';
import { isExecuting } from './tasks.ts';

/** Why a project waits, although it is its turn, and how long, in ms. */
export interface Waiting {
  readonly why: 'no-work' | 'unreachable' | 'transfers';
  readonly ms: number;
}

/** What a view is made of. */
export interface Known {
  readonly project: JoinedProject;
  /** As its client told it last in this host's life. */
  readonly told: ClientProject | undefined;
  readonly open: readonly SeenTask[];
  /** There are these, or some that are over and wait to be reported. */
  readonly hasTasks: boolean;
  /** Finished, and not reported yet. */
  readonly unreported: number;
  readonly counts: TaskCounts;
  readonly transfers: readonly ClientTransfer[];
  /** Its client is looked at. */
  readonly live: boolean;
  readonly waiting: Waiting | null;
  /** Something for the person to look at. */
  readonly attention: Failure | null;
  /** What will pass by itself. */
  readonly passing: Failure | null;
}

/** Pure. */
export function gridView(known: Known): GridView {
  const { project, open, counts, live, attention, passing } = known;
  const running = live ? open.filter(isExecuting).length : 0;
  const state = stateOf(known, running);
  return {
    id: project.id,
    kind: 'boinc',
    name: project.name,
    url: project.url,
    state,
    sentence: sentenceOf(known, state, running),
    managedBy: project.managedBy.kind === 'person' ? null : managerWords(project.managedBy),
    share: project.share,
    noNewWork: project.noNewWork,
    suspended: project.suspended,
    credit: creditOf(known),
    failure: attention ?? passing,
    queued: open.length - running,
    running,
    unreported: known.unreported,
    ...counts,
  };
}

/** Who decides about a project that the person did not join. Pure. */
export function managerWords({ kind, name }: ManagedBy): string {
  return name ?? (kind === 'manager' ? 'the account manager' : 'your organization');
}

function stateOf({ project, attention, live, transfers }: Known, running: number): GridState {
  if (project.state === 'leaving') return 'leaving';
  if (project.suspended) return 'suspended';
  if (attention) return 'attention';
  if (project.state === 'joining') return 'joining';
  const moves = transfers.some(({ retryAt }) => retryAt === null);
  return live && (running > 0 || moves) ? 'working' : 'waiting';
}

function sentenceOf(known: Known, state: GridState, running: number): string {
  const { project, open, hasTasks, live, waiting, attention, passing } = known;
  switch (state) {
    case 'leaving':
      return 'It is being left.';
    case 'attention':
      return attention?.sentence ?? 'It needs to be looked at.';
    case 'suspended':
      return 'It is suspended: none of its tasks runs.';
    case 'joining':
      if (passing) return passing.sentence;
      if (waiting) return waitingSentence(waiting);
      return live
        ? 'Its virtual machine signs in to the project.'
        : 'It signs in to the project as soon as its virtual machine may run.';
    case 'working':
      return running > 0 ? `It computes ${some(running)}.` : 'Files are on their way.';
    case 'waiting':
      break;
  }
  const isDone = project.noNewWork && !hasTasks;
  if (waiting && !isDone) return waitingSentence(waiting);
  if (open.length > 0) {
    return live
      ? `${some(open.length)} at hand, none of which runs at the moment.`
      : `It waits for its turn, with ${some(open.length)} at hand.`;
  }
  if (hasTasks) return live ? 'Its results wait to be reported.' : 'It waits for its turn to report results.';
  if (isDone) return 'It has no task, and fetches no new ones.';
  return live ? 'It asks the project for work.' : 'It waits for its turn to ask for work.';
}

function waitingSentence({ why, ms }: Waiting): string {
  const again = `asked again after ${roughly(ms)}`;
  switch (why) {
    case 'no-work':
      return `The project has no work at the moment; it is ${again}.`;
    case 'unreachable':
      return `The project cannot be reached; it is ${again}.`;
    case 'transfers':
      return `Its results wait to be sent; the project is ${again}.`;
  }
}

/** Pure. */
export function roughly(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / 60_000));
  if (minutes < 90) return minutes === 1 ? 'a minute' : `${minutes} minutes`;
  return `${Math.round(minutes / 60)} hours`;
}

function some(tasks: number): string {
  return tasks === 1 ? 'one task' : `${tasks} tasks`;
}

function creditOf({ told, project: { standing } }: Known): ProjectCredit | null {
  const source = told?.hostId == null ? standing : told;
  if (!source) return null;
  const { hostTotal, hostRecent, userTotal, userRecent } = source;
  return { hostTotal, hostRecent, userTotal, userRecent };
}

/** As the window shows it; of a machine that does not run, nothing runs. Pure. */
export function taskView(task: SeenTask, live: boolean): TaskView {
  const state = task.outcome === 'done' && task.listed ? 'reporting' : taskState(task, live);
  return {
    name: task.name,
    application: task.application,
    state,
    progress: task.outcome === 'done' ? 1 : task.progress,
    cpuSeconds: task.cpuSeconds,
    elapsedSeconds: task.elapsedSeconds,
    remainingSeconds: task.outcome === null ? task.remainingSeconds : null,
    deadline: task.deadline,
    receivedAt: task.receivedAt,
    sinceCheckpointSeconds:
      task.state === 2 && task.startedAt !== null
        ? Math.max(0, task.cpuSeconds - task.checkpointCpuSeconds)
        : null,
    words: wordsOf(task, state, live),
  };
}

function taskState(task: SeenTask, live: boolean): TaskState {
  switch (task.outcome) {
    case 'done':
    case 'failed':
    case 'aborted':
      return task.outcome;
    case 'lost':
      return 'aborted';
    case null:
      break;
  }
  switch (task.state) {
    case 0:
    case 1:
      return 'downloading';
    case 3:
    case 7:
      return 'failed';
    case 4:
      return 'uploading';
    case 5:
      return 'reporting';
    case 6:
      return 'aborted';
    default:
      if (live && isExecuting(task)) return 'running';
      return task.startedAt === null ? 'ready' : 'waiting';
  }
}

function wordsOf(task: SeenTask, state: TaskState, live: boolean): string | null {
  if (task.failure) return task.failure.sentence;
  if (task.outcome === 'lost') return 'It is not known what became of it.';
  if (task.outcome === null && task.abortedBy !== null) return 'It is being aborted.';
  if (state === 'waiting' && !live) return 'It goes on when the virtual machine runs.';
  if (state === 'waiting' && task.suspended) return 'It is suspended.';
  return null;
}

/** As the list of all grids' jobs shows it. Pure. */
export function jobView(task: SeenTask, project: JoinedProject, live: boolean): JobView {
  const state = taskState(task, live);
  return {
    id: `${project.id}/${task.name}`,
    grid: project.id,
    title: titleOf(task),
    owner: project.name,
    state: jobState(state, live),
    attempt: task.attempt,
    progress: state === 'done' ? 1 : task.progress,
    progressText: state === 'uploading' || state === 'reporting' || state === 'downloading' ? state : '',
    addedAt: task.receivedAt ?? task.firstSeenAt,
    startedAt: task.startedAt,
    endedAt: task.endedAt,
    cpuSeconds: task.cpuSeconds,
    memoryPeakBytes: task.memoryPeakBytes,
    checkpointAt: task.checkpointAt,
    deadline: task.deadline,
    earned: null,
    failure: task.failure,
    hasResult: false,
  };
}

function jobState(state: TaskState, live: boolean): JobState {
  switch (state) {
    case 'done':
    case 'failed':
    case 'aborted':
      return state;
    case 'running':
      return 'running';
    case 'uploading':
    case 'reporting':
      return live ? 'running' : 'queued';
    default:
      return 'queued';
  }
}

const priorities = { 1: 'info', 2: 'alert', 3: 'error', 4: 'notice' } as const;

/** Pure. */
export function messageView({ at, title, text, priority }: ClientMessage): ProjectMessage {
  return {
    at: at ?? 0,
    title,
    text,
    priority: priority === 2 || priority === 3 || priority === 4 ? priorities[priority] : 'info',
  };
}

/** Pure. */
export function transferView(transfer: ClientTransfer, now: number): TransferView {
  const { file, upload, bytes, totalBytes, bytesPerSecond, retryAt, retries } = transfer;
  const waits = retryAt !== null && retryAt > now;
  return {
    file,
    direction: upload ? 'up' : 'down',
    bytes,
    totalBytes,
    bytesPerSecond,
    words: waits
      ? `It failed${retries > 1 ? ` ${retries} times` : ''}, and is tried again after ${roughly(retryAt - now)}.`
      : null,
  };
}
