import type { JobRow, LeaseMemo, Parked, Usage } from './queue-rows.ts';

/** An attempt that goes on where its saved machine stood. */
export interface Adopted {
  readonly parked: Parked;
  /** What it has used, the time in which its machine was saved counted as frozen. */
  readonly usage: Usage;
  /** What it had used at its last checkpoint; undefined when it has left none. */
  readonly kept: Usage | undefined;
}

/** A parked attempt's memo from when its machine is back. Pure. */
export function resumed(memo: LeaseMemo, parked: Parked, now: number): { memo: LeaseMemo; adopted: Adopted } {
  const savedSeconds = Math.max(0, now - parked.at) / 1000;
  const usage: Usage = { ...parked.usage, frozenSeconds: parked.usage.frozenSeconds + savedSeconds };
  return {
    memo: { ...memo, parked: undefined, usage, seenAt: now },
    adopted: { parked, usage, kept: memo.kept },
  };
}

/** What is known of an attempt that somebody left behind, to be booked. Pure. */
export function lastKnown(memo: LeaseMemo): { usage: Usage; at: number; orderly: boolean } {
  const { parked } = memo;
  // That a saved machine does not come back says nothing about the job.
  return parked
    ? { usage: parked.usage, at: parked.at, orderly: true }
    : { usage: memo.usage, at: memo.seenAt, orderly: false };
}

/** The work since the last checkpoint of an attempt that another has to do again. Pure. */
export function lossOf({ kept }: LeaseMemo, usage: Usage): { wallSeconds: number; cpuSeconds: number } {
  return {
    wallSeconds: Math.max(0, usage.wallSeconds - (kept?.wallSeconds ?? 0)),
    cpuSeconds: Math.max(0, usage.cpuSeconds - (kept?.cpuSeconds ?? 0)),
  };
}

/** Whether the row's attempt waits for this saved machine. Pure. */
export function waitsFor(row: JobRow, generation: string | null): boolean {
  return generation !== null && row.lease?.parked?.generation === generation;
}
