import type { AttemptBody, Failure, JobDocument, JobState, JobStream } from '../../contract/index.ts';
import type { JobRow, LeaseMemo, Usage } from './queue-rows.ts';

/** The streams of which more came than was kept; of none when it is not said. */
type Truncated = readonly JobStream[];

/** How an attempt ended. `resultDigest` is that of the job's result file; null when nothing could be collected. */
export type Ending =
  | { readonly outcome: 'done'; readonly resultDigest: string; readonly truncated?: Truncated }
  | {
      readonly outcome: 'failed';
      readonly failure: Failure;
      readonly resultDigest: string | null;
      readonly truncated?: Truncated;
    }
  | { readonly outcome: 'aborted' }
  /** `orderly`: by this host's own end, which says nothing about the job. */
  | { readonly outcome: 'interrupted'; readonly orderly?: boolean };

/** After that many interrupted attempts in a row that left no checkpoint, a job is given up. */
export const maxStalls = 5;

/** What a settled attempt means for its job and for the ledger. */
export interface Settlement {
  readonly state: JobState;
  readonly stalls: number;
  readonly failure: Failure | null;
  readonly earned: { readonly amount: number; readonly unit: string } | null;
  readonly resultDigest: string | null;
  readonly truncated: Truncated;
  readonly outcome: AttemptBody['outcome'];
  readonly bookedFailure: AttemptBody['failure'];
}

export const abortedFailure: Failure = { code: 'job-aborted', sentence: 'The job was aborted by hand.' };

/** Only a job that is done earns; an interrupted one goes back into the queue until it stalls too often. Pure. */
export function settlementOf(
  ending: Ending,
  { stalls, checkpointed }: { readonly stalls: number; readonly checkpointed: boolean },
  price: JobDocument['price'],
): Settlement {
  const none = {
    stalls,
    failure: null,
    earned: null,
    resultDigest: null,
    truncated: [],
    bookedFailure: null,
  };
  switch (ending.outcome) {
    case 'done':
      return {
        ...none,
        state: 'done',
        outcome: 'done',
        earned: price ?? null,
        resultDigest: ending.resultDigest,
        truncated: ending.truncated ?? [],
      };
    case 'failed':
      return {
        ...none,
        ...failedWith(ending.failure),
        resultDigest: ending.resultDigest,
        truncated: ending.truncated ?? [],
      };
    case 'aborted':
      return {
        ...none,
        state: 'aborted',
        outcome: 'aborted',
        failure: abortedFailure,
        bookedFailure: 'job-aborted',
      };
    case 'interrupted': {
      const now = checkpointed ? 0 : stalls + (ending.orderly === true ? 0 : 1);
      if (now >= maxStalls) return { ...none, ...failedWith(gaveUp), stalls: now };
      return {
        ...none,
        state: 'queued',
        outcome: 'interrupted',
        stalls: now,
        bookedFailure: 'job-interrupted',
      };
    }
  }
}

const gaveUp: Failure = {
  code: 'job-gave-up',
  sentence: `The job was interrupted ${maxStalls} times in a row without getting any further.`,
  hint: 'Let it publish checkpoints, split it into smaller jobs, or let the computer run longer at a time.',
};

function failedWith(failure: Failure) {
  return { state: 'failed', outcome: 'failed', failure, bookedFailure: failure.code } as const;
}

/** The ledger's view of one attempt; the ledger itself adds the digest of the personal fields. Pure. */
export function bookingOfAttempt(
  row: JobRow,
  memo: LeaseMemo,
  settlement: Settlement,
  usage: Usage,
  endedAt: number,
): Omit<AttemptBody, 'personalDigest'> {
  return {
    kind: 'attempt',
    grid: 'local',
    job: row.id,
    attempt: row.attempt,
    outcome: settlement.outcome,
    failure: settlement.bookedFailure,
    startedAt: memo.startedAt,
    endedAt,
    wallSeconds: usage.wallSeconds,
    frozenSeconds: usage.frozenSeconds,
    cpuSeconds: usage.cpuSeconds,
    memoryPeakBytes: usage.memoryPeakBytes,
    appliance: memo.appliance,
    documentDigest: row.document_digest,
    inputDigest: row.input_digest,
    resultDigest: settlement.resultDigest,
    accelerator: memo.accelerator,
    hosts: [],
    credit: settlement.earned === null ? null : { ...settlement.earned, status: 'settled' },
  };
}
