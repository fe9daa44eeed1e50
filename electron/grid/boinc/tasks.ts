import type { ClientTask } from './messages.ts';
import type { SeenTask } from './store-rows.ts';
import { endingOf, endingOfVanished } from './task-endings.ts';

/** RESULT_* of BOINC's lib/common_defs.h, and the states of a task that is being computed. */
export const taskStates = { downloaded: 2, error: 3, uploading: 4, uploaded: 5, aborted: 6, uploadFailed: 7 };
export const executing = { process: 1, scheduled: 2 };

/** Whether the task's program runs at this moment, as far as its client knows. */
export function isExecuting({ state, process, scheduled }: SeenTask | ClientTask): boolean {
  return (
    state === taskStates.downloaded && process === executing.process && scheduled === executing.scheduled
  );
}

/** Whether the task's program is in the machine's memory. */
export function isInMemory({ state, process }: SeenTask | ClientTask): boolean {
  return state === taskStates.downloaded && process !== null && process !== 0;
}

/** When and where a look was taken. */
export interface Moment {
  /** Epoch ms. */
  readonly now: number;
  /** For how long the machine stood frozen since the look before, in seconds. */
  readonly frozenSeconds: number;
  readonly accelerator: string;
  readonly appliance: string;
  /** Whether the client still knows the project: without it, every task is lost. */
  readonly attached: boolean;
}

export interface Followed {
  /** Every task of the look as it is known now. */
  readonly tasks: ReadonlyMap<string, SeenTask>;
  /** Of these, those that ended with this look: to be booked, each once. */
  readonly ended: readonly SeenTask[];
  /** Gone before anything of this attempt ran: nothing to book. Their attempt is the one before; 0: there was none. */
  readonly dropped: readonly SeenTask[];
  /** Over since an earlier look, and now gone from the client, or there again. */
  readonly relisted: readonly SeenTask[];
  /** Whether something changed that must not be forgotten, ends apart. */
  readonly changed: boolean;
}

/**
 * What one look means for what is remembered. A task ends once: its last figures are those of the look at which its
 * end was seen, or of the last look before it was gone. One that was lost or given up, and is there again, is a new
 * attempt. Of tasks that share a name the first counts. Pure.
 */
export function follow(
  known: ReadonlyMap<string, SeenTask>,
  look: readonly ClientTask[],
  moment: Moment,
): Followed {
  const tasks = new Map<string, SeenTask>();
  const ended: SeenTask[] = [];
  const dropped: SeenTask[] = [];
  const relisted: SeenTask[] = [];
  let changed = false;
  for (const told of look) {
    if (tasks.has(told.name)) continue;
    const before = known.get(told.name);
    if (before && isOverForGood(before)) {
      const there = { ...before, listed: true };
      tasks.set(told.name, there);
      if (!before.listed) relisted.push(there);
      continue;
    }
    const task = seenNow(before, told, moment);
    const ending = endingOf(task);
    const now: SeenTask = ending ? { ...task, ...ending, endedAt: moment.now } : task;
    if (ending) ended.push(now);
    tasks.set(now.name, now);
    changed ||= before === undefined || before.outcome !== null || isOtherwise(before, task);
  }
  for (const before of known.values()) {
    if (tasks.has(before.name) || !before.listed) continue;
    const gone = { ...before, listed: false };
    const ending = endingOfVanished(before, moment.attached);
    if (before.outcome !== null) relisted.push(gone);
    else if (ending.outcome !== 'lost' || somethingRan(before))
      ended.push({ ...gone, ...ending, endedAt: moment.now });
    else dropped.push({ ...gone, attempt: before.attempt - 1, outcome: 'lost', endedAt: moment.now });
  }
  return { tasks, ended, dropped, relisted, changed };
}

/**
 * One that was lost, or given up because its project was left, may be handed out anew under the same name: a project
 * recognises the computer when it is joined again.
 */
function isOverForGood({ outcome, abortedBy }: SeenTask): boolean {
  if (outcome === null || outcome === 'lost') return false;
  return outcome !== 'aborted' || abortedBy !== 'leaving';
}

export function somethingRan({ cpuSeconds, elapsedSeconds }: SeenTask): boolean {
  return cpuSeconds > 0 || elapsedSeconds > 0;
}

function isOtherwise(before: SeenTask, now: SeenTask): boolean {
  return (
    before.state !== now.state ||
    before.readyToReport !== now.readyToReport ||
    before.exitStatus !== now.exitStatus ||
    isInMemory(before) !== isInMemory(now) ||
    before.deadline !== now.deadline
  );
}

function seenNow(before: SeenTask | undefined, told: ClientTask, moment: Moment): SeenTask {
  // What was lost begins anew.
  const same = before?.outcome === null ? before : undefined;
  const checkpointed = told.checkpointCpuSeconds > 0;
  const sameCheckpoint = same?.checkpointCpuSeconds === told.checkpointCpuSeconds;
  const ran = told.elapsedSeconds > 0 || told.cpuSeconds > 0;
  return {
    name: told.name,
    application: told.application,
    state: told.state,
    process: told.process,
    scheduled: told.scheduled,
    suspended: told.suspended,
    readyToReport: told.readyToReport,
    exitStatus: told.exitStatus,
    progress: told.progress,
    // A client forgets what a task used that it has no process of any more; the end of a task is told with it.
    cpuSeconds:
      told.state === taskStates.downloaded ? told.cpuSeconds : most(same?.cpuSeconds, told.cpuSeconds),
    elapsedSeconds:
      told.state === taskStates.downloaded
        ? told.elapsedSeconds
        : most(same?.elapsedSeconds, told.elapsedSeconds),
    remainingSeconds: told.remainingSeconds,
    checkpointCpuSeconds: told.checkpointCpuSeconds,
    checkpointAt: checkpointed ? (sameCheckpoint ? same.checkpointAt : moment.now) : null,
    memoryPeakBytes: Math.round(most(same?.memoryPeakBytes, told.memoryBytes)),
    frozenSeconds:
      (same?.frozenSeconds ?? 0) + (same && isInMemory(same) ? Math.max(0, moment.frozenSeconds) : 0),
    receivedAt: told.receivedAt,
    deadline: told.deadline,
    firstSeenAt: same?.firstSeenAt ?? moment.now,
    startedAt: same?.startedAt ?? (ran ? moment.now : null),
    lastSeenAt: moment.now,
    accelerator: moment.accelerator,
    appliance: moment.appliance,
    abortedBy: same?.abortedBy ?? null,
    attempt: same?.attempt ?? (before ? before.attempt + 1 : 1),
    outcome: null,
    failure: null,
    endedAt: null,
    listed: true,
  };
}

function most(a: number | undefined, b: number): number {
  return Math.max(a ?? 0, b);
}
