import type { Failure } from '../contract/failures.ts';
import { toUnits } from '../contract/pool-charge.ts';
import type { FleetHost } from '../pool/fleet.ts';
import type { ReadCounts } from '../pool/history-files.ts';
import { refusalWords, type StatementMaker } from '../pool/statement.ts';
import type { Published } from '../pool/statement-publish.ts';
import { nothing, type Sum } from '../pool/sums.ts';
import type { Look } from './show-status.ts';
import { cleanLine, count, formatBytes, table } from './text.ts';

/**
 * A row, or the total. Hours are of cores and of GiB from start to end; `frozenCoreHours` and `lostCoreHours` of these are
 * not paid. Jobs whose execution was handed back or lost were run again.
 */
export interface StatementRow {
  readonly key: string;
  readonly executions: number;
  readonly late: number;
  readonly handedBack: number;
  readonly lost: number;
  readonly coreHours: number;
  readonly gibHours: number;
  readonly frozenCoreHours: number;
  readonly lostCoreHours: number;
  readonly cpuHours: number;
  readonly amount: number;
}

/** What the records come to for one host, of any time, beside what it says of itself. */
interface Difference {
  readonly host: string;
  readonly coreHours: { readonly records: number; readonly own: number };
  readonly amount: { readonly records: number; readonly own: number };
}

export interface StatementReport {
  readonly period: string;
  /** Epoch ms; `to` is not in it. */
  readonly from: number;
  readonly to: number;
  readonly by: string;
  readonly unit: string;
  readonly tariff: number | null;
  readonly rows: readonly StatementRow[];
  readonly total: StatementRow;
  readonly skipped: {
    readonly repeated: number;
    readonly contradicting: number;
    readonly outside: number;
    readonly broken: number;
    readonly refused: readonly { readonly why: string; readonly words: string; readonly count: number }[];
  };
  readonly read: { readonly files: number; readonly bytes: number; readonly oldestAt: number | null };
  readonly fleet: { readonly hosts: readonly FleetHost[]; readonly failure: Failure | null };
  readonly own: {
    readonly compared: number;
    readonly away: readonly string[];
    readonly differing: readonly Difference[];
  };
  readonly published: Published | null;
}

export interface StatementParts {
  readonly period: string;
  readonly from: number;
  readonly to: number;
  readonly files: readonly string[];
  readonly fleet: StatementReport['fleet'];
  readonly published: Published | null;
  readonly statement: StatementMaker;
  readonly counts: ReadCounts;
}

/** Core time of the records and of the host differ by less than so much of it: clocks, and executions under way. */
const differsFrom = 0.01;
const shownRows = 50;

/** The report that is printed, or answered as JSON. Pure. */
export function statementReport(parts: StatementParts, by: 'host' | 'department' | 'owner'): StatementReport {
  const { statement, counts, files, fleet, ...rest } = parts;
  const sums = { host: statement.byHost, department: statement.byDepartment, owner: statement.byOwner }[by];
  const { repeated, contradicting, outside, refused } = statement.skipped;
  return {
    ...rest,
    by,
    unit: statement.unit,
    tariff: statement.tariff,
    rows: sums.sorted().map(([key, sum]) => rowOf(key === '' ? '(none)' : key, sum)),
    total: rowOf('total', statement.total),
    skipped: {
      repeated,
      contradicting,
      outside,
      broken: counts.broken,
      refused: refusalWords(refused).map(([why, number, words]) => ({ why, count: number, words })),
    },
    read: { files: files.length, bytes: counts.bytes, oldestAt: statement.oldestAt },
    fleet: { hosts: [], failure: fleet.failure },
    own: compare(statement, fleet.hosts),
    published: rest.published,
  };
}

function compare(statement: StatementMaker, hosts: readonly FleetHost[]): StatementReport['own'] {
  const known = new Map(hosts.map((one) => [one.host, one]));
  const differing: Difference[] = [];
  let compared = 0;
  for (const { host, own } of hosts) {
    if (own === null || own.unit !== statement.unit) continue;
    compared += 1;
    const sum = statement.ever.get(host) ?? nothing;
    const records = Number(sum.coreTime) / 1000 / 3.6e6;
    const said = own.coreSeconds / 3600;
    if (Math.abs(records - said) <= Math.max(records, said) * differsFrom) continue;
    differing.push({
      host,
      coreHours: { records, own: said },
      amount: { records: toUnits(sum.amount), own: own.amount },
    });
  }
  const away = [...statement.byHost.keys()].filter((host) => !known.has(host)).sort();
  const gap = ({ coreHours }: Difference): number => Math.abs(coreHours.records - coreHours.own);
  return { compared, away, differing: differing.sort((a, b) => gap(b) - gap(a)) };
}

function rowOf(key: string, sum: Sum): StatementRow {
  const coreHours = (time: bigint): number => Number(time) / 1000 / 3.6e6;
  return {
    key,
    executions: sum.executions,
    late: sum.late,
    handedBack: sum.handedBack,
    lost: sum.lost,
    coreHours: coreHours(sum.coreTime),
    gibHours: Number(sum.memoryTime) / 1024 / 3.6e6,
    frozenCoreHours: coreHours(sum.frozenTime),
    lostCoreHours: coreHours(sum.lostTime),
    cpuHours: Number(sum.cpuMs) / 3.6e6,
    amount: toUnits(sum.amount),
  };
}

