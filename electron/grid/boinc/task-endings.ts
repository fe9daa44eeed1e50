import type { Failure } from '../../contract/index.ts';
import type { Outcome, SeenTask } from './store-rows.ts';

export interface Ending {
  readonly outcome: Outcome;
  readonly failure: Failure | null;
}

/** EXIT_* of BOINC's lib/error_numbers.h with which a client itself ends a task: why. */
const limits: Readonly<Record<number, string>> = {
  194: 'the BOINC client ended it',
  196: 'it used more disk than it may',
  197: 'it ran longer than it may',
  198: 'it used more memory than it may',
  201: 'it needs hardware that the virtual machine does not have',
};
const unstartedLate = 200;
const abortedByProject = 202;

const done: Ending = { outcome: 'done', failure: null };
const lost: Ending = { outcome: 'lost', failure: null };

/**
 * How a task ended that its client still lists; null while it is not over. One that failed is over only when its
 * program is gone, for its CPU time is told then; one that is done only when its results are uploaded. Pure.
 */
export function endingOf(task: SeenTask): Ending | null {
  const gone = task.readyToReport || task.process === null || task.process === 0;
  switch (task.state) {
    case 3:
    case 6:
    case 7:
      return gone ? badEnding(task) : null;
    case 5:
      return done;
    default:
      return null;
  }
}

/**
 * How a task ended that is not listed any more. A client that reports at once removes a task within seconds, so what was
 * seen last tells: its results were on their way, or it had failed. Else it is not known what became of it. Pure.
 */
export function endingOfVanished(task: SeenTask, attached: boolean): Ending {
  const { state, abortedBy } = task;
  if (attached && (state === 4 || state === 5)) return done;
  if (attached && (state === 3 || state === 6 || state === 7)) return badEnding(task);
  return abortedBy === null ? lost : badEnding({ ...task, state: 6 });
}

/** What becomes of a task that is not over when its project is left: its results, if it has any, never arrive. Pure. */
export function endingOfAbandoned(task: SeenTask): Ending & Pick<SeenTask, 'abortedBy'> {
  const abortedBy = task.abortedBy ?? 'leaving';
  return { ...badEnding({ ...task, abortedBy }), abortedBy };
}

function badEnding({ state, exitStatus, abortedBy }: SeenTask): Ending {
  switch (abortedBy) {
    case 'watchdog':
      return { outcome: 'aborted', failure: stuckFailure };
    case 'person':
      return aborted('The task was aborted by hand.');
    case 'leaving':
      return aborted('The task was given up because the project was left.');
    case null:
      break;
  }
  const limit = limits[exitStatus];
  if (limit !== undefined) return failed(`The task failed: ${limit}.`);
  if (state === 6) {
    if (exitStatus === abortedByProject) return aborted('The project took the task back.');
    if (exitStatus === unstartedLate) {
      return aborted('The task was given up because its deadline passed before it began.');
    }
    return aborted('The task was aborted.');
  }
  if (state === 7) return failed('The task’s results could not be uploaded.');
  return failed(
    exitStatus === 0
      ? 'The task failed before or after its program ran.'
      : `The task’s program failed with exit status ${exitStatus}.`,
  );
}

/** Of a task that used no CPU any more, even after a restart of its client. */
export const stuckFailure: Failure = {
  code: 'task-stuck',
  sentence:
    'The task was aborted because it used no CPU any more, not even after its client was started anew.',
};

function aborted(sentence: string): Ending {
  return { outcome: 'aborted', failure: { code: 'job-aborted', sentence } };
}

function failed(sentence: string): Ending {
  return { outcome: 'failed', failure: { code: 'task-failed', sentence } };
}
