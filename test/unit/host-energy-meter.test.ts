import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EnergyMeter } from '../../electron/host/energy-meter.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { eventually } from '../fixtures/eventually.ts';
import { SensorFixture } from './sensors-fixture.ts';

const everyMs = 30_000;
let machine: SensorFixture;
let clock: FakeClock;
let meter: EnergyMeter;
beforeEach(() => {
  machine = new SensorFixture();
  clock = new FakeClock();
  const { dir } = machine;
  meter = new EnergyMeter({ clock, wattsPerCore: () => 12, sysDir: dir, procDir: dir });
});
afterEach(async () => {
  meter.dispose();
  await machine.close();
});

const rapl = 'class/powercap/intel-rapl:0';
let [joules, busy, idle] = [0, 0, 0];
const counters = (): void => {
  machine.put({
    [`${rapl}/energy_uj`]: Math.round(joules * 1e6),
    stat: `cpu  ${busy} 0 0 ${idle} 0 0 0 0 0 0`,
  });
};
const withCounters = (): void => {
  [joules, busy, idle] = [1000, 5000, 5000];
  machine.put({ [`${rapl}/name`]: 'package-0', [`${rapl}/max_energy_range_uj`]: 262_143_328_850 });
  counters();
};
/** Half a minute passes at these watts and with so many of four cores busy; the meter has looked. */
const pass = async (watts: number, cores: number): Promise<void> => {
  joules += watts * 30;
  busy += cores * 3000;
  idle += (4 - cores) * 3000;
  counters();
  clock.advance(everyMs);
  await waiting();
};
const waiting = async (): Promise<void> => {
  await eventually(() => {
    expect(clock.pending).toBe(1);
  });
};
const attempt = (cpuSeconds: number, seconds = 60) => ({
  startedAt: clock.now() - seconds * 1000,
  endedAt: clock.now(),
  cpuSeconds,
});

describe('energy', () => {
  it('is a figure per core where nothing can be read, and nothing is looked at again', async () => {
    meter.follow(true);
    await eventually(() => {
      meter.follow(true);
      expect(clock.pending).toBe(0);
    });
    expect(meter.estimate(attempt(600))).toEqual({ wattHours: 2, model: 'cpu-time' });
    expect(meter.estimate(attempt(0))).toEqual({ wattHours: 0, model: 'cpu-time' });
  });

  it('is the part of what the packages used above calm that fits the CPU time', async () => {
    withCounters();
    meter.follow(true);
    await waiting();
    expect(meter.estimate(attempt(30)).model).toBe('cpu-time');
    // Of 40 W, two cores busy and one of them the attempt's, before any calm was seen.
    await pass(40, 2);
    expect(meter.estimate(attempt(30))).toEqual({ wattHours: (40 * 30) / 2 / 3600, model: 'rapl' });
    // Calm takes 10 W, so that the work took 30.
    await pass(10, 0.1);
    const { wattHours } = meter.estimate(attempt(30));
    expect(wattHours).toBeCloseTo((((40 - 10) * 30) / (2.1 * 30) / 3600) * 30, 9);
    // Less than calm is nothing, never less.
    expect(meter.estimate({ ...attempt(30), startedAt: 0, endedAt: 5 }).model).toBe('cpu-time');
  });

  it('goes round with the counter, and leaves out what it did not see', async () => {
    withCounters();
    joules = 262_143;
    counters();
    meter.follow(true);
    await waiting();
    joules -= 262_143.32885;
    await pass(40, 1);
    expect(meter.estimate(attempt(30)).wattHours).toBeCloseTo((40 * 30) / 3600, 3);
    const before = meter.estimate(attempt(30));
    // Asleep for an hour, in which the counter went on.
    clock.jump(3_600_000);
    joules += 50_000;
    await pass(40, 1);
    expect(meter.estimate(attempt(30, 4000))).toEqual(before);
    await pass(40, 1);
    expect(meter.estimate(attempt(30)).wattHours).toBeCloseTo((40 * 30) / 3600, 3);
  });

  it('looks once more after the work, and not while nothing computes', async () => {
    withCounters();
    meter.follow(true);
    await waiting();
    await pass(40, 1);
    meter.follow(false);
    await pass(10, 0);
    clock.advance(everyMs);
    await eventually(() => {
      expect(clock.pending).toBe(0);
    });
    const calm = attempt(30, 90);
    expect(meter.estimate(calm).wattHours).toBeCloseTo((30 * 30) / 3600, 9);
    meter.follow(true);
    await waiting();
    meter.dispose();
    expect(clock.pending).toBe(0);
    meter.follow(true);
    expect(clock.pending).toBe(0);
  });
});
