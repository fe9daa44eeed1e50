import { expect, test } from 'vitest';
import {
  excess,
  type QuietReading,
  type QuietRules,
  quietLookMs,
  quietShare,
  startQuiet,
  stepQuiet,
} from '../../electron/policy/quiet.ts';

const unread: QuietReading = { temperatureC: null, fanRpm: null, packageWatts: null };
const rules = (changes: Partial<QuietRules> = {}): QuietRules => ({
  'quiet.enabled': true,
  'quiet.temperatureC': 75,
  'quiet.fanRpm': null,
  'quiet.packageWatts': null,
  'quiet.fallbackShare': 0.5,
  ...changes,
});

/** A computer whose heat follows its load with a lag, and whose fan follows its heat in steps. */
class Plant {
  heat: number;
  readonly ambient: number;
  /** °C above the surroundings at full load. */
  readonly gain: number;
  readonly lagMs: number;

  constructor(o: { ambient: number; gain: number; lagMs: number }) {
    this.ambient = o.ambient;
    this.gain = o.gain;
    this.lagMs = o.lagMs;
    this.heat = o.ambient;
  }

  run(share: number, ms: number): void {
    const target = this.ambient + this.gain * share;
    this.heat = target + (this.heat - target) * Math.exp(-ms / this.lagMs);
  }

  get reading(): QuietReading {
    const fanRpm = this.heat < 60 ? 0 : 1000 + 500 * Math.floor((this.heat - 60) / 5);
    return { temperatureC: Math.round(this.heat), fanRpm, packageWatts: null };
  }
}

interface Run {
  readonly caps: readonly number[];
  readonly heats: readonly number[];
  readonly fans: readonly number[];
}

function regulate(
  plant: Plant,
  used: QuietRules,
  hours: number,
  drift: (ms: number) => number = () => 0,
): Run {
  let state = startQuiet(0);
  const caps: number[] = [];
  const heats: number[] = [];
  const fans: number[] = [];
  for (let ms = 0; ms < hours * 3_600_000; ms += quietLookMs) {
    const { reading } = plant;
    state = stepQuiet(state, used, reading, ms);
    caps.push(state.cap);
    heats.push(plant.heat);
    fans.push(reading.fanRpm ?? 0);
    plant.run(state.cap, quietLookMs);
    plant.heat += drift(ms);
  }
  return { caps, heats, fans };
}

/** How often the values turn from rising to falling or back. */
function turns(values: readonly number[]): number {
  const moves = values.slice(1).map((value, index) => Math.sign(value - (values[index] ?? value)));
  const real = moves.filter((move) => move !== 0);
  return real.slice(1).filter((move, index) => move !== real[index]).length;
}

const lagsMs = [2000, 20_000, 60_000, 300_000];
const gains = [20, 45, 80];

test.each(lagsMs.flatMap((lagMs) => gains.map((gain) => [lagMs, gain] as const)))(
  'with a lag of %d ms and %d °C at full load it comes to rest below the budget and does not saw',
  (lagMs, gain) => {
    const { caps, heats, fans } = regulate(new Plant({ ambient: 40, gain, lagMs }), rules(), 6);
    const hour = 3_600_000 / quietLookMs;
    const settled = heats.slice(hour);
    expect(Math.max(...settled)).toBeLessThan(75 + 3);
    // A careful try once in a while is all.
    expect(turns(caps.slice(hour))).toBeLessThanOrEqual(2 * 2 * 5);
    expect(turns(fans.slice(hour))).toBeLessThanOrEqual(2 * 2 * 5);
    // What the budget permits is used: within three steps.
    const most = Math.min(1, 35 / gain);
    expect(caps.at(-1)).toBeGreaterThanOrEqual(Math.min(1, most) - 0.2);
  },
);

test('it gives back quickly what is far too hot', () => {
  const plant = new Plant({ ambient: 40, gain: 80, lagMs: 10_000 });
  const { caps } = regulate(plant, rules(), 0.05);
  expect(caps.at(-1)).toBeLessThanOrEqual(0.5);
});

test('a warmer room is followed, and a cooler one again', () => {
  const plant = new Plant({ ambient: 40, gain: 40, lagMs: 60_000 });
  const { heats, caps } = regulate(plant, rules(), 8, (ms) =>
    ms > 2 * 3_600_000 && ms < 4 * 3_600_000 ? 1.5 : 0,
  );
  const hour = 3_600_000 / quietLookMs;
  expect(Math.max(...heats.slice(3.2 * hour, 3.9 * hour))).toBeLessThan(80);
  expect(caps.at(-1)).toBeGreaterThan(0.7);
});

test('the worst of the budgets counts', () => {
  const used = rules({ 'quiet.fanRpm': 2000, 'quiet.packageWatts': 50 });
  expect(excess(used, { temperatureC: 70, fanRpm: 2400, packageWatts: 40 })).toBe(1);
  expect(excess(used, { temperatureC: 95, fanRpm: 2400, packageWatts: 60 })).toBe(2);
  expect(excess(used, unread)).toBeNull();
});

test('where nothing can be read a fixed share is left, and none when quiet mode is off', () => {
  const state = startQuiet(0);
  expect(quietShare(state, rules(), unread)).toBe(0.5);
  expect(quietShare({ ...state, cap: 0.3 }, rules(), { ...unread, temperatureC: 90 })).toBe(0.3);
  expect(quietShare({ ...state, cap: 0.3 }, rules({ 'quiet.enabled': false }), unread)).toBe(1);
});

test('a reading that comes and goes, or is mad, ends nothing', () => {
  let state = startQuiet(0);
  for (let ms = 0; ms < 3_600_000; ms += quietLookMs) {
    const temperatureC = ms % 3 === 0 ? null : 1e9;
    state = stepQuiet(state, rules(), { ...unread, temperatureC }, ms);
  }
  expect(state.cap).toBeGreaterThanOrEqual(0.05);
});
