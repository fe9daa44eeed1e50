import type { PoolTariff } from './pool.ts';

/** What an execution is charged by, in whole numbers, so that both sides come to the same amount. */
export interface Charged {
  /** Epoch ms. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** Of the time between, how long its host stood frozen. */
  readonly frozenMs: number;
  /** Thousandths of a core. */
  readonly milliCores: number;
  /** MiB. */
  readonly memoryMib: number;
  /** The accounting group, in lower case; null: none. */
  readonly group: string | null;
  /** Epoch ms after which its results are worth less; null: never. */
  readonly deadlineAt: number | null;
}

/** Millionths of a tariff's unit: what all sums are made of, so that parts add up to the whole exactly. */
export type Micro = bigint;

export const microsPerUnit = 1_000_000n;
/** The same as a number. */
export const unitScale = 1_000_000;

/** Tariffs and factors are heeded to so many decimals. */
const nano = 1e9;
const hourMs = 3_600_000n;

export interface Charge {
  readonly amount: Micro;
  readonly late: boolean;
}

/**
 * What a tariff pays for an execution: its cores and memory for the time in which it did not stand frozen, times its group's
 * factor, less the penalty when it ended after its deadline. Never negative; more time, cores or memory never pay less.
 * Worked out in whole numbers and rounded once, to the nearest millionth. Pure.
 */
export function charge(execution: Charged, tariff: PoolTariff): Charge {
  const { startedAt, endedAt, frozenMs, milliCores, memoryMib, deadlineAt } = execution;
  const late = deadlineAt !== null && endedAt > deadlineAt;
  const paidMs = BigInt(Math.max(0, endedAt - startedAt - frozenMs));
  // Per ms: (nano/h · milli-cores · 1024 + nano/h · MiB · 1000) over 1024 · 1000 hours.
  const rate =
    whole(tariff.perCoreHour) * BigInt(milliCores) * 1024n +
    whole(tariff.perGibHour) * BigInt(memoryMib) * 1000n;
  const part = whole(factorOf(execution.group, tariff)) * whole(late ? 1 - tariff.latePenalty : 1);
  const scale = 1024n * 1000n * hourMs * 1000n * BigInt(nano) * BigInt(nano);
  return { amount: (rate * paidMs * part + scale / 2n) / scale, late };
}

/** Of the longest group that is it or lies above it; 1 for none. */
export function factorOf(group: string | null, { priority }: PoolTariff): number {
  let longest = -1;
  let factor = 1;
  for (const one of priority) {
    const name = one.group.toLowerCase();
    const isIn = group === name || group?.startsWith(`${name}.`) === true;
    if (!isIn || name.length <= longest) continue;
    longest = name.length;
    factor = one.factor;
  }
  return factor;
}

/** In the unit itself, for documents. Exact up to two thousand million units: multiplied and rounded it is the same again. */
export function toUnits(amount: Micro): number {
  return Number(amount) / Number(microsPerUnit);
}

function whole(value: number): bigint {
  return BigInt(Math.round(value * nano));
}
