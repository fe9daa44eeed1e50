import type { Clock } from '../../base/clock.ts';

/** The longest that one system timer is trusted with; Node's own limit is 2^31 ms. */
const longestWaitMs = 3_600_000;
/** How often at most an alarm looks again while its time stands still. */
const shortestLookMs = 1000;
/** How late a jump of the wall clock may be noticed. */
const jumpLookMs = 60_000;

/**
 * Calls back once when `elapsedMs()`, which may stand still (a frozen machine) but never runs faster than the
 * clock, has reached `atMs`. Returns the way to cancel.
 */
export function elapsedAlarm(
  clock: Clock,
  elapsedMs: () => number,
  atMs: number,
  callback: () => void,
): () => void {
  const look = (): void => {
    const left = atMs - elapsedMs();
    if (left <= 0) callback();
    else cancel = clock.after(Math.min(Math.max(left, shortestLookMs), longestWaitMs), look);
  };
  let cancel = clock.after(Math.min(Math.max(atMs - elapsedMs(), 0), longestWaitMs), look);
  return () => {
    cancel();
  };
}

/** Calls back once when the wall clock, which may jump, has reached `at` (epoch ms). Returns the way to cancel. */
export function wallClockAlarm(clock: Clock, at: number, callback: () => void): () => void {
  const look = (): void => {
    if (clock.now() >= at) callback();
    else arm();
  };
  let cancel: () => void = () => undefined;
  const arm = (): void => {
    cancel = clock.after(Math.min(Math.max(at - clock.now(), 0), jumpLookMs), look);
  };
  arm();
  return () => {
    cancel();
  };
}
