import {
  type ExecutionView,
  type Failure,
  failureSaid,
  type GridState,
  type GridView,
  type JobView,
  plainly,
  type Said,
} from '../../contract/index.ts';
import { unitScale } from '../../contract/pool-charge.ts';
import { titleOf } from './booking.ts';
import type { PoolTotals } from './store.ts';
import type { JoinedPool, SeenExecution } from './store-rows.ts';

/** What a view is made of. */
export interface Known {
  readonly pool: JoinedPool;
  readonly open: readonly SeenExecution[];
  readonly totals: PoolTotals;
  /** Its node is looked at, and the VM runs. */
  readonly live: boolean;
  /** Its node is in the pool. */
  readonly connected: boolean;
  /** What runs is handed back, and the node ends. */
  readonly handsBack: boolean;
  readonly attention: Failure | null;
  /** What will pass by itself. */
  readonly passing: Failure | null;
}

type Told = Pick<GridView, 'sentence' | 'said'>;
const tells = (sentence: string, said: Said): Told => ({ sentence, said });

/** Pure. */
export function gridView(known: Known): GridView {
  const { pool, open, totals, live, attention, passing } = known;
  const running = live ? open.length : 0;
  const state = stateOf(known);
  return {
    id: pool.id,
    kind: 'condor',
    name: pool.membership.name,
    url: pool.membership.catalogUrl,
    state,
    ...tellPool(known, state),
    managedBy: pool.managedBy,
    share: pool.share,
    noNewWork: pool.noNewWork,
    suspended: pool.suspended,
    credit: null,
    failure: attention ?? passing,
    queued: open.length - running,
    running,
    unreported: 0,
    done: totals.done,
    failed: totals.failed,
    aborted: totals.evicted + totals.lost,
  };
}

function stateOf({ pool, attention, open, live }: Known): GridState {
  if (pool.state === 'leaving') return 'leaving';
  if (pool.suspended) return 'suspended';
  if (attention) return 'attention';
  if (pool.state === 'joining') return 'joining';
  return live && open.length > 0 ? 'working' : 'waiting';
}

/** What a pool's node does and why, in words and for other languages. Pure. */
export function tellPool(known: Known, state: GridState): Told {
  const { pool, open, live, connected, handsBack, attention, passing } = known;
  const jobs = open.length;
  const values = { jobs };
  if (handsBack && jobs > 0) {
    return tells(`It hands ${jobs === 1 ? 'a job' : `${jobs} jobs`} back to the pool.`, {
      code: 'grid.pool-hands-back',
      values,
    });
  }
  switch (state) {
    case 'leaving':
      return tells('It is being left.', plainly('grid.leaving'));
    case 'suspended':
      return tells('It is suspended: none of its tasks runs.', plainly('grid.suspended'));
    case 'attention':
      return attention
        ? tells(attention.sentence, failureSaid(attention))
        : tells('It needs to be looked at.', plainly('grid.attention'));
    case 'joining':
    case 'working':
    case 'waiting':
      break;
  }
  if (!pool.documents) {
    return passing
      ? tells(passing.sentence, failureSaid(passing))
      : tells('It waits for the pool’s signed policy.', plainly('grid.pool-policy-first'));
  }
  if (!pool.documents.policy.run) {
    return tells('The pool asks all its computers to rest.', plainly('grid.pool-closed'));
  }
  if (jobs > 0 && !live) {
    return tells(
      jobs === 1
        ? 'A job stands still until it can go on or be handed back.'
        : `${jobs} jobs stand still until they can go on or be handed back.`,
      { code: 'grid.pool-holds', values },
    );
  }
  if (pool.noNewWork) {
    return tells(
      jobs === 0
        ? 'It takes no new jobs.'
        : `It finishes ${jobs === 1 ? 'one job' : `${jobs} jobs`}, and takes no new ones.`,
      { code: 'grid.pool-drains', values },
    );
  }
  if (jobs > 0) {
    return tells(jobs === 1 ? 'It runs one job of the pool.' : `It runs ${jobs} jobs of the pool.`, {
      code: 'grid.pool-runs',
      values,
    });
  }
  if (passing) return tells(passing.sentence, failureSaid(passing));
  if (!live) {
    return pool.state === 'joining'
      ? tells(
          'It connects to the pool as soon as its virtual machine may run.',
          plainly('grid.pool-connects-later'),
        )
      : tells(
          'It takes jobs of the pool as soon as its virtual machine may run.',
          plainly('grid.pool-ready-later'),
        );
  }
  return connected
    ? tells('It is ready, and has no job of the pool at the moment.', plainly('grid.pool-ready'))
    : tells('Its virtual machine connects to the pool.', plainly('grid.pool-connects'));
}

type ToldExecution = Pick<ExecutionView, 'words' | 'said'>;

function tellExecution({ state, undelivered }: SeenExecution): ToldExecution {
  if (state === 'evicted') {
    return { words: 'It was handed back to the pool.', said: plainly('execution.evicted') };
  }
  if (state !== 'lost') return { words: null, said: null };
  return undelivered
    ? { words: 'The pool runs it again: its connection was lost.', said: plainly('execution.rerun') }
    : {
        words: 'It is not known what became of it; the pool runs it again.',
        said: plainly('execution.lost'),
      };
}

/** As the window shows it. Pure. */
export function executionView(execution: SeenExecution): ExecutionView {
  const { amount, unit, settled } = execution;
  return {
    job: execution.job,
    run: execution.run,
    name: execution.name,
    owner: execution.owner,
    program: execution.program,
    state: execution.state,
    cores: execution.cores,
    memoryBytes: execution.memoryBytes,
    startedAt: execution.startedAt,
    endedAt: execution.endedAt,
    cpuSeconds: execution.cpuSeconds,
    frozenSeconds: execution.frozenSeconds,
    progress: execution.progress,
    bytesSent: execution.bytesSent,
    bytesReceived: execution.bytesReceived,
    earned: amount === null || unit === null ? null : { amount: amount / unitScale, unit, settled },
    ...tellExecution(execution),
  };
}

/** As the list of all grids' jobs shows it. Pure. */
export function jobView(execution: SeenExecution, pool: JoinedPool, live: boolean): JobView {
  const { amount, unit, state } = execution;
  return {
    id: `${pool.id}/${execution.name}/${execution.run}`,
    grid: pool.id,
    title: titleOf(execution),
    owner: execution.owner,
    state:
      state === 'running'
        ? live
          ? 'running'
          : 'queued'
        : state === 'done'
          ? 'done'
          : state === 'failed'
            ? 'failed'
            : 'aborted',
    attempt: execution.run,
    progress: state === 'done' ? 1 : execution.progress,
    progressText: '',
    progressSaid: null,
    addedAt: execution.startedAt,
    startedAt: execution.startedAt,
    endedAt: execution.endedAt,
    cpuSeconds: execution.cpuSeconds,
    memoryPeakBytes: Math.round(execution.residentPeakBytes),
    checkpointAt: null,
    deadline: execution.deadline,
    earned: amount === null || unit === null ? null : { amount: amount / unitScale, unit },
    failure: null,
    hasResult: false,
  };
}
