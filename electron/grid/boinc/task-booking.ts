import type { EntryPersonal } from '../../contract/index.ts';
import type { Booking } from '../database.ts';
import type { SeenTask } from './store-rows.ts';

/** BOINC's tasks have no document, and their inputs and results pass us by: nothing is there to take a digest of. */
const noDigest = 'none';

/**
 * The ledger's view of a task that is over. What it earns is told later, for all tasks together: so its credit has no
 * figure. Pure.
 */
export function bookingOfTask(grid: string, task: SeenTask): Booking {
  const endedAt = task.endedAt ?? task.lastSeenAt;
  return {
    kind: 'attempt',
    grid,
    job: task.name,
    attempt: task.attempt,
    // What became of a lost one nobody knows; for us it ended without a result.
    outcome: task.outcome === 'lost' || task.outcome === null ? 'aborted' : task.outcome,
    failure: task.failure?.code ?? null,
    startedAt: Math.min(task.startedAt ?? endedAt, endedAt),
    endedAt,
    wallSeconds: task.elapsedSeconds,
    frozenSeconds: task.frozenSeconds,
    cpuSeconds: task.cpuSeconds,
    memoryPeakBytes: task.memoryPeakBytes,
    appliance: task.appliance,
    documentDigest: noDigest,
    inputDigest: noDigest,
    resultDigest: null,
    accelerator: task.accelerator.slice(0, 16),
    hosts: [],
    credit: null,
  };
}

/** Pure. */
export function personalOfTask(projectName: string, task: SeenTask): EntryPersonal {
  return { title: titleOf(task).slice(0, 120), owner: projectName.slice(0, 120) };
}

/** Pure. */
export function titleOf({ application, name }: Pick<SeenTask, 'application' | 'name'>): string {
  return application === '' ? name : `${application}: ${name}`;
}
