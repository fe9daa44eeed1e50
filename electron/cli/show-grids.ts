import type {
  GridDetail,
  GridView,
  ListedProject,
  ManagerView,
  ProjectOffer,
  TaskView,
} from '../contract/grids.ts';
import { showContacts } from './show-contacts.ts';
import { poolParts, poolRows } from './show-joined-pool.ts';
import { showDenials, showHosts } from './show-network.ts';
import type { Look } from './show-status.ts';
import {
  cleanLine,
  cleanLines,
  count,
  formatBytes,
  formatPercent,
  formatSeconds,
  formatWhen,
  pairs,
  shorten,
  table,
} from './text.ts';

const nameLength = 32;
/** The latest stand last, where a terminal's reader looks first. */
const mostMessages = 30;

/** Credit as a person reads it: at most two decimals. */
const figure = (value: number | null | undefined): string =>
  value === null || value === undefined ? '?' : String(Math.round(value * 100) / 100);

function showState({ state, noNewWork }: GridView): string {
  return noNewWork ? `${state}, no new work` : state;
}

export function showGrids(grids: readonly GridView[], { style }: Look): string {
  const rows = grids.map((grid) => [
    grid.id,
    showState(grid),
    shorten(cleanLine(grid.name), nameLength),
    `${grid.running} running, ${grid.queued} queued, ${grid.done} done`,
    grid.kind === 'boinc' ? figure(grid.credit?.hostTotal) : '',
    String(grid.share),
    shorten(cleanLine(grid.managedBy ?? ''), nameLength),
  ]);
  const shown = table(['ID', 'STATE', 'NAME', 'TASKS', 'CREDIT', 'SHARE', 'DECIDED BY'], rows, style.bold);
  if (grids.some(({ kind }) => kind !== 'local')) return shown;
  return `${shown}\n\nNo project is joined. See "gleaner grids known", "gleaner grids join boinc:URL" and "gleaner grids join condor:FILE".`;
}

/** One grid: what it does, its tasks, what it may contact and what it did. */
export function showGrid(detail: GridDetail, look: Look): string {
  const { grid, tasks, transfers, messages, contacts, contacted, denials, pool } = detail;
  const { style, now } = look;
  const parts = [
    `${style.bold(cleanLine(grid.name))}: ${cleanLine(grid.sentence)}`,
    pairs([...gridRows(detail, look), ...(pool === null ? [] : poolRows({ ...detail, pool }, look))], '  '),
  ];
  if (pool !== null) parts.push(...poolParts(pool, look));
  if (tasks.length > 0) parts.push('', style.bold('Tasks'), showTasks(tasks, look));
  if (transfers.length > 0) {
    parts.push('', style.bold('Transfers'));
    for (const { direction, file, bytes, totalBytes, words } of transfers) {
      const why = words === null ? '' : `: ${cleanLine(words)}`;
      parts.push(
        `  ${direction} ${cleanLine(file)}, ${formatBytes(bytes)} of ${formatBytes(totalBytes)}${why}`,
      );
    }
  }
  if (contacts.length > 0) parts.push('', style.bold('May contact'), showContacts(contacts, pool !== null));
  if (contacted.length > 0) parts.push('', style.bold('Contacted'), showHosts(contacted, look));
  if (denials.length > 0) parts.push('', style.bold('Was refused'), showDenials(denials, look));
  if (messages.length > 0) parts.push('', style.bold('Messages'));
  const latest = [...messages].sort((one, other) => one.at - other.at).slice(-mostMessages);
  for (const { at, title, text, priority } of latest) {
    const words = title === '' ? cleanLine(text) : `${style.bold(cleanLine(title))} ${cleanLine(text)}`;
    const loud = priority === 'error' || priority === 'alert';
    parts.push(`  ${style.dim(formatWhen(at, now))}  ${loud ? style.bad(words) : words}`);
  }
  return parts.join('\n');
}

