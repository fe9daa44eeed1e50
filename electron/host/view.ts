import type {
  Allowance,
  Contribution,
  Failure,
  FailureCode,
  GridView,
  JobView,
  Snapshot,
  Today,
  VmView,
  YieldStats,
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
  readonly preset: Snapshot['preset'];
  readonly problems: readonly Failure[];
}

/** What can keep a job from being begun while the VM is ready for it. */
const keepsWaiting: ReadonlySet<FailureCode> = new Set(['disk-full', 'storage-failed']);

type State = Pick<Contribution, 'state' | 'sentence'>;

/** What is happening and why, in one sentence: the same for tray, window and CLI. Pure. */
export function stateOf(seen: Seen): State {
  const { allowance, jobs, problems } = seen;
  const vm = foremost(seen.vms);
  if (!allowance.run) {
    return vm.phase === 'running' || vm.phase === 'freezing'
      ? { state: 'yielding', sentence: 'Giving your computer back.' }
      : { state: stoppedBy(allowance), sentence: allowance.reason };
  }
  const leak = problems.find(({ code }) => code === 'isolation-leak');
  const failure = leak ?? (vm.phase === 'failed' ? vm.failure : null);
  if (failure) return { state: 'attention', sentence: failure.sentence };
  if (vm.phase === 'backoff') {
    return {
      state: 'starting',
      sentence: `Starting the virtual machine again. ${vm.failure?.sentence ?? ''}`.trim(),
    };
  }
  const running = jobs.find(({ state, grid }) => state === 'running' && grid === vm.grid);
  if (running && vm.phase === 'running') {
    return {
      state: 'working',
      sentence: allowance.reasons.length > 0 ? allowance.reason : `Working on “${running.title}”.`,
    };
  }
  if (vm.phase === 'preparing' || vm.phase === 'starting') {
    return { state: 'starting', sentence: 'Starting the virtual machine.' };
  }
  if (vm.phase === 'running' && seen.grids.find(({ id }) => id === vm.grid)?.kind === 'boinc') {
    return { state: 'starting', sentence: seen.grids.find(({ id }) => id === vm.grid)?.sentence ?? '' };
  }
  if (seen.workWaits) {
    const inTheWay =
      vm.phase === 'stopped' ? problems.at(0) : problems.find(({ code }) => keepsWaiting.has(code));
    return inTheWay
      ? { state: 'attention', sentence: inTheWay.sentence }
      : { state: 'starting', sentence: 'Getting the next job ready.' };
  }
  return { state: 'waiting', sentence: 'Waiting: there is no work in the queue.' };
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
      preset: seen.preset,
      problems: [...seen.problems],
    };
  }

  contribution(seen: Seen): Contribution {
    const { state, sentence } = stateOf(seen);
    if (state !== this.#state) {
      this.#state = state;
      this.#since = seen.now;
    }
    return { state, sentence, since: this.#since, allowance: seen.allowance, pause: seen.pause };
  }
}

/** Local midnight before `now`, epoch ms: where "today" begins. */
export function startOfDay(now: number): number {
  const day = new Date(now);
  return new Date(day.getFullYear(), day.getMonth(), day.getDate()).getTime();
}
