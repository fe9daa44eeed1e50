import type { ClassAd } from '../base/classad.ts';
import { frozenAttribute, PoolHost, PoolTag } from '../contract/pool.ts';
import { identityOf, provenIdentity } from './condor-conf.ts';

/** One execution of a job on a host, as HTCondor's record of it says. Whole numbers, so that sums are exact. */
export interface Execution {
  /** GlobalJobId. */
  readonly job: string;
  /** NumShadowStarts: which start of the job this was. */
  readonly run: number;
  readonly host: string;
  /** Null where the host named none. */
  readonly department: string | null;
  readonly owner: string;
  /** The accounting group, in lower case. */
  readonly group: string | null;
  /** Epoch ms. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** Thousandths of a core. */
  readonly milliCores: number;
  /** MiB. */
  readonly memoryMib: number;
  readonly cpuMs: number;
  /** At most from start to end. */
  readonly frozenMs: number;
  /** Epoch ms, or null for none. */
  readonly deadlineAt: number | null;
  readonly end: ExecutionEnd;
}

/**
 * `handed-back`: the job goes on elsewhere, from its checkpoint if it writes any. `lost`: its computer was silent for
 * longer than the lease, or could not deliver its output after it was; the job is run again.
 */
export type ExecutionEnd = 'over' | 'handed-back' | 'lost';

/** Why a record is none of an execution that can be charged. */
export const refusals = {
  'no-execution': 'is no record of an execution',
  elsewhere: 'was on a machine that is no host of Gleaner',
  'no-job': 'names no job, run or owner',
  'no-time': 'has no time from which to which it ran',
  'no-size': 'has no cores or no memory',
  'bad-host': 'names a host that there cannot be',
  'two-hosts': 'names two hosts',
  'not-proved': 'names a host that did not prove to be it',
} as const;
export type Refusal = keyof typeof refusals;

/** HTCondor's codes of why a shadow gave a job up ("VacateReasonCode", 23.9.6): of lost connections. */
const lostCodes: readonly number[] = [1007, 1008];

/** Longer than any execution, in seconds: ten years. */
const longestSeconds = 315_360_000;
const coresMax = 4096;
const memoryMibMax = 900_000_000;
const textMax = 200;

/** Reads an epoch record. Nothing in it is trusted: a job writes parts of its own ad, a host parts of its machine's. Pure. */
export function executionOf(ad: ClassAd, pool: string): Execution | Refusal {
  const host = hostOf(ad, pool);
  if (host in refusals) return host as Refusal;
  const job = ad.string('GlobalJobId');
  const run = ad.number('NumShadowStarts');
  const owner = ad.string('Owner') ?? ad.string('User');
  if (!isName(job) || !isName(owner) || run === null || !Number.isSafeInteger(run) || run < 0)
    return 'no-job';
  const times = timesOf(ad);
  if (times === null) return 'no-time';
  const cores = ad.number('CpusProvisioned');
  const memory = ad.number('MemoryProvisioned');
  if (!isWithin(cores, coresMax) || !isWithin(memory, memoryMibMax)) return 'no-size';
  const department = PoolTag.safeParse(ad.string('MachineAttrGleanerDepartment0')).data ?? null;
  const group = ad.string('AcctGroup');
  const deadline = ad.number('GleanerDeadline');
  const cpuSeconds = (ad.number('RemoteUserCpu') ?? 0) + (ad.number('RemoteSysCpu') ?? 0);
  return {
    job,
    run,
    host,
    department,
    owner,
    group: isName(group) ? group.toLowerCase() : null,
    ...times,
    milliCores: Math.round(cores * 1000),
    memoryMib: Math.round(memory),
    cpuMs: Math.round(Math.min(Math.max(0, cpuSeconds), 1e9) * 1000),
    frozenMs: Math.min(frozenOf(ad, run), times.endedAt - times.startedAt),
    deadlineAt: deadline !== null && deadline > 0 && deadline < 8.64e12 ? Math.round(deadline * 1000) : null,
    end: endOf(ad.number('VacateReasonCode')),
  };
}

function endOf(vacateReason: number | null): ExecutionEnd {
  // Below are those of its holds: an output that is not there, a limit of the job's own.
  if (vacateReason === null || vacateReason < 1000) return 'over';
  return lostCodes.includes(vacateReason) ? 'lost' : 'handed-back';
}

function isName(text: string | null): text is string {
  return text !== null && text !== '' && text.length <= textMax;
}

function isWithin(value: number | null, most: number): value is number {
  return value !== null && value >= 0 && value <= most;
}

/**
 * Who it was: what the machine said of itself. The name of its slot and what the collector put into its ad, who it had
 * proved to be, must agree.
 */
function hostOf(ad: ClassAd, pool: string): string {
  const said = ad.string('MachineAttrGleanerHost0');
  if (said === null) return 'elsewhere';
  if (!PoolHost.safeParse(said).success) return 'bad-host';
  const slot = ad.string('RemoteHost') ?? ad.string('LastRemoteHost');
  const machine = slot?.slice(slot.lastIndexOf('@') + 1).toLowerCase();
  if (machine !== `${said}.${pool}`) return 'two-hosts';
  const proved = ad.string(`MachineAttr${provenIdentity}0`);
  if (proved !== identityOf(said, pool)) return 'not-proved';
  return said;
}

/** From when it was executed (or, of one that never came to it, when the host was given to it) to when its record was written. */
function timesOf(ad: ClassAd): { startedAt: number; endedAt: number } | null {
  const given = ad.number('JobCurrentStartDate');
  const executing = ad.number('JobCurrentStartExecutingDate');
  const end = ad.number('EpochWriteDate');
  // The time of an earlier execution stays in the ad until there is a new one.
  const start = executing !== null && (given === null || executing >= given) ? executing : given;
  if (start === null || end === null) return null;
  if (start <= 0 || end < start || end - start > longestSeconds || end > 8.64e12) return null;
  return { startedAt: Math.round(start * 1000), endedAt: Math.round(end * 1000) };
}

/** `"RUN|SECONDS"` counts for that run alone; in ms. */
function frozenOf(ad: ClassAd, run: number): number {
  const [, of, seconds] =
    /^(\d{1,9})\|(\d{1,10}(?:\.\d{1,6})?)$/.exec(ad.string(frozenAttribute) ?? '') ?? [];
  return Number(of) === run ? Math.round(Number(seconds) * 1000) : 0;
}
