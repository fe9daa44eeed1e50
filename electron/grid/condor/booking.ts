import { type EntryPersonal, type FailureCode, type Outcome, unitScale } from '../../contract/index.ts';
import type { Booking } from '../database.ts';
import type { BookedStatement, SeenExecution } from './store-rows.ts';

/** A pool's jobs have no document here, and their files pass us by: nothing is there to take a digest of. */
const noDigest = 'none';

/** The ledger's view of an execution that is over; its credit is pending until a statement of the pool settles it. Pure. */
export function bookingOf(grid: string, execution: SeenExecution): Booking {
  const endedAt = execution.endedAt ?? execution.startedAt;
  const startedAt = Math.min(execution.startedAt, endedAt);
  return {
    kind: 'attempt',
    grid,
    job: execution.job,
    attempt: Math.max(1, execution.run),
    ...outcomeOf(execution),
    startedAt,
    endedAt,
    wallSeconds: (endedAt - startedAt) / 1000,
    frozenSeconds: execution.frozenSeconds,
    cpuSeconds: execution.cpuSeconds,
    memoryPeakBytes: Math.round(execution.residentPeakBytes),
    appliance: execution.appliance,
    documentDigest: noDigest,
    inputDigest: noDigest,
    resultDigest: null,
    accelerator: execution.accelerator.slice(0, 16),
    hosts: [],
    credit:
      execution.amount === null || execution.unit === null
        ? null
        : { amount: execution.amount / unitScale, unit: execution.unit, status: 'pending' },
  };
}

function outcomeOf({ state, exitCode, exitSignal }: SeenExecution): {
  outcome: Outcome;
  failure: FailureCode | null;
} {
  switch (state) {
    case 'done':
      return { outcome: 'done', failure: null };
    case 'failed':
      return {
        outcome: 'failed',
        failure: exitSignal === null || exitCode !== null ? 'job-exited' : 'job-signaled',
      };
    case 'evicted':
      return { outcome: 'interrupted', failure: null };
    case 'lost':
    case 'running':
      return { outcome: 'interrupted', failure: 'job-interrupted' };
  }
}

/** Pure. */
export function personalOf({ program, name, owner }: SeenExecution): EntryPersonal {
  return { title: titleOf({ program, name }).slice(0, 120), owner: owner.slice(0, 120) || 'unknown' };
}

/** Pure. */
export function titleOf({ program, name }: Pick<SeenExecution, 'program' | 'name'>): string {
  return program === '' ? name : `${program} (${name})`;
}

/** A statement's two entries: what was pending is taken back, and what the pool credits comes in its place. Pure. */
export function settlementOf(grid: string, statement: BookedStatement): Booking[] {
  const { period, from, to, unit, amount, pending, executions, digest } = statement;
  const entry = (attempt: number, value: number, status: 'pending' | 'settled'): Booking => ({
    kind: 'settlement',
    grid,
    job: `statement:${period}`,
    attempt,
    startedAt: from,
    endedAt: to,
    hosts: [],
    statement: digest,
    executions,
    credit: { amount: value / unitScale, unit, status },
  });
  return [entry(1, -pending, 'pending'), entry(2, amount, 'settled')];
}
