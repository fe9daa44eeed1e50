/**
 * Words for a terminal, all pure. Text from jobs and guests is hostile: nothing reaches the terminal that
 * could steer it (control characters) or reorder what stands there (bidirectional overrides).
 */
const steering = '\\u0000-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069';
const anySteering = new RegExp(`[${steering}]`, 'gu');
const steeringButLines = new RegExp(`(?![\\n\\t])[${steering}]`, 'gu');

/** Hostile text on one line: line breaks and tabs become spaces, the rest is dropped. */
export function cleanLine(text: string): string {
  return text.replace(/[\n\t]/g, ' ').replace(anySteering, '');
}

/** Hostile text that may have lines. */
export function cleanLines(text: string): string {
  return text.replace(steeringButLines, '');
}

/** JSON of the same value that is safe on a terminal too: what could steer it is escaped. */
export function toJson(value: unknown): string {
  return JSON.stringify(value).replace(
    anySteering,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** `45 s`, `12 min`, `3 h 5 min`, `2 d 4 h`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.round(seconds);
  if (seconds < 10) return `${Math.round(seconds * 10) / 10} s`;
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return withRest(hours, 'h', minutes % 60, 'min');
  return withRest(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

function withRest(whole: number, unit: string, rest: number, restUnit: string): string {
  return rest === 0 ? `${whole} ${unit}` : `${whole} ${unit} ${rest} ${restUnit}`;
}

/** How long ago, or how far ahead: `now`, `5 min ago`, `in 25 min`. Epoch ms. */
export function formatWhen(at: number, now: number): string {
  const seconds = Math.round((now - at) / 1000);
  if (Math.abs(seconds) < 1) return 'now';
  const words = formatSeconds(Math.abs(seconds));
  return seconds > 0 ? `${words} ago` : `in ${words}`;
}

/** Binary units, as sizes are declared: `12 KiB`, `1.5 GiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value < 10 ? Math.round(value * 10) / 10 : Math.round(value)} ${units[unit] ?? ''}`;
}

export function formatPercent(fraction: number): string {
  return `${Math.round(fraction * 100)} %`;
}

export function formatAmount(amount: number, unit: string): string {
  return `${Math.round(amount * 1000) / 1000} ${cleanLine(unit)}`;
}

/** `1 job`, `3 jobs`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** A bar of `width` cells for a fraction of 0…1. */
export function progressBar(fraction: number, width = 24): string {
  const filled = Math.round(Math.min(1, Math.max(0, fraction)) * width);
  return `${'█'.repeat(filled)}${'░'.repeat(width - filled)}`;
}

const segmenter = new Intl.Segmenter();

/** What a reader sees as characters. */
function charactersOf(text: string): readonly string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** At most `length` characters. */
export function shorten(text: string, length: number): string {
  const characters = charactersOf(text);
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`;
}

/**
 * Rows under a header, each column as wide as its widest cell. Cells are cleaned here; `paint` colours a
 * row's finished line.
 */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  paintHeader: (line: string) => string = (line) => line,
): string {
  const cells = [header, ...rows].map((row) => row.map(cleanLine));
  const widths = header.map((_, column) =>
    Math.max(...cells.map((row) => charactersOf(row[column] ?? '').length)),
  );
  const lines = cells.map((row) =>
    row
      .map(
        (cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - charactersOf(cell).length)),
      )
      .join('  ')
      .trimEnd(),
  );
  const [first = '', ...rest] = lines;
  return [paintHeader(first), ...rest].join('\n');
}

/** Names and values, the values aligned; rows without a value are left out. Values are cleaned here. */
export function pairs(rows: readonly (readonly [string, string | null])[], indent = ''): string {
  const shown = rows.filter((row): row is readonly [string, string] => row[1] !== null);
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${indent}${name.padEnd(width)}  ${cleanLine(value)}`).join('\n');
}
