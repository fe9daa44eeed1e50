/**
 * Amounts as people write them. Null stands for what is no such amount, and for what could be two different ones. All
 * pure.
 */

const figure = String.raw`\d{1,15}(?:\.\d{1,9})?`;
const percentForm = new RegExp(`^(${figure})\\s*%$`);
const partsForm = new RegExp(`^(?:${figure}\\s*[a-z]+\\s*)+$`, 'i');
const oneForm = new RegExp(`^(${figure})\\s*([a-z]+)$`, 'i');

/** `60%`, `12.5 %`, as a fraction: 0.6, 0.125. */
export function parsePercent(text: string): number | null {
  const [, value] = percentForm.exec(text.trim()) ?? [];
  return value === undefined ? null : Number(value) / 100;
}

const namesOfSeconds: readonly (readonly [seconds: number, names: readonly string[]])[] = [
  [86_400, ['d', 'day', 'days']],
  [3600, ['h', 'hr', 'hrs', 'hour', 'hours']],
  [60, ['m', 'min', 'mins', 'minute', 'minutes']],
  [1, ['s', 'sec', 'secs', 'second', 'seconds']],
];

function secondsOf(name: string): number | undefined {
  // "M" is more often a month than a minute.
  if (name === 'M') return undefined;
  const wanted = name.toLowerCase();
  return namesOfSeconds.find(([, names]) => names.includes(wanted))?.[0];
}

/** `90s`, `3 min`, `2h`, `1 d`, `3 h 5 min`, in seconds to the millisecond; the larger unit comes first. */
export function parseDuration(text: string): number | null {
  const trimmed = text.trim();
  if (!partsForm.test(trimmed)) return null;
  let total = 0;
  let before = Number.POSITIVE_INFINITY;
  for (const [, value, name = ''] of trimmed.matchAll(new RegExp(`(${figure})\\s*([a-z]+)`, 'gi'))) {
    const unit = secondsOf(name);
    if (unit === undefined || unit >= before) return null;
    before = unit;
    total += Number(value) * unit;
  }
  return Math.round(total * 1000) / 1000;
}

const sizeUnits = new Map<string, number>([
  ['B', 1],
  ['bytes', 1],
  ['kB', 1000],
]);
for (const [at, prefix] of ['K', 'M', 'G', 'T'].entries()) {
  for (const name of [`${prefix}iB`, `${prefix}ib`.toLowerCase()]) sizeUnits.set(name, 1024 ** (at + 1));
  for (const name of [`${prefix}B`, `${prefix}b`.toLowerCase()]) sizeUnits.set(name, 1000 ** (at + 1));
}

/** `20 GiB`, `500MB`, in whole bytes. "20 G" could be 1000³ or 1024³, "20 Gb" could be bits: neither is a size. */
export function parseSize(text: string): number | null {
  const [, value, name = ''] = oneForm.exec(text.trim()) ?? [];
  const unit = sizeUnits.get(name);
  return unit === undefined ? null : Math.round(Number(value) * unit);
}

/** A number before one of these units. */
export function parseMeasure(text: string, units: readonly string[]): number | null {
  const trimmed = text.trim();
  const unit = units.find((name) => trimmed.toLowerCase().endsWith(name.toLowerCase()));
  if (unit === undefined) return null;
  const value = trimmed.slice(0, -unit.length).trim();
  return new RegExp(`^${figure}$`).test(value) ? Number(value) : null;
}
