import type { AttemptBody, EntryPersonal } from '../../electron/contract/index.ts';

type Booking = Omit<AttemptBody, 'personalDigest'>;

export const somebody: EntryPersonal = { title: 'Options 1–10', owner: 'me' };

/** A plausible booking of attempt 1 at a job of its own, with whatever a test wants different. */
export function bookingOf(n: number, different: Partial<Booking> = {}): Booking {
  return {
    kind: 'attempt',
    grid: 'local',
    job: `job-${n}`,
    attempt: 1,
    outcome: 'done',
    failure: null,
    startedAt: 1_700_000_000_000 + n,
    endedAt: 1_700_000_060_000 + n,
    wallSeconds: 60,
    frozenSeconds: 0.5,
    cpuSeconds: 58.25,
    memoryPeakBytes: 1_000_000,
    appliance: `sha256:${'a'.repeat(64)}`,
    documentDigest: `sha256:${'b'.repeat(64)}`,
    inputDigest: `sha256:${'c'.repeat(64)}`,
    resultDigest: `sha256:${'d'.repeat(64)}`,
    accelerator: 'tcg',
    hosts: [],
    credit: { amount: 0.25, unit: 'points', status: 'settled' },
    ...different,
  };
}
