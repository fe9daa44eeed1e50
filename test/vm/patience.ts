import type { SessionBounds } from '../../electron/vm/session/keeper.ts';

/** Ends what hangs, in ms: a guest that the other tests leave next to no time is not there yet. */
export const hangMs = 3 * 3_600_000;

/** For sessions that may only be lost when the test loses them. A boot's attempts keep their limit. */
export const patientBounds = {
  callMs: hangMs,
  workMs: hangMs,
  attemptMs: hangMs,
  repairMs: hangMs,
} satisfies Partial<SessionBounds>;
