import type { Signals } from '../../contract/index.ts';
import type { Attributes } from './config.ts';

/** What a host knows of itself that a pool may learn. */
export interface HostFacts {
  readonly host: string;
  readonly version: string;
  readonly department: string | null;
  readonly tags: readonly string[];
  readonly signals: Pick<Signals, 'screenLocked' | 'lastInputAt'>;
  /** Ms without input after which the computer counts as idle, and now, in the time of `lastInputAt`. */
  readonly idleAfterMs: number;
  readonly monotonic: number;
  readonly share: number;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly takesJobs: boolean;
  readonly accelerator: string;
  /** null where the person or the administrator does not share it. */
  readonly pricePerKwh: number | null;
  readonly policyVersion: number;
  /** Booked here until now, whether or not a statement has settled it. */
  readonly totals: {
    readonly executions: number;
    readonly coreSeconds: number;
    readonly frozenSeconds: number;
    readonly amount: number;
    readonly unit: string;
  };
}

/** In steps, so that the pool does not follow a person minute by minute, and the node is not told of each change. */
const shareStep = 0.25;

/**
 * What the machine's ad tells beside what HTCondor itself does; see `hostAttributes`. Nothing of it says who uses the
 * computer, or for what. Pure.
 */
export function published(facts: HostFacts): Attributes {
  const { totals } = facts;
  return {
    GleanerHost: facts.host,
    GleanerVersion: facts.version,
    ...(facts.department === null ? {} : { GleanerDepartment: facts.department }),
    ...(facts.tags.length === 0 ? {} : { GleanerTags: facts.tags.join(',') }),
    GleanerState: facts.takesJobs ? 'contributing' : 'draining',
    GleanerPresence: presenceOf(facts),
    GleanerShare: Math.ceil(facts.share / shareStep) * shareStep,
    GleanerCores: facts.cores,
    GleanerMemoryMB: Math.floor(facts.memoryBytes / 1024 ** 2),
    GleanerAccelerator: facts.accelerator,
    ...(facts.pricePerKwh === null ? {} : { GleanerPricePerKwh: facts.pricePerKwh }),
    GleanerPolicyVersion: facts.policyVersion,
    GleanerExecutions: totals.executions,
    GleanerCoreSeconds: Math.round(totals.coreSeconds),
    GleanerFrozenSeconds: Math.round(totals.frozenSeconds),
    GleanerAmount: Math.round(totals.amount * 1e6) / 1e6,
    GleanerUnit: totals.unit,
  };
}

function presenceOf({
  signals,
  idleAfterMs,
  monotonic,
}: HostFacts): 'in-use' | 'idle' | 'locked' | 'unknown' {
  if (signals.screenLocked === true) return 'locked';
  if (signals.lastInputAt === null) return 'unknown';
  return monotonic - signals.lastInputAt < idleAfterMs ? 'in-use' : 'idle';
}