function gridRows(detail: GridDetail, { now }: Look): (readonly [string, string | null])[] {
  const { grid, seenAt, hostId, userName, weakKey, diskBytes, diskLimitBytes } = detail;
  const { credit, failure } = grid;
  const used = formatBytes(diskBytes ?? 0);
  return [
    ['state', showState(grid)],
    ['address', grid.kind === 'condor' ? null : grid.url],
    ['account', userName],
    ['host', hostId],
    ['decided by', grid.managedBy],
    ['share', String(grid.share)],
    [
      'credit',
      credit &&
        `${figure(credit.hostTotal)} here (recently ${figure(credit.hostRecent)}), ${figure(credit.userTotal)} of the account`,
    ],
    [
      'tasks',
      grid.kind === 'condor' ? null : `${grid.done} done, ${grid.failed} failed, ${grid.aborted} aborted`,
    ],
    [
      'disk',
      diskLimitBytes === null ? diskBytes && used : `${used} of at most ${formatBytes(diskLimitBytes)}`,
    ],
    ['key', weakKey === null ? null : weakKey ? 'weak: it can only compute' : "the account's own"],
    ['seen', seenAt === null ? null : formatWhen(seenAt, now)],
    ['failed', failure && `${failure.code}: ${failure.sentence}`],
    ['hint', failure?.hint ?? null],
  ].map(([name, value]) => [String(name), value === null || value === undefined ? null : String(value)]);
}

function showTasks(tasks: readonly TaskView[], { style, now }: Look): string {
  const rows = tasks.map((task) => [
    shorten(cleanLine(task.name), 40),
    task.state,
    formatPercent(task.progress),
    formatSeconds(task.cpuSeconds),
    task.deadline === null ? '' : formatWhen(task.deadline, now),
    task.sinceCheckpointSeconds === null ? '' : formatSeconds(task.sinceCheckpointSeconds),
    shorten(cleanLine(task.words ?? task.application), 40),
  ]);
  return table(['TASK', 'STATE', 'DONE', 'CPU', 'DUE', 'SINCE CHECKPOINT', 'ABOUT'], rows, style.dim);
}

export function showKnown(known: readonly ListedProject[], { style }: Look): string {
  const rows = known.map(({ name, area, url, asOf, verified, permitted, about }) => [
    permitted ? name : `${name} (not permitted here)`,
    area,
    url,
    verified ? asOf : `${asOf}, not verified`,
    about,
  ]);
  return table(['NAME', 'AREA', 'ADDRESS', 'AS OF', 'ABOUT'], rows, style.bold);
}

/** What joining would mean. */
export function showOffer(offer: ProjectOffer, { style }: Look): string {
  const { known, kind, platforms, runsHere } = offer;
  const isManager = kind === 'manager';
  const rows: (readonly [string, string | null])[] = [
    ['address', offer.url],
    ['kind', isManager ? 'account manager: it chooses projects' : 'project'],
    ['about', known && `${known.about} (as of ${known.asOf}${known.verified ? '' : ', not verified'})`],
    ['disk', isManager ? null : `at most ${formatBytes(offer.diskBytes)}`],
    ['memory', isManager ? null : formatBytes(offer.memoryBytes)],
    ['runs on', platforms.length === 0 ? null : shorten(cleanLine(platforms.join(', ')), 200)],
    [
      'fits',
      isManager
        ? null
        : runsHere === null
          ? 'it does not tell'
          : runsHere
            ? 'yes'
            : "no: it has nothing for Gleaner's VM",
    ],
    ['accounts', offer.canCreateAccount ? 'can be made from here' : null],
  ];
  const parts = [
    style.bold(cleanLine(offer.name)),
    pairs(rows, '  '),
    '',
    style.bold(isManager ? 'Gleaner contacts' : 'Its tasks may contact, and nothing else'),
    showContacts(offer.contacts),
  ];
  if (offer.terms !== null) {
    parts.push('', style.bold('Its terms'), cleanLines(offer.terms).trimEnd());
  }
  return parts.join('\n');
}

export function showManager(manager: ManagerView, { style, now }: Look): string {
  const { failure, refused, syncedAt, nextAt } = manager;
  const rows: (readonly [string, string | null])[] = [
    ['address', manager.url],
    ['name', manager.userName],
    ['asked', syncedAt === null ? 'never yet' : formatWhen(syncedAt, now)],
    ['next', nextAt === null ? null : formatWhen(nextAt, now)],
    ['failed', failure && `${failure.code}: ${failure.sentence}`],
    ['hint', failure?.hint ?? null],
  ];
  const parts = [style.bold(cleanLine(manager.name)), pairs(rows, '  ')];
  if (refused.length > 0) {
    parts.push('', style.bold(`Named by it and not joined: ${count(refused.length, 'project')}`));
    parts.push(...refused.map(({ url, sentence }) => `  ${cleanLine(url)}: ${cleanLine(sentence)}`));
  }
  return parts.join('\n');
}
