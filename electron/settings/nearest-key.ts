import { GleanerError } from '../contract/failures.ts';
import { settingKeys } from '../contract/settings.ts';

/** `setting-unknown`, with the key that may have been meant. Pure. */
export function unknownSetting(asked: string): GleanerError {
  const near = nearestKey(asked);
  const all = 'All of them: "gleaner settings list".';
  return new GleanerError(
    'setting-unknown',
    `There is no setting "${asked.slice(0, 64)}".`,
    near === undefined ? all : `Did you mean "${near}"? ${all}`,
  );
}

/** Undefined when none is near. */
function nearestKey(asked: string): string | undefined {
  const wanted = asked.toLowerCase().slice(0, 64);
  const [best] = settingKeys
    .map((key) => ({ key, distance: distance(wanted, key.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const lastPart = settingKeys.find((key) => key.toLowerCase().endsWith(`.${wanted}`));
  if (best !== undefined && best.distance <= Math.max(2, Math.floor(best.key.length / 3))) return best.key;
  return lastPart;
}

/** Levenshtein's: how many letters to add, drop or change. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 0; i < a.length; i += 1) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j += 1) {
      const change = (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1);
      next.push(Math.min(change, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
