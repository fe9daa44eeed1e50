import type { GridView } from '../contract/grids.ts';
import type { Allowance } from '../contract/policy.ts';
import type { Contribution, JobView, Snapshot, VmView } from '../contract/snapshot.ts';
import type { Style } from './io.ts';
import {
  cleanLine,
  count,
  formatAmount,
  formatBytes,
  formatPercent,
  formatSeconds,
  formatWhen,
  pairs,
  progressBar,
  shorten,
} from './text.ts';

/** How to show: pure functions of what there is to show. */
export interface Look {
  readonly style: Style;
  /** Epoch ms. */
  readonly now: number;
  /** Bars are for eyes, not for pipes. */
  readonly bars: boolean;
}

const paints: Readonly<Record<Contribution['state'], keyof Style>> = {
  working: 'good',
  starting: 'good',
  yielding: 'warn',
  paused: 'warn',
  waiting: 'dim',
  attention: 'bad',
};

/** How what was turned off is turned on; null while it is not that. */
export function howToTurnOn({ reasons: [first] }: Allowance): string | null {
  if (first?.code !== 'disabled') return null;
  return first.source === 'locked'
    ? 'Whoever manages this computer can turn it on.'
    : 'Turn it on: gleaner settings set contribute yes';
}

/** The sentence of the contribution, when a pause ends, and how it is turned on. */
export function showContribution(contribution: Contribution, { style, now }: Look): string {
  const { state, pause } = contribution;
  const ends = pause?.until == null ? '' : `\nGoes on ${formatWhen(pause.until, now)}.`;
  const turnOn = howToTurnOn(contribution.allowance);
  return `${style[paints[state]](style.bold(cleanLine(contribution.sentence)))}${ends}${turnOn === null ? '' : `\n${turnOn}`}`;
}

/** `until 14:30`, with the date where it is another day's; of null: until somebody resumes. */
function untilWords(until: number | null, now: number): string {
  if (until === null) return 'until you resume';
  const [day = '', time = ''] = localMinute(until);
  return `until ${day === localMinute(now)[0] ? '' : `${day} `}${time}`;
}

/** Date and time, in this computer's time zone. */
function localMinute(at: number): string[] {
  return new Date(at).toLocaleString('sv-SE', { dateStyle: 'short', timeStyle: 'short' }).split(' ');
}

/** What was asked for with a pause, and how it is ended. */
export function showPaused(contribution: Contribution, look: Look): string {
  const { pause } = contribution;
  // It may be over by now.
  if (!pause) return showContribution(contribution, look);
  const { style, now } = look;
  return `${style.warn(style.bold(`Paused ${untilWords(pause.until, now)}.`))}\nEnd it: gleaner resume`;
}

/** Everything of a Snapshot, for a person. */
export function showStatus(snapshot: Snapshot, look: Look): string {
  const { contribution, vms, jobs } = snapshot;
  const running = jobs.filter(({ state }) => state === 'running');
  const rows: (readonly [string, string | null])[] = [
    ['Since', formatWhen(contribution.since, look.now)],
    ...vms.map((vm) => [`VM ${cleanLine(vm.name)}`, showVm(vm)] as const),
    ...running.map((job) => [`Job ${cleanLine(job.id)}`, showRunning(job, look)] as const),
    ...recordRows(snapshot),
  ];
  return [showContribution(contribution, look), '', pairs(rows), ...showTroubles(snapshot, look)].join('\n');
}

/** The same of a host that does not run: what waits for it. */
export function showStatusAtRest(snapshot: Snapshot, look: Look): string {
  const { contribution, vms, grids } = snapshot;
  const { style, now } = look;
  const { pause } = contribution;
  const waiting = grids.reduce((sum, { queued, running }) => sum + queued + running, 0);
  const rows: (readonly [string, string | null])[] = [
    ['Waits', waiting === 0 ? 'nothing' : count(waiting, 'job')],
    ['Paused', pause && untilWords(pause.until, now)],
    ...vms
      .filter(({ phase }) => phase === 'saved')
      .map((vm) => [`VM ${cleanLine(vm.name)}`, 'saved, to go on where it stood'] as const),
    ...recordRows(snapshot),
  ];
  const turnOn = howToTurnOn(contribution.allowance);
  const head = [
    style.warn(style.bold('Gleaner is not running: nothing is done before it starts.')),
    'Start it: open Gleaner on the desktop, or run "gleaner run --headless".',
    ...(turnOn === null ? [] : ['Contributing is turned off.', turnOn]),
  ];
  return [...head, '', pairs(rows), ...showTroubles(snapshot, look)].join('\n');
}

