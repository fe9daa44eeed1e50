import type { Clock } from '../base/clock.ts';
import type { ProcessTable } from './proc.ts';

/** Its CPU time must stand still for so long before a process counts as quiet, in ms. */
const quietMs = 25;
const lookMs = 2;
/** A process that is not quiet by then will not be soon. */
const patienceMs = 3000;

/**
 * Watches a process until it uses no CPU: resolves with the monotonic ms at which its CPU time last grew, or with
 * null when it does not come to rest, ends, or cannot be watched here. Looks every 2 ms, for a moment only.
 */
export function watchQuiet(pid: number, table: ProcessTable, clock: Clock): Promise<number | null> {
  const began = clock.monotonic();
  return new Promise((resolve) => {
    let last = table.onCpuNs(pid);
    let changedAt = began;
    const look = (): void => {
      const now = clock.monotonic();
      const used = table.onCpuNs(pid);
      if (used === undefined || now - began > patienceMs) {
        resolve(null);
        return;
      }
      if (used !== last) changedAt = now;
      last = used;
      if (now - changedAt >= quietMs) resolve(changedAt);
      else clock.after(lookMs, look);
    };
    look();
  });
}
