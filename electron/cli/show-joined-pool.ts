import type { GridDetail } from '../contract/grids.ts';
import type { PoolPolicy, PoolTariff } from '../contract/pool.ts';
import type { ExecutionView, PoolDetail, PoolOffer } from '../contract/pool-views.ts';
import { showContacts } from './show-contacts.ts';
import type { Look } from './show-status.ts';
import {
  cleanLine,
  count,
  formatAmount,
  formatBytes,
  formatPercent,
  formatSeconds,
  formatWhen,
  pairs,
  shorten,
  table,
} from './text.ts';

type Rows = readonly (readonly [string, string | null])[];

/** What joining would mean. */
export function showPoolOffer(offer: PoolOffer, { style }: Look): string {
  const rows: Rows = [
    ...membershipRows({ ...offer, domain: offer.pool }),
    ['documents', offer.catalogUrl],
    ['disk', `at most ${formatBytes(offer.diskBytes)}`],
    ['memory', formatBytes(offer.memoryBytes)],
    ['vCPUs', String(offer.vcpus)],
    ['policy', policyWords(offer.policy)],
    ['pays', tariffWords(offer.tariff)],
    [
      'sees',
      'its name there, tags, whether it is in use, and what it may use and has done; see "gleaner grids show"',
    ],
  ];
  return [
    style.bold(cleanLine(offer.name)),
    pairs(rows, '  '),
    '',
    style.bold('Its virtual machine may contact, and nothing else'),
    showContacts(offer.contacts, true),
  ].join('\n');
}

/** What `grids show` tells of a pool beside what every grid has, one value a line. */
export function poolRows({ pool, grid }: GridDetail & { readonly pool: PoolDetail }, { now }: Look): Rows {
  const { connected, policyVersion, policyAt, documents, lost } = pool;
  return [
    ...membershipRows(pool),
    ['documents', grid.url],
    ['connected', connected === null ? null : connected ? 'yes' : 'not yet'],
    ['policy', policyWords(pool.policy)],
    [
      'taken',
      policyVersion === null || policyAt === null
        ? null
        : `version ${policyVersion}, ${formatWhen(policyAt, now)}`,
    ],
    ['refused', documents && `${documents.code}: ${documents.sentence}`],
    ['pays', tariffWords(pool.tariff)],
    ['jobs', `${grid.done} done, ${grid.failed} failed, ${grid.aborted} handed back or lost`],
    ['run again', lost === 0 ? null : `${count(lost, 'job')}, because of this computer`],
  ];
}

/** The same as tables, each behind its title: jobs, statements, and what the pool sees. */
export function poolParts(pool: PoolDetail, look: Look): string[] {
  const { style } = look;
  const running = pool.executions.filter(({ state }) => state === 'running');
  const over = pool.executions.filter(({ state }) => state !== 'running');
  const parts: string[] = [];
  if (running.length > 0) parts.push('', style.bold('Jobs on this computer'), showExecutions(running, look));
  if (over.length > 0) parts.push('', style.bold('Lately'), showExecutions(over, look));
  if (pool.statements.length > 0) parts.push('', style.bold('Statements'), showStatements(pool, look));
  if (pool.published.length > 0) {
    parts.push('', style.bold('What the pool sees of this computer'));
    parts.push(
      pairs(
        pool.published.map(({ name, value }) => [cleanLine(name), value] as const),
        '  ',
      ),
    );
  }
  return parts;
}

function showStatements({ statements }: PoolDetail, { style, now }: Look): string {
  const rows = statements.map(({ period, executions, pending, amount, unit, bookedAt }) => [
    period,
    String(executions),
    formatAmount(pending, unit),
    formatAmount(amount, unit),
    formatAmount(Math.round((amount - pending) * 1e6) / 1e6, unit),
    formatWhen(bookedAt, now),
  ]);
  return table(['PERIOD', 'RUNS', 'WAS PENDING', 'CREDITED', 'DIFFERENCE', 'BOOKED'], rows, style.dim);
}

function membershipRows({
  domain,
  host,
  department,
  tags,
}: Pick<PoolDetail, 'domain' | 'host' | 'department' | 'tags'>): Rows {
  return [
    ['pool', domain],
    ['here', `${host}.${domain}`],
    ['department', department],
    ['tags', tags.length === 0 ? null : tags.join(', ')],
  ];
}

function policyWords(policy: PoolPolicy | null): string {
  if (policy === null) return 'not here yet; nothing runs before it is';
  const { run, share, vcpus, memoryBytes, leaseSeconds, vacateSeconds } = policy;
  return [
    ...(run ? [] : ['all its computers rest']),
    ...(share < 1 ? [`at most ${formatPercent(share)} of the VM's CPU time`] : []),
    ...(vcpus === null ? [] : [`at most ${count(vcpus, 'vCPU')}`]),
    ...(memoryBytes === null ? [] : [`at most ${formatBytes(memoryBytes)} of memory`]),
    `${formatSeconds(vacateSeconds)} for a job that has to go`,
    `jobs lost after ${formatSeconds(leaseSeconds)} of silence`,
  ].join(', ');
}

function tariffWords(tariff: PoolTariff | null): string {
  if (tariff === null) return 'it has told no tariff';
  const { unit, perCoreHour, perGibHour, priority, latePenalty, version } = tariff;
  return [
    `${perCoreHour} ${unit} for a core and hour`,
    `${perGibHour} ${unit} for a GiB and hour`,
    ...priority.map(({ group, factor }) => `${group} times ${factor}`),
    ...(latePenalty === 0 ? [] : [`${formatPercent(latePenalty)} less when late`]),
    `tariff ${version}`,
  ].join(', ');
}

function showExecutions(executions: readonly ExecutionView[], { style, now }: Look): string {
  const rows = executions.map((execution) => [
    cleanLine(execution.name),
    shorten(cleanLine(execution.program), 28),
    shorten(cleanLine(execution.owner), 32),
    execution.progress === null ? execution.state : `${execution.state} ${formatPercent(execution.progress)}`,
    String(execution.cores),
    formatBytes(execution.memoryBytes),
    formatWhen(execution.endedAt ?? execution.startedAt, now),
    formatSeconds(execution.cpuSeconds),
    execution.frozenSeconds === 0 ? '' : formatSeconds(execution.frozenSeconds),
    `${formatBytes(execution.bytesReceived)} in, ${formatBytes(execution.bytesSent)} out`,
    execution.earned === null ? '' : showEarned(execution.earned),
    shorten(cleanLine(execution.words ?? ''), 60),
  ]);
  const columns = [
    'JOB',
    'PROGRAM',
    'OWNER',
    'STATE',
    'CORES',
    'MEMORY',
    'WHEN',
    'CPU',
    'FROZEN',
    'FILES',
    'EARNED',
    '',
  ];
  return table(columns, rows, style.dim);
}

function showEarned({ amount, unit, settled }: NonNullable<ExecutionView['earned']>): string {
  return `${formatAmount(amount, unit)} ${settled ? 'settled' : 'pending'}`;
}
