import type { PoolTariff } from './pool.ts';

/** What an execution is charged by. Times are epoch ms. */
export interface Charged {
  readonly startedAt: number;
  readonly endedAt: number;
  /** Of the time between, how long its host stood frozen. */
  readonly frozenSeconds: number;
  readonly cores: number;
  readonly memoryBytes: number;
  /** Its accounting group; null: none. */
  readonly group: string | null;
  /** Epoch ms at which its results are worth less; null: never. */
  readonly deadline: number | null;
}

const GiB = 1024 ** 3;
/** Amounts are counted in millionths, so that sums of parts equal sums of wholes. */
export const chargeScale = 1_000_000;

/** For how many seconds it is charged: never below 0, and never more than it lasted. Pure. */
export function chargedSeconds({ startedAt, endedAt, frozenSeconds }: Charged): number {
  const seconds = Math.max(0, (endedAt - startedAt) / 1000);
  return Math.max(0, seconds - Math.max(0, frozenSeconds));
}

/** Whether it ended after its deadline. Pure. */
export function isLate({ endedAt, deadline }: Charged): boolean {
  return deadline !== null && endedAt > deadline;
}

/** What an execution earns by a tariff, in millionths of its unit, a whole number. Pure. */
export function chargeOf(execution: Charged, tariff: PoolTariff): number {
  const { cores, memoryBytes, group } = execution;
  const perHour = cores * tariff.perCoreHour + (memoryBytes / GiB) * tariff.perGibHour;
  const paid = isLate(execution) ? 1 - tariff.latePenalty : 1;
  const amount = (chargedSeconds(execution) / 3600) * perHour * priorityOf(group, tariff) * paid;
  return Math.round(amount * chargeScale);
}

/** The factor of the longest name that the group is, or lies below. Pure. */
function priorityOf(group: string | null, { priority }: PoolTariff): number {
  if (group === null) return 1;
  const names = priority.filter(({ group: name }) => group === name || group.startsWith(`${name}.`));
  return names.sort((a, b) => b.group.length - a.group.length)[0]?.factor ?? 1;
}
