import type {
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
import type { ClientMessage, ClientTransfer } from './messages.ts';
import { type Known, tellGrid, tellProgress, tellTask, tellTransfer } from './runner-words.ts';
import type { SeenTask } from './store-rows.ts';
import type { JoinedProject, ManagedBy } from './store-types.ts';
import { titleOf } from './task-booking.ts';
import { isExecuting } from './tasks.ts';

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
    ...tellGrid(known, state, running),
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
    ...tellTask(task, state, live),
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
    ...tellProgress(state),
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
    ...tellTransfer(waits ? { retries, ms: retryAt - now } : null),
  };
}
