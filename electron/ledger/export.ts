import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AttemptBody, LedgerEntry } from '../contract/index.ts';

const encoder = new TextEncoder();
export type Cell = string | number | null;

/** A cell that only entries about attempts fill. */
function attempt(cell: (body: AttemptBody) => Cell): (entry: LedgerEntry) => Cell {
  return ({ body }) => (body.kind === 'attempt' ? cell(body) : null);
}

const columns: readonly (readonly [name: string, cell: (entry: LedgerEntry) => Cell])[] = [
  ['seq', (entry) => entry.seq],
  ['booked at', (entry) => isoTime(entry.bookedAt)],
  ['kind', ({ body }) => body.kind],
  ['grid', ({ body }) => body.grid],
  ['job', ({ body }) => body.job],
  ['attempt', ({ body }) => body.attempt],
  ['title', ({ personal }) => personal?.title ?? null],
  ['owner', ({ personal }) => personal?.owner ?? null],
  ['outcome', attempt(({ outcome }) => outcome)],
  ['failure', attempt(({ failure }) => failure)],
  ['started at', ({ body }) => isoTime(body.startedAt)],
  ['ended at', ({ body }) => isoTime(body.endedAt)],
  ['wall seconds', attempt(({ wallSeconds }) => wallSeconds)],
  ['frozen seconds', attempt(({ frozenSeconds }) => frozenSeconds)],
  ['cpu seconds', attempt(({ cpuSeconds }) => cpuSeconds)],
  ['memory peak bytes', attempt(({ memoryPeakBytes }) => memoryPeakBytes)],
  ['energy Wh', attempt(({ energy }) => energy?.wattHours ?? null)],
  ['energy model', attempt(({ energy }) => energy?.model ?? null)],
  ['credit', ({ body }) => body.credit?.amount ?? null],
  ['unit', ({ body }) => body.credit?.unit ?? null],
  ['credit status', ({ body }) => body.credit?.status ?? null],
  ['accelerator', attempt(({ accelerator }) => accelerator)],
  ['appliance', attempt(({ appliance }) => appliance)],
  ['document digest', attempt(({ documentDigest }) => documentDigest)],
  ['input digest', attempt(({ inputDigest }) => inputDigest)],
  ['result digest', attempt(({ resultDigest }) => resultDigest)],
  [
    'hosts',
    ({ body }) => body.hosts.map(({ host, sent, received }) => `${host} ${sent}/${received}`).join('; '),
  ],
  ['previous', (entry) => entry.previous],
  ['hash', (entry) => entry.hash],
];

/** RFC 4180 with a header line; one chunk per page. */
export async function* csvOf(pages: Iterable<readonly LedgerEntry[]>): AsyncGenerator<Uint8Array> {
  yield encoder.encode(csvLine(columns.map(([name]) => name)));
  for (const page of pages) {
    yield encoder.encode(page.map((entry) => csvLine(columns.map(([, cell]) => cell(entry)))).join(''));
    await nextTurn();
  }
}

/** One JSON document of this format; one chunk per page. */
export async function* jsonOf(
  format: string,
  pages: Iterable<readonly LedgerEntry[]>,
): AsyncGenerator<Uint8Array> {
  yield encoder.encode(`{"format":"${format}","version":1,"entries":[`);
  let separator = '\n';
  for (const page of pages) {
    yield encoder.encode(separator + page.map((entry) => JSON.stringify(entry)).join(',\n'));
    separator = ',\n';
    await nextTurn();
  }
  yield encoder.encode('\n]}\n');
}

/** One line of RFC 4180, its end included. Pure. */
export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

/**
 * One cell. Text that a spreadsheet would run as a formula gets a leading apostrophe (OWASP "CSV Injection");
 * numbers are ours and stay numbers. Pure.
 */
export function csvCell(value: Cell): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
