import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { measuredShare, type ShareState, startShare, stepShare } from '../../electron/vm/share.ts';

/**
 * A guest as the host measures it: it wants `demand` of its vCPUs, its cgroup lets it have the quota (unless it
 * does not obey), QEMU itself needs `overhead` of the time it runs, and PWM stops all of it.
 */
interface Plant {
  demand: number;
  readonly overhead: number;
  obeys: boolean;
  /** Each sample is off by up to this much of a vCPU. */
  readonly noise: () => number;
}

function use(plant: Plant, state: ShareState, share: number): number {
  const granted = plant.obeys && share < 1 ? Math.min(plant.demand, state.quota) : plant.demand;
  const running = state.mode === 'pwm' ? state.duty : 1;
  return Math.max(0, Math.min(1, granted + plant.overhead) * running + plant.noise());
}

/** Runs the controller for so many seconds; answers with what was used in each. */
function simulate(
  plant: Plant,
  start: ShareState,
  share: number,
  vcpus: number,
  seconds: number,
): { state: ShareState; used: number[]; pwmSeconds: number } {
  let state = start;
  const used: number[] = [];
  let pwmSeconds = 0;
  for (let second = 0; second < seconds; second += 1) {
    const now = use(plant, state, share);
    used.push(now);
    if (state.mode === 'pwm') pwmSeconds += 1;
    state = stepShare(state, { wallMs: 1000, cpuMs: now * vcpus * 1000 }, share, vcpus);
  }
  return { state, used, pwmSeconds };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const quiet = (): number => 0;

describe('a busy guest that obeys', () => {
  it('is held within 2 points at any share, overhead and noise, without force', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.05, max: 0.95, noNaN: true }),
        fc.double({ min: 0, max: 0.025, noNaN: true }),
        fc.integer({ min: 1, max: 8 }),
        fc.array(fc.double({ min: -0.01, max: 0.01, noNaN: true }), { minLength: 60, maxLength: 60 }),
        (share, overhead, vcpus, noises) => {
          let turn = 0;
          const noise = (): number => noises[turn++ % noises.length] ?? 0;
          const plant = { demand: 1, overhead, obeys: true, noise };
          const { used, pwmSeconds } = simulate(plant, startShare(share), share, vcpus, 60);
          expect(Math.abs(mean(used.slice(20)) - share)).toBeLessThan(0.02);
          expect(pwmSeconds).toBe(0);
        },
      ),
      { numRuns: 1000, examples: [[0.05, 0.025, 6, Array<number>(60).fill(0.01)]] },
    );
  });

  it('that comes back after hours of idling finds no hoard', () => {
    const idle = { demand: 0, overhead: 0.005, obeys: true, noise: quiet };
    const { state } = simulate(idle, startShare(0.25), 0.25, 1, 3600);
    const { used } = simulate({ ...idle, demand: 1 }, state, 0.25, 1, 10);
    expect(mean(used)).toBeLessThan(0.27);
  });
});

describe('a guest on a host that is short of time', () => {
  it('is not held by force when the host has time again', () => {
    const starved = { demand: 1, overhead: 0.015, obeys: true, noise: () => -0.04 };
    const { state } = simulate(starved, startShare(0.5), 0.5, 1, 300);
    const { used, pwmSeconds } = simulate({ ...starved, noise: quiet }, state, 0.5, 1, 60);
    expect(pwmSeconds).toBe(0);
    expect(Math.max(...used)).toBeLessThan(0.52);
  });
});

describe('a guest that does not obey', () => {
  it('is left alone for 5 s, then held by force within 2 points', () => {
    for (const share of [0.1, 0.25, 0.5, 0.75]) {
      const plant = { demand: 1, overhead: 0.01, obeys: false, noise: quiet };
      const { state, used } = simulate(plant, startShare(share), share, 2, 40);
      expect(used.slice(0, 5).every((value) => value > 0.9)).toBe(true);
      expect(state.mode).toBe('pwm');
      expect(Math.abs(mean(used.slice(15)) - share)).toBeLessThan(0.02);
    }
  });

  it('is let go when it obeys again, and stays let go', () => {
    const plant: Plant = { demand: 1, overhead: 0.01, obeys: false, noise: quiet };
    const forced = simulate(plant, startShare(0.3), 0.3, 1, 30);
    expect(forced.state.mode).toBe('pwm');
    plant.obeys = true;
    const freed = simulate(plant, forced.state, 0.3, 1, 60);
    expect(freed.state.mode).toBe('cgroup');
    expect(simulate(plant, freed.state, 0.3, 1, 60).pwmSeconds).toBe(0);
  });

  it('is not let go as long as it does not', () => {
    const plant = { demand: 1, overhead: 0.01, obeys: false, noise: quiet };
    const { pwmSeconds } = simulate(plant, startShare(0.5), 0.5, 1, 605);
    expect(pwmSeconds).toBe(600);
  });

  it('does not come back at full speed from two seconds without a processor', () => {
    const plant = { demand: 1, overhead: 0.01, obeys: false, noise: quiet };
    let { state } = simulate(plant, startShare(0.3), 0.3, 1, 40);
    for (let second = 0; second < 2; second += 1) {
      state = stepShare(state, { wallMs: 1000, cpuMs: 1 }, 0.3, 1);
    }
    expect(state.duty).toBeLessThan(0.8);
  });
});

it('holds nobody at a full share', () => {
  const plant = { demand: 1, overhead: 0.1, obeys: false, noise: () => 0.2 };
  const { state, pwmSeconds } = simulate(plant, startShare(1), 1, 1, 60);
  expect(state).toMatchObject({ mode: 'cgroup', quota: 1 });
  expect(pwmSeconds).toBe(0);
});

it('tells a share only once it has seen a whole window', () => {
  let state = startShare(0.5);
  for (let second = 0; second < 9; second += 1)
    state = stepShare(state, { wallMs: 1000, cpuMs: 400 }, 0.5, 2);
  expect(measuredShare(state, 2)).toBeUndefined();
  state = stepShare(state, { wallMs: 1000, cpuMs: 400 }, 0.5, 2);
  expect(measuredShare(state, 2)).toBeCloseTo(0.2);
});

it('keeps every value in its bounds whatever it is fed', () => {
  const sample = fc.record({
    wallMs: fc.double({ min: 1, max: 5000, noNaN: true }),
    cpuMs: fc.double({ min: 0, max: 50_000, noNaN: true }),
  });
  fc.assert(
    fc.property(
      fc.array(sample, { maxLength: 100 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (fed, share) => {
        let state = startShare(share);
        for (const one of fed) {
          state = stepShare(state, one, share, 2);
          expect(state.quota).toBeGreaterThan(0);
          expect(state.quota).toBeLessThanOrEqual(share);
          expect(state.duty).toBeGreaterThan(0);
          expect(state.duty).toBeLessThanOrEqual(1);
          expect(state.samples.length).toBeLessThanOrEqual(10);
        }
      },
    ),
  );
});
