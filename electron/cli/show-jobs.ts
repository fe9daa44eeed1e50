import type { CommandOutput, JobDetail } from '../contract/commands.ts';
import type { JobDocument } from '../contract/job.ts';
import type { LedgerEntry, LedgerVerdict } from '../contract/ledger.ts';
import type { JobView } from '../contract/snapshot.ts';
import type { Look } from './show-status.ts';
import {
  cleanLine,
  cleanLines,
  count,
  formatAmount,
  formatBytes,
  formatPercent,
  formatSeconds,
  formatWhen,
  pairs,
  progressBar,
  shorten,
  table,
} from './text.ts';

const titleLength = 48;

/** What came of a job, or how far it is, in a few words. */
function showOutcome(job: JobView): string {
  if (job.failure) return job.failure.code;
  if (job.earned) return formatAmount(job.earned.amount, job.earned.unit);
  if (job.state === 'running' && job.progress !== null) return formatPercent(job.progress);
  return '';
}

export function showJobs(jobs: readonly JobView[], { style, now }: Look): string {
  if (jobs.length === 0)
    return 'There are no jobs. Add one with "gleaner jobs add", or "gleaner jobs sample".';
  const rows = jobs.map((job) => [
    job.id,
    job.state,
    showOutcome(job),
    shorten(cleanLine(job.title), titleLength),
    formatSeconds(job.cpuSeconds),
    formatWhen(job.endedAt ?? job.startedAt ?? job.addedAt, now),
  ]);
  return table(['ID', 'STATE', 'OUTCOME', 'TITLE', 'CPU', 'WHEN'], rows, style.bold);
}

/** What a job may use, before it is queued and whenever somebody asks. */
export function showDocument(document: JobDocument, { style }: Pick<Look, 'style'>): string {
  const { resources, limits, network, checkpoint, deadline, price } = document;
  const rows: (readonly [string, string | null])[] = [
    ['owner', document.owner],
    ['command', shorten(document.command.join(' '), 100)],
    ['appliance', document.appliance],
    [
      'may use',
      [
        count(resources.vcpus, 'vCPU'),
        `${formatBytes(resources.memory)} memory`,
        `${formatBytes(resources.disk)} disk`,
        network === 'none' ? 'no network' : `network: ${network.join(', ')}`,
      ].join(', '),
    ],
    [
      'ends after',
      `${formatSeconds(limits.wall)}, or ${formatSeconds(limits.cpu)} CPU; at most ${count(limits.processes, 'process', 'processes')}`,
    ],
    ['gives', `${formatBytes(limits.output)} results, ${formatBytes(limits.log)} of each log at most`],
    ['checkpoint', checkpoint ? `every ${formatSeconds(checkpoint.interval)}` : 'none'],
    ['deadline', deadline ?? null],
    ['price', price ? formatAmount(price.amount, price.unit) : 'none'],
  ];
  return `${style.bold(cleanLine(document.title))}\n${pairs(rows, '  ')}`;
}

/** What `jobs add` says before it queues: the document, and its input. */
export function showPackage(added: CommandOutput<'jobs.add'>, look: Look): string {
  const input = `${count(added.inputFiles, 'file')}, ${formatBytes(added.inputBytes)}`;
  return `${showDocument(added.document, look)}\n${pairs([['input', input]], '  ')}`;
}

