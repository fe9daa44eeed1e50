import path from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { readProcNow } from './bounded-files.ts';
import { polledSensor } from './polled-sensor.ts';
import type { Sensor } from './sensor.ts';

const everyMs = 1000;
/** USER_HZ is 100 on every architecture. */
export const msPerTick = 10;

/** Clock ticks of all cores together since the system started, as far as this file cares. */
export interface CpuTicks {
  readonly busy: number;
  /** `busy`, and the time in which the cores did nothing for this system. */
  readonly total: number;
}

interface Sample extends CpuTicks {
  readonly ownMs: number;
}

/**
 * The first line of /proc/stat (proc(5)): user nice system idle iowait irq softirq steal guest guest_nice. The guests'
 * time is in user and nice already. Waiting for a disk leaves a core free; stolen time is another computer's load.
 * Undefined for all else. Pure.
 */
export function parseCpuTicks(text: string): CpuTicks | undefined {
  const [line = ''] = text.split('\n', 1);
  if (!/^cpu( +\d{1,18}){7,12}$/.test(line)) return undefined;
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = line
    .split(/ +/)
    .slice(1)
    .map(Number);
  const busy = user + nice + system + irq + softirq;
  return { busy, total: busy + idle + iowait + steal };
}

/** Others' share of all cores between two samples, 0…1; undefined when these tell nothing. Pure. */
export function otherLoad(before: Sample, after: Sample): number | undefined {
  const total = after.total - before.total;
  const own = after.ownMs - before.ownMs;
  // A process of ours has ended, and its time is gone from the sum.
  if (total <= 0 || own < 0) return undefined;
  return Math.min(1, Math.max(0, (after.busy - before.busy - own / msPerTick) / total));
}

/**
 * How busy the computer is with what is not Gleaner's, over the last second. Unknown until there are two samples.
 * @param ownCpuMs CPU time of all that is ours so far, in ms; may fall when one of our processes ends
 */
export function loadSensor(clock: Clock, procDir: string, ownCpuMs: () => number): Sensor {
  let last: Sample | undefined;
  const polled = polledSensor({
    name: 'load',
    cost: 'One line of /proc/stat and the CPU time of our own processes, every second.',
    gives: ['otherLoad'],
    everyMs,
    clock,
    read() {
      const before = last;
      const ticks = parseCpuTicks(readProcNow(path.join(procDir, 'stat')) ?? '');
      last = ticks && { ...ticks, ownMs: ownCpuMs() };
      if (!before || !last) return { otherLoad: null };
      const load = otherLoad(before, last);
      return load === undefined ? {} : { otherLoad: load };
    },
  });
  return {
    ...polled,
    start(report, fail) {
      last = undefined;
      return polled.start(report, fail);
    },
  };
}
