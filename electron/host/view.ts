import {
  type Allowance,
  type Contribution,
  type Failure,
  type FailureCode,
  failureSaid,
  type GridView,
  type JobView,
  plainly,
  type Snapshot,
  type Today,
  type VmView,
  type YieldStats,
} from '../contract/index.ts';
import type { Pause } from '../policy/pause.ts';

/** Everything that a Snapshot is made of. */
export interface Seen {
  readonly version: string;
  /** Epoch ms. */
  readonly now: number;
  readonly allowance: Allowance;
  readonly pause: Pause | null;
  readonly vms: readonly VmView[];
  /** The running ones first. */
  readonly jobs: readonly JobView[];
  readonly grids: readonly GridView[];
  /** Whether there is something to do, now that the policy lets it. */
  readonly workWaits: boolean;
  readonly manager: Snapshot['manager'];
  readonly denials: Snapshot['denials'];
  readonly today: Today;
  readonly yields: YieldStats;
  readonly lostSeconds: number;
  readonly asksPresence: boolean;
  readonly service: Snapshot['service'];
  readonly preset: Snapshot['preset'];
  readonly desktop: Snapshot['desktop'];
  readonly update: Snapshot['update'];
  readonly problems: readonly Failure[];
}

/** What can keep a job from being begun while the VM is ready for it. */
const keepsWaiting: ReadonlySet<FailureCode> = new Set(['disk-full', 'storage-failed']);

type State = Pick<Contribution, 'state' | 'sentence' | 'said'>;

function attention(failure: Failure): State {
  return { state: 'attention', sentence: failure.sentence, said: failureSaid(failure) };
}

/** What is happening and why, in one sentence: the same for tray, window and CLI. Pure. */
export function stateOf(seen: Seen): State {
  const { allowance, jobs, problems } = seen;
  const vm = foremost(seen.vms);
  if (!allowance.run) {
    if (vm.phase === 'running' || vm.phase === 'freezing') {
      return {
        state: 'yielding',
        sentence: 'Giving your computer back.',
        said: plainly('state.giving-back'),
      };
    }
    const state = stoppedBy(allowance);
    // Nothing is given back where nothing would run anyway.
    return state === 'yielding' && !hasWork(seen) ? noWork : { state, ...byAllowance(allowance) };
  }
  const leak = problems.find(({ code }) => code === 'isolation-leak');
  const failure = leak ?? (vm.phase === 'failed' ? vm.failure : null);
  if (failure) return attention(failure);
  if (vm.phase === 'backoff') return { state: 'starting', ...startingAgain(vm.failure) };
  const running = jobs.find(({ state, grid }) => state === 'running' && grid === vm.grid);
  if (running && vm.phase === 'running') {
    return { state: 'working', ...(allowance.reasons.length > 0 ? byAllowance(allowance) : on(running)) };
  }
  if (vm.phase === 'preparing' || vm.phase === 'starting') {
    return {
      state: 'starting',
      sentence: 'Starting the virtual machine.',
      said: plainly('state.starting'),
    };
  }
  const grid = seen.grids.find(({ id }) => id === vm.grid);
  if (vm.phase === 'running' && grid?.kind === 'boinc') {
    // Nobody here can hasten a project that does not answer.
    const state = grid.said.code === 'grid.tried-again' ? 'waiting' : 'starting';
    return { state, sentence: grid.sentence, said: grid.said };
  }
  if (seen.workWaits) {
    const inTheWay =
      vm.phase === 'stopped' ? problems.at(0) : problems.find(({ code }) => keepsWaiting.has(code));
    return inTheWay
      ? attention(inTheWay)
      : { state: 'starting', sentence: 'Getting the next job ready.', said: plainly('state.next-job') };
  }
  return noWork;
}

const noWork: State = {
  state: 'waiting',
  sentence: 'Waiting: there is nothing to do.',
  said: plainly('state.no-work'),
};

/** A job that stands still has begun, and waits no more. */
function hasWork({ workWaits, jobs }: Seen): boolean {
  return workWaits || jobs.some(({ state }) => state === 'running');
}

type Told = Omit<State, 'state'>;

function byAllowance({ reason }: Allowance): Told {
  return { sentence: reason, said: null };
}

function on({ title }: JobView): Told {
  return { sentence: `Working on “${title}”.`, said: { code: 'state.working', values: { title } } };
}

function startingAgain(failure: Failure | null): Told {
  const sentence = 'Starting the virtual machine again.';
  if (failure === null) return { sentence, said: plainly('state.starting-again') };
  const { values } = failureSaid(failure);
  return { sentence: `${sentence} ${failure.sentence}`, said: { code: 'state.starting-after', values } };
}

/** The liveliest first: what a person looks for when one sentence has to do. */
const liveliness: readonly VmView['phase'][] = [
  'running',
  'freezing',
  'starting',
  'preparing',
  'backoff',
  'failed',
  'saving',
  'frozen',
  'stopping',
  'saved',
  'stopped',
];

/** The VM that a person would look for first; a stopped one of the embedded grid where there is none. Pure. */
export function foremost(vms: readonly VmView[]): Pick<VmView, 'phase' | 'failure' | 'grid'> {
  const [first] = [...vms].sort((a, b) => liveliness.indexOf(a.phase) - liveliness.indexOf(b.phase));
  return first ?? { phase: 'stopped', failure: null, grid: 'local' };
}

function stoppedBy({ reasons }: Allowance): State['state'] {
  switch (reasons[0]?.code) {
    case 'profile-broken':
      return 'attention';
    case 'pause':
    case 'disabled':
      return 'paused';
    case 'schedule':
      return 'waiting';
    default:
      return 'yielding';
  }
}

/** Builds Snapshots and remembers since when the state has been what it is. */
export class Viewer {
  #state = '';
  #since = 0;

  snapshot(seen: Seen): Snapshot {
    const contribution = this.contribution(seen);
    return {
      version: seen.version,
      at: seen.now,
      contribution,
      vms: [...seen.vms],
      jobs: [...seen.jobs],
      grids: [...seen.grids],
      manager: seen.manager,
      denials: [...seen.denials],
      today: seen.today,
      yields: seen.yields,
      lostSeconds: seen.lostSeconds,
      asksPresence: seen.asksPresence,
      service: seen.service,
      preset: seen.preset,
      desktop: seen.desktop,
      update: seen.update,
      problems: [...seen.problems],
    };
  }

  contribution(seen: Seen): Contribution {
    const { state, ...told } = stateOf(seen);
    if (state !== this.#state) {
      this.#state = state;
      this.#since = seen.now;
    }
    return { state, ...told, since: this.#since, allowance: seen.allowance, pause: seen.pause };
  }
}

/** Local midnight before `now`, epoch ms: where "today" begins. */
export function startOfDay(now: number): number {
  const day = new Date(now);
  return new Date(day.getFullYear(), day.getMonth(), day.getDate()).getTime();
}
