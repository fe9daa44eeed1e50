import type { Signals } from '../contract/index.ts';

/** Without input for so long, a tenth of the VM's processors for a minute is not felt. */
const quietMs = 60_000;

/** Whether the person is away from the computer, or at least not busy with it; unknown signals speak for neither. Pure. */
export function isCalm(signals: Signals, monotonic: number): boolean {
  const { lastInputAt, call, fullScreen, presentation, sleeping, shuttingDown, screenLocked } = signals;
  if (sleeping || shuttingDown || call === true || fullScreen === true || presentation === true) return false;
  return screenLocked === true || lastInputAt === null || monotonic - lastInputAt >= quietMs;
}
