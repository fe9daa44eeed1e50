import type { Checker } from './doctor.ts';

/** What the clock says, and what it may be compared with. */
export interface ClockFacts {
  /** Epoch ms. */
  now(): number;
  /**
   * By how much the clock was set since this host began, in ms, the time that the computer slept left out; null where
   * that cannot be told.
   */
  clockShiftMs(): number | null;
  /** Epoch ms at which the images were made; null: unknown. */
  imagesBuiltAt(): Promise<number | null>;
}

/** Small steps are how a clock is kept right. In ms. */
const noticeableMs = 60_000;
const dayMs = 86_400_000;

export const clockChecker: Checker<'clock', ClockFacts> = {
  id: 'clock',
  title: 'Clock',
  async check(facts) {
    const builtAt = await facts.imagesBuiltAt();
    if (builtAt !== null && facts.now() < builtAt - dayMs) {
      return {
        state: 'failed',
        code: 'behind',
        values: { days: Math.ceil((builtAt - facts.now()) / dayMs) },
        detail: 'The clock says a time before the images were made.',
        hint: 'Set it: certificates, deadlines and quotas depend on it.',
      };
    }
    const shiftMs = facts.clockShiftMs();
    if (shiftMs === null || Math.abs(shiftMs) < noticeableMs)
      return { state: 'ok', code: 'steady', detail: 'Nothing is wrong with it, as far as can be told.' };
    const seconds = Math.round(shiftMs / 1000);
    return {
      state: 'warning',
      code: 'set',
      values: { seconds },
      detail: `It was set by ${seconds} s while Gleaner ran.`,
      hint: 'Times that were booked before may be off by that.',
    };
  },
};

/**
 * Tells how far the clock was set since it was made. On Linux a computer's uptime goes on while it sleeps, so that clock
 * minus uptime is constant; elsewhere it is not told.
 */
export function watchClock(o: {
  readonly platform: NodeJS.Platform;
  readonly now: () => number;
  readonly uptimeSeconds: () => number;
}): () => number | null {
  const bootedAt = (): number => o.now() - o.uptimeSeconds() * 1000;
  const first = bootedAt();
  return () => (o.platform === 'linux' ? bootedAt() - first : null);
}
