import type { Settings } from '../contract/settings.ts';
import type { Signals } from '../contract/signals.ts';

/**
 * What the slow loop remembers. A share at which a budget was exceeded is a ceiling for a while: without it
 * the loop would climb back to it over and over, and the fan would saw.
 */
export interface QuietState {
  /** Share that quiet mode leaves, 0.05…1. */
  readonly cap: number;
  /** Monotonic ms of the last look. */
  readonly at: number;
  /** Monotonic ms of the last change of `cap`. */
  readonly changedAt: number;
  readonly ceiling: number;
  readonly ceilingAt: number;
  /** Whether any budget could ever be read: else there is only the fixed share. */
  readonly readable: boolean;
}

export type QuietRules = Pick<
  Settings,
  'quiet.enabled' | 'quiet.temperatureC' | 'quiet.fanRpm' | 'quiet.packageWatts' | 'quiet.fallbackShare'
>;
export type QuietReading = Pick<Signals, 'temperatureC' | 'fanRpm' | 'packageWatts'>;

/** Between two looks, in ms. */
export const quietLookMs = 15_000;
/** What a lower share does is seen only after a while. */
const effectMs = 30_000;
/** Between two steps up. */
const climbMs = 120_000;
const ceilingMs = 30 * 60_000;
const step = 0.05;
const smallest = 0.05;
/** So far below the budget, in units of {@link excess}, before more is tried. */
const margin = 0.3;

/**
 * How far the worst of the readable budgets is exceeded, in units of 10 °C or a fifth of the budget; negative
 * when all are kept; null when none can be read. Pure.
 */
export function excess(rules: QuietRules, reading: QuietReading): number | null {
  const over = (value: number | null, budget: number | null, unit: number): number[] =>
    value === null || budget === null ? [] : [(value - budget) / unit];
  const fifth = (budget: number | null): number => Math.max(1, (budget ?? 0) / 5);
  const all = [
    ...over(reading.temperatureC, rules['quiet.temperatureC'], 10),
    ...over(reading.fanRpm, rules['quiet.fanRpm'], fifth(rules['quiet.fanRpm'])),
    ...over(reading.packageWatts, rules['quiet.packageWatts'], fifth(rules['quiet.packageWatts'])),
  ];
  return all.length === 0 ? null : Math.max(...all);
}

export function startQuiet(monotonic: number): QuietState {
  return {
    cap: 1,
    at: monotonic - quietLookMs,
    changedAt: monotonic - climbMs,
    ceiling: 2,
    ceilingAt: 0,
    readable: false,
  };
}

/** One look at the readings, when it is time for one; else the same state. Pure. `monotonic` in ms. */
export function stepQuiet(
  state: QuietState,
  rules: QuietRules,
  reading: QuietReading,
  monotonic: number,
): QuietState {
  if (monotonic - state.at < quietLookMs) return state;
  const over = excess(rules, reading);
  const looked = { ...state, at: monotonic, readable: state.readable || over !== null };
  if (over === null) return looked;
  const since = monotonic - state.changedAt;
  if (over > 0) {
    if (since < effectMs && over < 1) return looked;
    const cap = Math.max(smallest, round(state.cap - step * Math.min(4, Math.ceil(over * 2))));
    const lowered = { ceiling: state.cap, ceilingAt: monotonic };
    return cap === state.cap
      ? { ...looked, ...lowered }
      : { ...looked, ...lowered, cap, changedAt: monotonic };
  }
  if (over > -margin || since < climbMs || state.cap >= 1) return looked;
  const cap = Math.min(1, round(state.cap + step));
  const known = monotonic - state.ceilingAt < ceilingMs;
  return known && cap >= state.ceiling ? looked : { ...looked, cap, changedAt: monotonic };
}

/** The share that quiet mode leaves right now: the loop's, or the fixed one where nothing can be read. Pure. */
export function quietShare(state: QuietState, rules: QuietRules, reading: QuietReading): number {
  if (!rules['quiet.enabled']) return 1;
  const readable = state.readable || excess(rules, reading) !== null;
  return readable ? state.cap : rules['quiet.fallbackShare'];
}

function round(share: number): number {
  return Math.round(share * 100) / 100;
}
