import type { Allowance } from '../contract/policy.ts';
import { noSignals, type Signals } from '../contract/signals.ts';
import type { Moment, Policy } from './causes.ts';
import { decide, noHistory } from './decide.ts';

/** Longer than any rule waits for input, in ms. */
const longAgo = 400 * 86_400_000;

/** What the computer is at. `isUsed`: the person gives input all the time; else there was none for long. */
const situations = {
  'in use': { isUsed: true },
  idle: { isUsed: false },
  'screen locked': { isUsed: false, screenLocked: true },
  'in a call': { isUsed: true, call: true },
  'idle, on battery at 80 %': { isUsed: false, onBattery: true, charge: 0.8 },
  'idle, on a metered network': { isUsed: false, meteredNetwork: true },
  'idle, other programs busy': { isUsed: false, otherLoad: 1 },
} as const satisfies Readonly<Record<string, Partial<Signals> & { readonly isUsed: boolean }>>;

export type Situation = keyof typeof situations;

/**
 * What the rules would allow in each of the usual situations, once it has lasted, within the hours of the schedule. Pure.
 * @param now epoch ms
 */
export function situationsOf(
  asked: Policy,
  now: number,
): readonly { readonly situation: Situation; readonly allowance: Allowance }[] {
  const { effective } = asked;
  const policy = {
    ...asked,
    effective: { ...effective, values: { ...effective.values, 'schedule.windows': [] } },
  };
  return (Object.keys(situations) as Situation[]).map((situation) => {
    const { isUsed, ...told } = situations[situation];
    const at = (monotonic: number): Moment => {
      const signals = { ...noSignals, ...told, lastInputAt: isUsed ? monotonic : 0 };
      return { now, monotonic, pause: null, signals };
    };
    // A load counts only after its grace.
    const { history } = decide(at(longAgo), policy, noHistory);
    const grace = effective.values['pauseOn.loadSeconds'] * 1000;
    return { situation, allowance: decide(at(longAgo + grace), policy, history).allowance };
  });
}
