import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import {
  type Allowance,
  type Failure,
  failureSaid,
  type GridView,
  type JobView,
  type Signals,
  type VmPhase,
  type YieldRecord,
} from '../contract/index.ts';
import type { GuestSession } from '../vm/session/client.ts';
import { Contribution } from './contribution.ts';
import type { GridGateway } from './grid-gateway.ts';
import type { GridVm } from './grid-vm.ts';
import type { HandBack } from './hand-back.ts';
import type { Problems } from './problems.ts';
import { Yields } from './yields.ts';

/** Without a guest that runs or may go on as it stands, there is nobody who needs a way out. */
const withoutGuest: ReadonlySet<VmPhase> = new Set(['stopped', 'saved', 'failed', 'backoff']);

/** One grid with the VM that runs its work. */
export interface Lane {
  readonly id: string;
  readonly vm: GridVm;
  readonly contribution: Contribution<GuestSession>;
  /** Relative weight among the lanes. */
  share(): number;
  hasWork(): boolean;
  /** It was joined, and is not attached yet: a person waits to see it work. */
  isNew(): boolean;
  /** Begun later, its work misses a deadline, in epoch ms; null: there is none. */
  latestStartAt(): number | null;
  /** The running jobs first. */
  jobs(limit: number): readonly JobView[];
  view(): GridView;
  /** Takes up what an earlier host left; once, before anything runs. */
  recover(): Promise<void>;
  /** Keeps the progress of what runs, if that is done within `ms`. */
  keepProgress(ms: number): Promise<void>;
  /** The last of it: the VM is saved if that is wanted and worth it, else its work ended in order. */
  end(save: boolean): Promise<void>;
}

/** What lanes need of the host. */
export interface LaneHost {
  readonly clock: Clock;
  readonly log: Log;
  /** What this lane may use now: the policy's word, and whether it is its turn. */
  readonly decide: (id: string) => Allowance;
  readonly signals: () => Signals;
  /** Monotonic ms since which nothing is allowed. */
  readonly stoppedSince: () => number | null;
  readonly keepYield: (record: YieldRecord) => void;
  readonly problems: Problems;
  readonly lingerMs: number;
  /** Something about a lane is different: its VM's phase, its work, figures. */
  readonly onChange: () => void;
}

export interface LaneWork {
  readonly hasWork: () => boolean;
  /** Whether work is in the VM, or waits for the one that is saved. */
  readonly keepsSaved: () => boolean;
  /** Does work until none is left; rejects when the session is gone. */
  readonly run: (session: GuestSession) => Promise<unknown>;
  /** Lets what runs in the VM end in order, before it is stopped. */
  readonly quiet?: () => Promise<void>;
  /** Brings it to rest before a freeze that nobody waits for. */
  readonly soften?: () => Promise<void>;
  /** Work that is handed back rather than saved. */
  readonly handBack?: HandBack;
  readonly lingerMs?: number;
}

/** The contribution of one lane. */
export function contributionOf(
  host: LaneHost,
  id: string,
  vm: GridVm,
  work: LaneWork,
): Contribution<GuestSession> {
  const { clock, log, onChange } = host;
  return new Contribution<GuestSession>({
    vm: vm.vm,
    decide: () => host.decide(id),
    hasWork: work.hasWork,
    keepsSaved: work.keepsSaved,
    prove: (session) => vm.prove(session),
    work: work.run,
    ...(work.quiet ? { quiet: work.quiet } : {}),
    ...(work.soften ? { soften: work.soften } : {}),
    ...(work.handBack ? { handBack: work.handBack } : {}),
    problems: host.problems.of(id),
    yields: new Yields({
      keep: host.keepYield,
      signals: host.signals,
      stoppedSince: host.stoppedSince,
      watchQuiet: () => vm.watchQuiet(),
      clock,
      log,
      onChange,
    }),
    clock,
    log,
    lingerMs: work.lingerMs ?? host.lingerMs,
    onChange,
  });
}

/** Closes a grid's way out whenever its VM has no guest any more; returns the way to stop that. */
export function closeWithoutGuest({ vm }: GridVm, gateway: GridGateway): () => void {
  return vm.onChange(() => {
    if (withoutGuest.has(vm.status().phase)) void gateway.dispose();
  });
}

/** Something about a grid is for the person to look at. Pure. */
export function inNeed(view: GridView, failure: Failure): GridView {
  return {
    ...view,
    state: 'attention',
    sentence: failure.sentence,
    said: failureSaid(failure),
    failure,
  };
}