/** What each grid has and what was done, whether a host runs or not. */
function recordRows({ grids, manager, today, yields }: Snapshot): (readonly [string, string | null])[] {
  return [
    ...grids.map((grid) => [`Grid ${cleanLine(grid.id)}`, showGridLine(grid)] as const),
    ['Manager', manager && `${manager.name}, as ${manager.userName}`],
    ['Today', showToday(today)],
    [
      'Gave back',
      yields.lastMs === null
        ? null
        : `${count(yields.count, 'time')}, last within ${Math.ceil(yields.lastMs)} ms`,
    ],
  ];
}

function showTroubles({ denials, problems }: Snapshot, { style, now }: Look): string[] {
  const parts: string[] = [];
  if (denials.length > 0) parts.push('', style.bold('Refused lately'));
  for (const { grid, sentence, count: times, lastAt } of denials) {
    const often = times > 1 ? `, ${times} times` : '';
    parts.push(`  ${cleanLine(grid)}: ${cleanLine(sentence)} (${formatWhen(lastAt, now)}${often})`);
  }
  if (denials.length > 0) parts.push('  See "gleaner network denied".');
  if (problems.length > 0) parts.push('', style.bold('Problems'));
  for (const { code, sentence, hint } of problems) {
    parts.push(`  ${style.bad(code)}: ${cleanLine(sentence)}`);
    if (hint !== undefined) parts.push(`    ${cleanLine(hint)}`);
  }
  return parts;
}

/** One line for a log: when, how it stands, and the first running job. */
export function showStatusLine({ at, contribution, jobs }: Snapshot): string {
  const job = jobs.find(({ state }) => state === 'running');
  const parts = [new Date(at).toISOString(), contribution.state, cleanLine(contribution.sentence)];
  if (job) parts.push(cleanLine(job.id), job.progress === null ? 'running' : formatPercent(job.progress));
  return parts.join('  ');
}

function showGridLine({ kind, name, state, queued, done, failed, aborted, credit }: GridView): string {
  const counts = `${queued} queued, ${done} done, ${failed} failed${aborted > 0 ? `, ${aborted} aborted` : ''}`;
  if (kind === 'local') return counts;
  const total = credit?.hostTotal ?? null;
  const parts = [shorten(cleanLine(name), 48), state, counts];
  return [...parts, ...(total === null ? [] : [`${formatAmount(total, 'credit')} here`])].join(', ');
}

function showVm(vm: VmView): string {
  const parts: string[] = [vm.phase];
  if (vm.accelerator) parts.push(vm.accelerator.name);
  parts.push(`${count(vm.vcpus, 'vCPU')}, ${formatBytes(vm.memoryBytes)}`);
  if (vm.shareMeasured !== null) {
    parts.push(`CPU ${formatPercent(vm.shareMeasured)} of ${formatPercent(vm.shareGranted)}`);
  }
  if (vm.bootMs !== null) parts.push(`booted in ${formatSeconds(vm.bootMs / 1000)}`);
  if (vm.isolation === 'reduced') parts.push('reduced isolation');
  if (vm.failure) parts.push(vm.failure.sentence);
  return parts.join(', ');
}

function showRunning(job: JobView, { bars }: Look): string {
  const parts = [shorten(cleanLine(job.title), 48)];
  if (job.progress !== null) {
    parts.push(`${bars ? `${progressBar(job.progress)} ` : ''}${formatPercent(job.progress)}`);
  }
  if (job.progressText !== '') parts.push(shorten(cleanLine(job.progressText), 48));
  parts.push(`${formatSeconds(job.cpuSeconds)} CPU`);
  return parts.join('  ');
}

function showToday({ cpuSeconds, jobsDone, jobsFailed, earned }: Snapshot['today']): string {
  const parts = [`${formatSeconds(cpuSeconds)} CPU`, `${count(jobsDone, 'job')} done`];
  if (jobsFailed > 0) parts.push(`${jobsFailed} failed`);
  // Units are never added up, and what no one has confirmed yet is named so.
  for (const { grid, unit, settled, pending, observed } of earned) {
    if (observed > 0) parts.push(`${formatAmount(observed, unit)} observed (${cleanLine(grid)})`);
    if (settled > 0 || (pending === 0 && observed === 0))
      parts.push(`${formatAmount(settled, unit)} (${cleanLine(grid)})`);
    if (pending > 0) parts.push(`${formatAmount(pending, unit)} pending (${cleanLine(grid)})`);
  }
  return parts.join(', ');
}
