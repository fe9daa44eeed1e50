import type { ActivityFilter } from '../contract/index.ts';
import type { SqlRow, SqlValue } from './database.ts';

/** A filter as SQL over `ledger_facts`. */
export interface Search {
  /** Conditions behind a WHERE, never empty. */
  readonly where: string;
  readonly params: readonly SqlValue[];
  /**
   * What SQLite cannot tell for sure, asked of a row with `title`, `owner`, `job` and `hosts`: it knows upper and
   * lower case of ASCII only. Undefined when its answer holds.
   */
  readonly sure: ((row: SqlRow) => boolean) | undefined;
}

/** Pure. */
export function searchOf({ grid, kind, outcome, from, to, text }: ActivityFilter): Search {
  const conditions: [string, SqlValue | undefined][] = [
    ['grid = ?', grid],
    ['kind = ?', kind],
    ['outcome = ?', outcome],
    ['booked_at >= ?', from],
    ['booked_at < ?', to],
  ];
  const used = conditions.flatMap(([sql, value]) => (value === undefined ? [] : [{ sql, values: [value] }]));
  const words = text === undefined ? undefined : wordsOf(text);
  const all = [...used, ...(words ? [words] : [])];
  return {
    where: all.length === 0 ? 'TRUE' : all.map(({ sql }) => sql).join(' AND '),
    params: all.flatMap(({ values }) => values),
    sure: words?.sure,
  };
}

function wordsOf(text: string): {
  readonly sql: string;
  readonly values: readonly SqlValue[];
  readonly sure: Search['sure'];
} {
  const pattern = `%${likePattern(text)}%`;
  const sql = `(title LIKE ? ESCAPE '\\' OR owner LIKE ? ESCAPE '\\' OR job LIKE ? ESCAPE '\\'
    OR (hosts <> '[]' AND EXISTS
      (SELECT 1 FROM json_each(hosts) WHERE json_extract(value, '$.host') LIKE ? ESCAPE '\\')))`;
  const lower = text.toLowerCase();
  const sure = (row: SqlRow): boolean =>
    [row['title'], row['owner'], row['job'], row['hosts']].some(
      (value) => typeof value === 'string' && value.toLowerCase().includes(lower),
    );
  return { sql, values: [pattern, pattern, pattern, pattern], sure: hasOtherCase(text) ? sure : undefined };
}

/** Text as a pattern of LIKE with `\` for an escape: it stands for itself, and letters with a case beyond ASCII for any letter. Pure. */
export function likePattern(text: string): string {
  return Array.from(text, (character) => {
    if (hasOtherCase(character)) return '_';
    return /[%_\\]/.test(character) ? `\\${character}` : character;
  }).join('');
}

/** Whether a letter beyond ASCII is in it that comes in upper and lower case. */
function hasOtherCase(text: string): boolean {
  return Array.from(text).some(
    (character) => character > '\u007f' && character.toLowerCase() !== character.toUpperCase(),
  );
}
