import { noSignals, type Signals } from '../../contract/signals.ts';
import type { Reading } from './sensor.ts';

/** True when any source says so: one that looks elsewhere and sees nothing does not outweigh one that does see it. */
const anyOf = [
  'screenLocked',
  'call',
  'fullScreen',
  'presentation',
  'remoteSession',
  'sleeping',
  'shuttingDown',
] as const satisfies readonly (keyof Signals)[];

const firstOf = [
  'sessionActive',
  'onBattery',
  'charge',
  'otherLoad',
  'temperatureC',
  'fanRpm',
  'packageWatts',
  'programs',
  'diskFreeBytes',
  'meteredNetwork',
  'lidClosed',
] as const satisfies readonly (keyof Signals)[];

/**
 * What several sources tell, as one. Of input the latest counts, with the source of the one that is noticed soonest; of
 * the rest the first source that knows. Pure.
 */
export function mergeReadings(readings: readonly Reading[]): Signals {
  const first = (name: (typeof firstOf)[number]) =>
    readings.map((reading) => reading[name]).find((value) => value !== undefined && value !== null);
  const any = (name: (typeof anyOf)[number]) => {
    const known = readings.map((reading) => reading[name]).filter((value) => typeof value === 'boolean');
    return known.length === 0 ? noSignals[name] : known.includes(true);
  };
  return {
    ...noSignals,
    ...Object.fromEntries(firstOf.map((name) => [name, first(name) ?? null])),
    ...Object.fromEntries(anyOf.map((name) => [name, any(name)])),
    ...mergeInput(readings),
  };
}

function mergeInput(readings: readonly Reading[]) {
  const times = readings.map(({ lastInputAt }) => lastInputAt).filter((at) => typeof at === 'number');
  const [soonest] = readings
    .filter(({ inputSource }) => typeof inputSource === 'string')
    .toSorted((a, b) => (a.inputPollMs ?? 0) - (b.inputPollMs ?? 0));
  return {
    lastInputAt: times.length === 0 ? null : Math.max(...times),
    inputSource: soonest?.inputSource ?? null,
    inputPollMs: soonest?.inputPollMs ?? 0,
  };
}

/** The signals that differ. */
export function differences(a: Signals, b: Signals): (keyof Signals)[] {
  const names = Object.keys(noSignals) as (keyof Signals)[];
  return names.filter((name) => {
    const [one, other] = [a[name], b[name]];
    if (Array.isArray(one) && Array.isArray(other)) {
      return one.length !== other.length || one.some((item, index) => item !== other[index]);
    }
    return one !== other;
  });
}
