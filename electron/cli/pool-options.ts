import { isIPv4 } from 'node:net';
import { InvalidArgumentError, Option } from 'commander';
import type { z } from 'zod';
import { type PoolPlace, PoolTag } from '../contract/pool.ts';
import { parseDuration, parsePercent, parseSize } from './quantity.ts';

/** HTCondor's port, where a place names none. */
const usualPort = 9618;

/** `10.1.2.3` or `10.1.2.3:9618`. */
export function poolPlace(text: string): PoolPlace {
  const [, address = '', digits] = /^([\d.]+)(?::(\d{1,5}))?$/.exec(text.trim()) ?? [];
  const port = digits === undefined ? usualPort : Number(digits);
  if (isIPv4(address) && port > 0 && port < 65_536) return { address, port };
  throw new InvalidArgumentError('It must be an IPv4 address, written like 10.1.2.3 or 10.1.2.3:9618.');
}

/** An option that may be given several times. */
export function several<T>(
  parse: (text: string) => T,
): (text: string, before: readonly T[] | undefined) => readonly T[] {
  return (text, before) => [...(before ?? []), parse(text)];
}

/** As a schema of the contract has it. */
export function by<T>(schema: z.ZodType<T>): (text: string) => T {
  return (text) => {
    const parsed = schema.safeParse(text);
    if (parsed.success) return parsed.data;
    throw new InvalidArgumentError(`${parsed.error.issues[0]?.message ?? 'It is not right'}.`);
  };
}

export const poolTag = by(PoolTag);

/** A price, in the tariff's unit. */
export function price(text: string): number {
  const value = Number(text);
  if (/^\d{1,7}(\.\d{1,9})?$/.test(text) && value <= 1e6) return value;
  throw new InvalidArgumentError('It must be a number from 0 to 1000000, written like 0.05.');
}

/** `50%`, as a fraction. */
export function percent(text: string): number {
  const value = parsePercent(text);
  if (value !== null && value <= 1) return value;
  throw new InvalidArgumentError('It must be from 0% to 100%.');
}

/** A value, or `none` for no bound. */
export function orNone<T>(parse: (text: string) => T): (text: string) => T | 'none' {
  // Commander takes null for a value that is missing.
  return (text) => (text === 'none' ? text : parse(text));
}

export function size(text: string): number {
  const value = parseSize(text);
  if (value !== null) return value;
  throw new InvalidArgumentError('It must be a size, written like 4 GiB or 512 MiB.');
}

/** In whole seconds. */
export function duration(text: string): number {
  const value = parseDuration(text);
  if (value !== null && Number.isInteger(value)) return value;
  throw new InvalidArgumentError('It must be a time in whole seconds, written like 40min or 90s.');
}

/** `GROUP=FACTOR`; a factor of `none` takes the group out. */
export function groupFactor(text: string): { group: string; factor: number | null } {
  const [, group = '', factor = ''] =
    /^([A-Za-z0-9_.-]{1,120})=(none|\d{1,3}(?:\.\d{1,6})?)$/.exec(text) ?? [];
  if (group !== '' && (factor === 'none' || Number(factor) <= 100)) {
    return { group, factor: factor === 'none' ? null : Number(factor) };
  }
  throw new InvalidArgumentError(
    'It must be a group and a factor from 0 to 100, written like group_urgent=2.',
  );
}

export const rootKeyOption = (): Option =>
  new Option('--root-key <FILE>', 'where the root key is kept, if not in the folder of keys');
