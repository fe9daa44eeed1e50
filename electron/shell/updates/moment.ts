import type { Snapshot, VmPhase } from '../../contract/snapshot.ts';
import type { UpdateReason } from '../../contract/update.ts';

/** What a restart is weighed against. */
export interface Moment {
  readonly snapshot: Pick<Snapshot, 'vms' | 'jobs' | 'grids' | 'problems'>;
  /** How many commands of window, tray and command line are not answered yet. */
  readonly callsUnderWay: number;
  /** Whether the person has the window before their eyes. */
  readonly isWatched: boolean;
  /** The person asked for the restart. */
  readonly isAsked: boolean;
  /** And agreed that pools' jobs are handed back. */
  readonly handBack: boolean;
}

/** A VM in one of these is on its way to somewhere: what is in it may be lost if it is not waited for. */
const changing: ReadonlySet<VmPhase> = new Set(['preparing', 'starting', 'freezing', 'saving', 'stopping']);
/** What a VM with a job in it may be saved from, or is. */
const keeps: ReadonlySet<VmPhase> = new Set(['running', 'frozen', 'saved']);

/**
 * Why a restart has to wait; null: nothing is lost by it now. Jobs in VMs are saved with them and go on afterwards; a
 * pool's are not, since nobody may save those: they are waited for, or handed back with the person's consent. Pure.
 */
export function hindrance({ snapshot, ...moment }: Moment): UpdateReason | null {
  const { vms, jobs, grids, problems } = snapshot;
  if (moment.callsUnderWay > 0) return 'being-used';
  if (vms.some(({ phase }) => changing.has(phase))) return 'vm-changes';
  const pools = new Set(grids.flatMap(({ id, kind }) => (kind === 'condor' ? [id] : [])));
  const running = jobs.filter(({ state }) => state === 'running');
  if (!moment.handBack && running.some(({ grid }) => pools.has(grid))) return 'pool-jobs';
  const own = running.filter(({ grid }) => !pools.has(grid));
  const phaseOf = (grid: string): VmPhase | undefined => vms.find((vm) => vm.grid === grid)?.phase;
  // Its VM is gone, and it is not over: what it delivered is being judged.
  const isKept = ({ grid }: { grid: string }): boolean => {
    const phase = phaseOf(grid);
    return phase !== undefined && keeps.has(phase);
  };
  if (!own.every(isKept)) return 'judging';
  if (own.length > 0 && problems.some(({ code }) => code === 'state-unavailable')) return 'cannot-save';
  if (!moment.isAsked && moment.isWatched) return 'watched';
  return null;
}