const columns = [
  'executions',
  'late',
  'handedBack',
  'lost',
  'coreHours',
  'gibHours',
  'frozenCoreHours',
  'lostCoreHours',
  'cpuHours',
  'amount',
] as const;

/** The rows as CSV (RFC 4180), with a total at the end; a cell that a spreadsheet would run gets a quote in front. */
export async function* csvOf({ by, rows, total, unit }: StatementReport): AsyncGenerator<Uint8Array> {
  const cell = (text: string): string => {
    const tame = /^[=+\-@\t]/.test(text) ? `'${text}` : text;
    return /[",\n\r]/.test(tame) ? `"${tame.replaceAll('"', '""')}"` : tame;
  };
  yield Buffer.from(`${[by, ...columns, 'unit'].join(',')}\r\n`);
  for (const row of [...rows, total]) {
    const numbers = columns.map((column) => decimal(row[column]));
    yield await Promise.resolve(Buffer.from(`${[cell(cleanLine(row.key)), ...numbers, unit].join(',')}\r\n`));
  }
}

/** Without an exponent, which spreadsheets misread. */
function decimal(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(6);
}

/** For a terminal. Names come from jobs and hosts: the table cleans them. */
export function showStatement(report: StatementReport, { style }: Look): string {
  const { rows, total, unit, by } = report;
  const cells = ({ key, executions, late, coreHours, gibHours, frozenCoreHours, amount }: StatementRow) => [
    key,
    String(executions),
    String(late),
    coreHours.toFixed(2),
    gibHours.toFixed(2),
    frozenCoreHours.toFixed(2),
    amount.toFixed(6),
  ];
  const shown = rows.slice(0, shownRows);
  const head = [by, 'executions', 'late', 'core h', 'GiB h', 'frozen core h', cleanLine(unit)];
  return [
    `Statement of ${report.period.replace('_', ' to ')} (the last day is not in it)`,
    table(head, [...shown.map(cells), cells(total)], style.bold),
    ...(rows.length > shown.length ? [`… and ${rows.length - shown.length} more: see --csv or --json.`] : []),
    `Frozen time is not paid.${total.late > 0 ? ` ${count(total.late, 'execution')} ended after the deadline.` : ''}`,
    ...againLines(total),
    ...skippedLines(report),
    ...ownLines(report),
    ...(report.published === null ? [] : [publishedLine(report.published)]),
  ].join('\n');
}

/** What had to be run again, and why. */
function againLines({ handedBack, lost, lostCoreHours }: StatementRow): string[] {
  if (handedBack === 0 && lost === 0) return [];
  return [
    `Run again: ${handedBack} handed back when the computer was needed, and ${lost} lost with a computer or its connection (${lostCoreHours.toFixed(2)} core h, not paid).`,
  ];
}

function skippedLines({ skipped, read }: StatementReport): string[] {
  const { repeated, contradicting, outside, broken, refused } = skipped;
  const parts: string[] = [
    `${outside} of other times`,
    ...(repeated > 0 ? [`${repeated} were there twice`] : []),
    ...(contradicting > 0 ? [`${contradicting} were there again with other content (the first counts)`] : []),
    ...(broken > 0 ? [`${count(broken, 'record')} broken`] : []),
    ...refused.map(
      ({ count: number, words }) => `${number} ${words.replace(/^is /, 'are ').replace(/^was /, 'were ')}`,
    ),
  ];
  return [`Read ${count(read.files, 'file')}, ${formatBytes(read.bytes)}. Not counted: ${parts.join('; ')}.`];
}

function ownLines({ fleet, own, read }: StatementReport): string[] {
  if (fleet.failure !== null)
    return [`What hosts say of themselves is not known: ${cleanLine(fleet.failure.sentence)}`];
  const since = read.oldestAt === null ? '' : ` since ${new Date(read.oldestAt).toISOString().slice(0, 10)}`;
  const lines = own.differing
    .slice(0, 10)
    .map(
      ({ host, coreHours }) =>
        `  ${host}: records ${coreHours.records.toFixed(2)} core h, its own ${coreHours.own.toFixed(2)}`,
    );
  return [
    `All records${since} beside what ${count(own.compared, 'host')} say of all their time: ${own.differing.length === 0 ? 'they agree to 1 %.' : `${count(own.differing.length, 'host')} differ by more than 1 %.`}`,
    ...lines,
    ...(own.away.length > 0
      ? [
          `Away now: ${own.away.slice(0, 10).join(', ')}${own.away.length > 10 ? ` and ${own.away.length - 10} more` : ''}.`,
        ]
      : []),
  ];
}

function publishedLine({ outcome, hosts, bins, bytes }: Published): string {
  if (outcome === 'unchanged') return 'It was published before with the same content: nothing changed.';
  const words = outcome === 'new' ? 'Signed in the catalog' : 'Replaced in the catalog';
  return `${words}: ${count(hosts, 'statement of a host', 'statements of hosts')} in ${count(bins, 'bin')}, ${formatBytes(bytes)}. Hosts see it once it is published: gleaner pool publish DIR --to FOLDER`;
}