export function showJob(detail: JobDetail, look: Look): string {
  const { job, document, entries } = detail;
  const { style, now, bars } = look;
  const progress =
    job.progress === null
      ? null
      : `${bars ? `${progressBar(job.progress)} ` : ''}${formatPercent(job.progress)} ${job.progressText}`.trim();
  const rows: (readonly [string, string | null])[] = [
    ['state', `${job.state}${job.attempt > 1 ? `, attempt ${job.attempt}` : ''}`],
    ['progress', job.state === 'running' ? progress : null],
    ['added', formatWhen(job.addedAt, now)],
    ['started', job.startedAt === null ? null : formatWhen(job.startedAt, now)],
    ['ended', job.endedAt === null ? null : formatWhen(job.endedAt, now)],
    ['used', `${formatSeconds(job.cpuSeconds)} CPU, ${formatBytes(job.memoryPeakBytes)} memory at most`],
    ['kept', job.checkpointAt === null ? null : `a checkpoint, ${formatWhen(job.checkpointAt, now)}`],
    ['earned', job.earned ? formatAmount(job.earned.amount, job.earned.unit) : null],
    ['failed', job.failure ? `${job.failure.code}: ${job.failure.sentence}` : null],
    ['result', job.hasResult ? `gleaner jobs result ${job.id} --out DIR` : null],
  ];
  const parts = [showDocument(document, look), pairs(rows, '  ')];
  if (entries.length > 0) parts.push('', style.bold('Booked'), showEntries(entries, look));
  for (const name of ['stdout', 'stderr'] as const) {
    const text = cleanLines(detail[name]).trimEnd();
    const cut = detail.truncated.includes(name)
      ? `, of which only the first ${formatBytes(document.limits.log)} were kept`
      : '';
    if (text !== '' || cut !== '') parts.push('', `${style.bold(`Last of ${name}`)}${cut}`, text);
  }
  return parts.join('\n');
}

export function showEntries(entries: readonly LedgerEntry[], { style, now }: Look): string {
  if (entries.length === 0) return 'Nothing is booked yet.';
  const rows = entries.map((entry) => [
    String(entry.seq),
    formatWhen(entry.bookedAt, now),
    ...entryCells(entry),
  ]);
  return table(['SEQ', 'WHEN', 'JOB', 'TRY', 'OUTCOME', 'CPU', 'CREDIT', 'TITLE'], rows, style.bold);
}

/** From the job on. What is booked for a whole grid has its id for a job. */
function entryCells({ body, personal }: LedgerEntry): string[] {
  const credit = body.credit
    ? `${formatAmount(body.credit.amount, body.credit.unit)} ${body.credit.status}`
    : '';
  switch (body.kind) {
    case 'attempt':
      return [
        shorten(cleanLine(body.job), titleLength),
        String(body.attempt),
        body.failure ?? body.outcome,
        formatSeconds(body.cpuSeconds),
        credit,
        shorten(cleanLine(personal?.title ?? ''), titleLength),
      ];
    case 'credit':
      return [body.grid, '', 'credit', '', credit, `from ${rounded(body.from)} to ${rounded(body.to)}`];
    case 'network':
      return [body.grid, '', 'network', '', '', showTraffic(body)];
    case 'settlement':
      return [body.grid, '', 'statement', '', credit, showSettlement(body)];
  }
}

type SettlementBody = Extract<LedgerEntry['body'], { kind: 'settlement' }>;

/** A statement is booked as two entries: what was pending is taken back, and what the pool credits comes in its place. */
function showSettlement({ job, credit, executions }: SettlementBody): string {
  const what = credit.status === 'settled' ? 'credited by the pool' : 'no longer pending';
  return `${what} for ${count(executions, 'execution')}, ${cleanLine(job)}`;
}

const rounded = (value: number): number => Math.round(value * 1000) / 1000;

function showTraffic({ hosts, denied }: Extract<LedgerEntry['body'], { kind: 'network' }>): string {
  const sum = (of: 'sent' | 'received'): string =>
    formatBytes(hosts.reduce((total, host) => total + host[of], 0));
  const refused = denied > 0 ? `, ${denied} refused` : '';
  return `${sum('sent')} sent, ${sum('received')} received, ${count(hosts.length, 'host')}${refused}`;
}

export function showVerdict(verdict: LedgerVerdict, { style }: Look): string {
  if (!verdict.ok) {
    const { firstBad } = verdict;
    return style.bad(
      `The ledger is broken${firstBad ? ` at entry ${firstBad.seq}: ${cleanLine(firstBad.why)}` : ''}.`,
    );
  }
  const lines = [style.good(`The ledger is consistent: ${count(verdict.entries, 'entry', 'entries')}.`)];
  if (verdict.head !== null) lines.push(`Its last hash is ${cleanLine(verdict.head)}.`);
  lines.push('This shows that no entry was changed alone, not that nobody ever rewrote the whole ledger.');
  return lines.join('\n');
}
