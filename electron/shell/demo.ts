import type { Clock } from '../base/clock.ts';
import { formatAmount, formatSeconds } from '../cli/text.ts';
import type { HostApi, JobDetail } from '../contract/commands.ts';
import type { Failure } from '../contract/failures.ts';
import type { SettingsLayer } from '../contract/settings.ts';
import type { JobView, Snapshot, VmView } from '../contract/snapshot.ts';

export interface DemoOptions {
  readonly api: HostApi;
  readonly clock: Clock;
  /** One line of the story, without its newline. */
  readonly print: (line: string) => void;
}

/** Somebody sits there and watches: the demonstration heeds neither their presence nor what else runs. */
export const demoSettings: SettingsLayer = {
  'inUse.share': 1,
  'idle.share': 1,
  'locked.share': 1,
  'pauseOn.call': false,
  'pauseOn.fullScreen': false,
  'pauseOn.presentation': false,
  'pauseOn.remoteSession': false,
  'pauseOn.load': null,
  'battery.aboveCharge': 0,
  'schedule.windows': [],
  'quiet.enabled': false,
};

/** Words of jobs and guests reach a terminal: no control characters, no line longer than a screen. */
const clean = (words: string): string => words.replace(/[\p{Cc}\p{Cf}]/gu, ' ').slice(0, 200);

/** Where the sample project runs. */
const sampleGrid = 'local';
const isOpen = ({ grid, state }: JobView): boolean =>
  grid === sampleGrid && (state === 'queued' || state === 'running');

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/**
 * Watches until one job of the sample project is finished, and tells what happens on the way. Resolves to the
 * failure that ended it, or null when the job is done and booked.
 */
export async function runDemo({ api, clock, print }: DemoOptions): Promise<Failure | null> {
  const began = clock.monotonic();
  const say = (words: string): void => {
    print(`${seconds(clock.monotonic() - began).padStart(8)}  ${clean(words)}`);
  };

  const first = await api.call('status', {});
  if (first.contribution.pause) {
    say('Resuming: contribution was paused.');
    await api.call('resume', {});
  }
  if (!first.jobs.some(isOpen)) {
    const added = await api.call('jobs.sample', {});
    say(`Queued the sample project: ${added.length} jobs.`);
  }

  const end = await watch(api, new Narrator(say));
  if ('code' in end) return end;
  const detail = await api.call('jobs.show', { id: end.id });
  if (end.failure) {
    for (const line of detail.stderr.trimEnd().split('\n').slice(-12)) say(`  ${line}`);
    return end.failure;
  }
  tellResult(detail, say);
  return null;
}

/** Resolves with the first job that ends from now on, or with the failure that leaves no hope for one. */
function watch(api: HostApi, narrator: Narrator): Promise<JobView | Failure> {
  return new Promise((resolve) => {
    const stop = api.subscribe(({ snapshot }) => {
      // Not at once: the first Snapshot may come, and end it all, while `subscribe` still runs.
      queueMicrotask(() => {
        const end = narrator.hear(snapshot);
        if (!end) return;
        stop();
        resolve(end);
      });
    });
  });
}

/** Turns Snapshots into a story: says each thing once. */
class Narrator {
  readonly #say: (words: string) => void;
  #phase: VmView['phase'] | undefined;
  #job: JobView | undefined;
  /** Ids of the jobs that were not finished in the last Snapshot. */
  #open: ReadonlySet<string> = new Set();
  #told = '';

  constructor(say: (words: string) => void) {
    this.#say = say;
  }

  /** Returns how it ended, once it has. */
  hear(snapshot: Snapshot): JobView | Failure | undefined {
    const vm = snapshot.vms.find(({ grid }) => grid === sampleGrid);
    if (vm) this.#hearVm(vm);
    if (!this.#job) this.#hearStart(snapshot);
    const job = snapshot.jobs.find(({ id }) => id === this.#job?.id);
    if (job) this.#hearProgress(job);
    if (job && job.state !== 'queued' && job.state !== 'running') return job;
    if (vm?.phase === 'failed' && vm.failure) return vm.failure;
    if (snapshot.contribution.state !== 'attention') return undefined;
    return snapshot.problems[0] ?? { code: 'internal', sentence: snapshot.contribution.sentence };
  }

  #hearVm(vm: VmView): void {
    if (vm.phase === this.#phase) return;
    this.#phase = vm.phase;
    if (vm.phase === 'starting') {
      this.#say(`Starting a virtual machine: ${vm.vcpus} vCPU, ${Math.round(vm.memoryBytes / 2 ** 20)} MiB.`);
    } else if (vm.phase === 'running' && vm.bootMs !== null) {
      this.#say(
        `It was ready ${seconds(vm.bootMs)} after its start, with ${vm.isolation ?? 'unknown'} isolation.`,
      );
      if (vm.accelerator) this.#say(`Accelerator: ${vm.accelerator.name}. ${vm.accelerator.reason}`);
    } else if (vm.phase === 'backoff' && vm.failure) {
      this.#say(`It failed and is tried again: ${vm.failure.sentence}`);
    }
  }

  #hearStart(snapshot: Snapshot): void {
    const open = snapshot.jobs.filter(isOpen);
    const job =
      open.find(({ state }) => state === 'running') ??
      // One that began and ended between two Snapshots.
      snapshot.jobs.find(({ id }) => this.#open.has(id) && !open.some((other) => other.id === id));
    this.#open = new Set(open.map(({ id }) => id));
    if (!job) return;
    this.#job = job;
    this.#say(`Job: ${job.title}, for ${job.owner}.`);
  }

  #hearProgress(job: JobView): void {
    if (job.progress === null) return;
    const words =
      `${Math.round(job.progress * 100)} %`.padStart(9) + (job.progressText && `  ${job.progressText}`);
    if (words === this.#told) return;
    this.#told = words;
    this.#say(words);
  }
}

function tellResult({ job, stdout, entries }: JobDetail, say: (words: string) => void): void {
  say(`Done: ${formatSeconds(job.cpuSeconds)} of CPU time. Its result:`);
  for (const line of stdout.trimEnd().split('\n').slice(-12)) say(`  ${line}`);
  for (const { seq, body } of entries) {
    const credit = body.credit
      ? `${formatAmount(body.credit.amount, body.credit.unit)} (${body.credit.status})`
      : 'nothing';
    say(`Booked: entry ${seq}, attempt ${body.attempt} ${body.outcome}, earned ${credit}.`);
  }
}
