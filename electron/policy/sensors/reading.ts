import { Signals } from '../../contract/signals.ts';
import type { Reading } from './sensor.ts';

export interface Checked {
  /** What holds; a signal that lied is unknown here. */
  readonly reading: Reading;
  /** What the sensor said of these cannot be. */
  readonly lies: readonly (keyof Signals)[];
}

const schema = Signals.partial();
const names = Object.keys(Signals.shape) as (keyof Signals)[];
/** What stands for unknown where null may not: see the contract's `noSignals`. */
const unknowns: Partial<Signals> = { inputPollMs: 0, sleeping: false, shuttingDown: false };

/** `names` as a sensor leaves them that does not run. */
export function unknownReading(signals: readonly (keyof Signals)[]): Reading {
  return Object.fromEntries(signals.map((name) => [name, unknowns[name] ?? null]));
}

/** Judges a reading signal by signal; names that are no signals are passed over. Pure. */
export function checkReading(said: unknown): Checked {
  if (typeof said !== 'object' || said === null) return { reading: {}, lies: [] };
  const whole = schema.safeParse(said);
  if (whole.success) return { reading: whole.data as Reading, lies: [] };
  const entries = new Map<string, unknown>(Object.entries(said));
  const lies: (keyof Signals)[] = [];
  const parts = names.flatMap((name): Reading[] => {
    if (!entries.has(name) || entries.get(name) === undefined) return [];
    const part = schema.safeParse({ [name]: entries.get(name) });
    if (part.success) return [part.data as Reading];
    lies.push(name);
    return [unknownReading([name])];
  });
  return { reading: parts.reduce<Reading>((all, part) => ({ ...all, ...part }), {}), lies };
}
