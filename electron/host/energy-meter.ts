import path from 'node:path';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposal.ts';
import type { AttemptBody, Energy } from '../contract/index.ts';
import { readProcNow } from '../policy/sensors/bounded-files.ts';
import { type CpuTicks, msPerTick, parseCpuTicks } from '../policy/sensors/load.ts';
import {
  type EnergySample,
  findPackages,
  packageWatts,
  type RaplPackage,
  readEnergy,
} from '../policy/sensors/thermal.ts';

/** The counters go round within minutes at full power: they are looked at more often than that. */
const everyMs = 30_000;
/** What was measured is kept in blocks of this length, for as long as an attempt may last. */
const blockMs = 600_000;
const keptMs = 30 * 86_400_000;
/** Up to this part of all CPU time the computer counts as calm. */
const calm = 0.05;
/** With less CPU time than this, in seconds, a measurement says nothing of what a second takes. */
const leastBusySeconds = 1;

interface Block {
  /** Epoch ms. */
  readonly from: number;
  to: number;
  seconds: number;
  joules: number;
  /** CPU time of everything that ran. */
  busySeconds: number;
}

interface Sample {
  readonly energy: EnergySample;
  readonly ticks: CpuTicks;
  /** Epoch ms. */
  readonly at: number;
}

export interface EnergyMeterOptions {
  readonly clock: Clock;
  /** The setting `energy.wattsPerCore`. */
  readonly wattsPerCore: () => number;
  readonly sysDir?: string;
  readonly procDir?: string;
}

/**
 * Estimates the energy of attempts. Where the CPU packages' counters can be read (RAPL; root only on most kernels):
 * what the packages used above their use in calm, as far as one was seen, in proportion to the CPU time of everything that
 * ran; what was measured of an attempt's time stands for all of it. Else by CPU time and a fixed figure. Looks
 * every 30 s while VMs compute and once more after it, and not at all where there is nothing to be read.
 */
export class EnergyMeter implements Disposable {
  readonly #o: EnergyMeterOptions;
  readonly #blocks: Block[] = [];
  #packages: readonly RaplPackage[] | undefined;
  #last: Sample | undefined;
  /** The least use that was seen while the computer was calm. */
  #calmWatts: number | undefined;
  #computing = false;
  #wasComputing = false;
  #looking = false;
  #cancel: (() => void) | undefined;

  constructor(o: EnergyMeterOptions) {
    this.#o = o;
  }

  /** @param computing a VM computes */
  follow(computing: boolean): void {
    this.#computing = computing;
    if (computing && !this.#looking && !this.#cancel && this.#packages?.length !== 0) void this.#look();
  }

  /** Times are epoch ms. */
  estimate({
    startedAt,
    endedAt,
    cpuSeconds,
  }: Pick<AttemptBody, 'startedAt' | 'endedAt' | 'cpuSeconds'>): Energy {
    let [seconds, joules, busySeconds] = [0, 0, 0];
    for (const block of this.#blocks) {
      if (block.to <= startedAt || block.from >= endedAt) continue;
      seconds += block.seconds;
      joules += block.joules;
      busySeconds += block.busySeconds;
    }
    if (busySeconds < leastBusySeconds) {
      return { wattHours: (cpuSeconds * this.#o.wattsPerCore()) / 3600, model: 'cpu-time' };
    }
    const above = Math.max(0, joules - (this.#calmWatts ?? 0) * seconds);
    return { wattHours: ((above / busySeconds) * cpuSeconds) / 3600, model: 'rapl' };
  }

  dispose(): void {
    this.#computing = false;
    this.#wasComputing = false;
    this.#packages = [];
    this.#cancel?.();
    this.#cancel = undefined;
  }

  async #look(): Promise<void> {
    this.#looking = true;
    const { sysDir = '/sys' } = this.#o;
    this.#packages ??= await findPackages(path.join(sysDir, 'class/powercap'));
    const sample = await this.#sample(this.#packages);
    this.#looking = false;
    if (!sample && !this.#last) {
      // None there, or not for us.
      this.#packages = [];
      return;
    }
    if (this.#last && sample) this.#measure(this.#last, sample, this.#packages);
    const goesOn = this.#computing || this.#wasComputing;
    this.#wasComputing = this.#computing;
    this.#last = goesOn ? sample : undefined;
    if (!goesOn) return;
    this.#cancel = this.#o.clock.after(everyMs, () => {
      this.#cancel = undefined;
      void this.#look();
    });
  }

  async #sample(packages: readonly RaplPackage[]): Promise<Sample | undefined> {
    const { clock, procDir = '/proc' } = this.#o;
    const energy = await readEnergy(packages, clock);
    const ticks = parseCpuTicks(readProcNow(path.join(procDir, 'stat')) ?? '');
    return energy && ticks && { energy, ticks, at: clock.now() };
  }

  #measure(before: Sample, after: Sample, packages: readonly RaplPackage[]): void {
    const watts = packageWatts(before.energy, after.energy, packages);
    const busy = after.ticks.busy - before.ticks.busy;
    const total = after.ticks.total - before.ticks.total;
    const passedMs = after.at - before.at;
    // After a sleep the counters tell of another time than the clocks.
    if (watts === undefined || total <= 0 || busy < 0 || passedMs <= 0 || passedMs > 2 * everyMs) return;
    if (busy / total <= calm) this.#calmWatts = Math.min(this.#calmWatts ?? watts, watts);
    const seconds = (after.energy.at - before.energy.at) / 1000;
    let block = this.#blocks.at(-1);
    if (!block || before.at < block.from || after.at - block.from > blockMs) {
      block = { from: before.at, to: after.at, seconds: 0, joules: 0, busySeconds: 0 };
      this.#blocks.push(block);
      while ((this.#blocks[0]?.to ?? after.at) < after.at - keptMs) this.#blocks.shift();
    }
    block.to = after.at;
    block.seconds += seconds;
    block.joules += watts * seconds;
    block.busySeconds += (busy * msPerTick) / 1000;
  }
}
