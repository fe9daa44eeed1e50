import type { Clock } from '../base/clock.ts';

/** Calls back once nothing was touched for `ms`; touching is cheap. Returns touch and the way to stop. */
export function watchIdle(
  clock: Clock,
  ms: number,
  onIdle: () => void,
): { touch: () => void; stop: () => void } {
  let last = clock.monotonic();
  let cancel: () => void;
  const look = (): void => {
    const left = last + ms - clock.monotonic();
    if (left <= 0) onIdle();
    else cancel = clock.after(left, look);
  };
  cancel = clock.after(ms, look);
  return {
    touch: () => {
      last = clock.monotonic();
    },
    stop: () => {
      cancel();
    },
  };
}
