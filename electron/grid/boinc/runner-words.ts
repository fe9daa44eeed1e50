import {
  type Failure,
  failureSaid,
  type GridState,
  type GridView,
  type JobView,
  plainly,
  type Said,
  type TaskState,
  type TaskView,
  type TransferView,
} from '../../contract/index.ts';
import type { ClientProject, ClientTransfer } from './messages.ts';
import type { SeenTask } from './store-rows.ts';
import type { TaskCounts } from './store-tasks.ts';
import type { JoinedProject } from './store-types.ts';

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

type Told = Pick<GridView, 'sentence' | 'said'>;

const tells = (sentence: string, said: Said): Told => ({ sentence, said });

/** What a project does and why, in words and for other languages. Pure. */
export function tellGrid(known: Known, state: GridState, running: number): Told {
  const { live, waiting, attention, passing } = known;
  switch (state) {
    case 'leaving':
      return tells('It is being left.', plainly('grid.leaving'));
    case 'attention':
      return attention
        ? tells(attention.sentence, failureSaid(attention))
        : tells('It needs to be looked at.', plainly('grid.attention'));
    case 'suspended':
      return tells('It is suspended: none of its tasks runs.', plainly('grid.suspended'));
    case 'joining':
      if (passing) return tells(passing.sentence, failureSaid(passing));
      if (waiting) return tellWaiting(waiting);
      return live
        ? tells('Its virtual machine signs in to the project.', plainly('grid.signs-in'))
        : tells(
            'It signs in to the project as soon as its virtual machine may run.',
            plainly('grid.signs-in-later'),
          );
    case 'working':
      return running > 0
        ? tells(`It computes ${some(running)}.`, { code: 'grid.computes', values: { tasks: running } })
        : tells('Files are on their way.', plainly('grid.files'));
    case 'waiting':
      return tellRest(known);
  }
}

function tellRest({ project, told, open, hasTasks, live, waiting }: Known): Told {
  const isDone = project.noNewWork && !hasTasks;
  if (waiting && !isDone) return tellWaiting(waiting);
  const values = { tasks: open.length };
  if (open.length > 0) {
    return live
      ? tells(`${some(open.length)} at hand, none of which runs at the moment.`, {
          code: 'grid.at-hand',
          values,
        })
      : tells(`It waits for its turn, with ${some(open.length)} at hand.`, {
          code: 'grid.turn-with-tasks',
          values,
        });
  }
  if (live && !isDone && told !== undefined && told.failedContacts > 0) {
    return tells('The project cannot be reached; it is tried again.', plainly('grid.tried-again'));
  }
  if (hasTasks) {
    return live
      ? tells('Its results wait to be reported.', plainly('grid.reports'))
      : tells('It waits for its turn to report results.', plainly('grid.turn-to-report'));
  }
  if (isDone) return tells('It has no task, and fetches no new ones.', plainly('grid.finished'));
  return live
    ? tells('It asks the project for work.', plainly('grid.asks'))
    : tells('It waits for its turn to ask for work.', plainly('grid.turn-to-ask'));
}

function tellWaiting({ why, ms }: Waiting): Told {
  const minutes = minutesOf(ms);
  const again = `asked again after ${roughly(minutes)}`;
  switch (why) {
    case 'no-work':
      return tells(`The project has no work at the moment; it is ${again}.`, {
        code: 'grid.no-work',
        values: { minutes },
      });
    case 'unreachable':
      return tells(`The project cannot be reached; it is ${again}.`, {
        code: 'grid.unreachable',
        values: { minutes },
      });
    case 'transfers':
      return tells(`Its results wait to be sent; the project is ${again}.`, {
        code: 'grid.sends-later',
        values: { minutes },
      });
  }
}

const minutesOf = (ms: number): number => Math.max(1, Math.round(ms / 60_000));

function roughly(minutes: number): string {
  if (minutes < 90) return minutes === 1 ? 'a minute' : `${minutes} minutes`;
  return `${Math.round(minutes / 60)} hours`;
}

function some(tasks: number): string {
  return tasks === 1 ? 'one task' : `${tasks} tasks`;
}

type ToldTask = Pick<TaskView, 'words' | 'said'>;

/** Why a task failed or waits. Pure. */
export function tellTask(task: SeenTask, state: TaskState, live: boolean): ToldTask {
  const { failure, outcome } = task;
  if (failure) return { words: failure.sentence, said: failureSaid(failure) };
  if (outcome === 'lost') return { words: 'It is not known what became of it.', said: plainly('task.lost') };
  if (outcome === null && task.abortedBy !== null) {
    return { words: 'It is being aborted.', said: plainly('task.aborting') };
  }
  if (state === 'waiting' && !live) {
    return { words: 'It goes on when the virtual machine runs.', said: plainly('task.stands-still') };
  }
  if (state === 'waiting' && task.suspended) {
    return { words: 'It is suspended.', said: plainly('task.suspended') };
  }
  return { words: null, said: null };
}

/** How far a task is that is not computed now. Pure. */
export function tellProgress(state: TaskState): Pick<JobView, 'progressText' | 'progressSaid'> {
  return state === 'uploading' || state === 'reporting' || state === 'downloading'
    ? { progressText: state, progressSaid: plainly(`job.${state}`) }
    : { progressText: '', progressSaid: null };
}

/** @param again a transfer that failed so often and is tried again so many ms from now; null: it goes on */
export function tellTransfer(
  again: { readonly retries: number; readonly ms: number } | null,
): Pick<TransferView, 'words' | 'said'> {
  if (again === null) return { words: null, said: null };
  const { retries } = again;
  const minutes = minutesOf(again.ms);
  return {
    words: `It failed${retries > 1 ? ` ${retries} times` : ''}, and is tried again after ${roughly(minutes)}.`,
    said: { code: 'transfer.again', values: { retries, minutes } },
  };
}
