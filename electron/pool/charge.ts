import type { PoolTariff } from '../contract/pool.ts';
import type { TariffSince } from './state.ts';

/** The tariff that counts at a time (epoch ms); the first one counts before it, too. `tariffs` in the order of time. */
export function tariffAt(tariffs: readonly TariffSince[], at: number): PoolTariff | undefined {
  return (tariffs.findLast(({ from }) => from <= at) ?? tariffs[0])?.tariff;
}
