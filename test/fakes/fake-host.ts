import type {
  CommandOutput,
  CommandParsed,
  DownloadCommandName,
  HostApi,
  HostEvent,
  PlainCommandName,
  UploadCommandName,
} from '../../electron/contract/commands.ts';
import type { EarningsReport } from '../../electron/contract/earnings.ts';
import { GleanerError } from '../../electron/contract/failures.ts';
import { JobDocument } from '../../electron/contract/job.ts';
import type { AttemptBody, AttemptEntry, LedgerEntry } from '../../electron/contract/ledger.ts';
import type { YieldReport } from '../../electron/contract/policy.ts';
import { plainly } from '../../electron/contract/said.ts';
import { noSignals, type Signals } from '../../electron/contract/signals.ts';
import type { JobView, Snapshot } from '../../electron/contract/snapshot.ts';
import { plainUpdate } from '../../electron/contract/update.ts';
import { fakeContribution } from './fake-contribution.ts';
import { fakeLocalGrid, fakeNow } from './fake-grid-views.ts';
import { FakeGrids } from './fake-grids.ts';
import { FakeHealth } from './fake-health.ts';
import { FakePools } from './fake-pools.ts';
import { fakeActivity, fakeDay, fakeEarnings } from './fake-record.ts';
import { FakeSettings } from './fake-settings.ts';

export { fakeContribution } from './fake-contribution.ts';
export { fakeNow } from './fake-grid-views.ts';

export function fakeJob(changes: Partial<JobView> = {}): JobView {
  return {
    id: 'job-1',
    grid: 'local',
    title: 'Option book 1 of 10',
    owner: 'sample',
    state: 'running',
    attempt: 1,
    progress: 0.42,
    progressText: 'option 3 of 5',
    progressSaid: null,
    addedAt: fakeNow - 600_000,
    startedAt: fakeNow - 120_000,
    endedAt: null,
    cpuSeconds: 61.5,
    memoryPeakBytes: 20 * 1024 * 1024,
    checkpointAt: null,
    deadline: null,
    earned: null,
    failure: null,
    hasResult: false,
    ...changes,
  };
}

export function fakeSnapshot(changes: Partial<Snapshot> = {}): Snapshot {
  return {
    version: '0.1.0',
    at: fakeNow,
    contribution: fakeContribution(),
    vms: [
      {
        name: 'local',
        grid: 'local',
        phase: 'running',
        since: fakeNow - 100_000,
        accelerator: { name: 'tcg', reason: 'kvm is not there', said: plainly('accelerator.no-device') },
        isolation: 'full',
        bootMs: 2610,
        vcpus: 1,
        memoryBytes: 805_306_368,
        shareGranted: 1,
        shareMeasured: 0.97,
        failure: null,
      },
    ],
    jobs: [fakeJob()],
    grids: [fakeLocalGrid()],
    manager: null,
    denials: [],
    today: {
      cpuSeconds: 732,
      wallSeconds: 800,
      jobsDone: 3,
      jobsFailed: 0,
      earned: [{ grid: 'local', unit: 'points', settled: 15, pending: 0, observed: 0 }],
    },
    yields: { count: 2, lastMs: 1.2, p50Ms: 1.1, p95Ms: 1.2 },
    lostSeconds: 0,
    asksPresence: false,
    service: null,
    preset: { name: 'balanced', source: 'built-in', organization: null },
    desktop: new FakeSettings().desktop,
    update: plainUpdate('idle'),
    problems: [],
    ...changes,
  };
}

const digest = `sha256:${'ab'.repeat(32)}`;

export function fakeEntry(changes: Partial<AttemptBody> = {}): AttemptEntry {
  return {
    seq: 1,
    bookedAt: fakeNow - 30_000,
    body: {
      kind: 'attempt',
      grid: 'local',
      job: 'job-1',
      attempt: 1,
      outcome: 'done',
      failure: null,
      startedAt: fakeNow - 90_000,
      endedAt: fakeNow - 30_000,
      wallSeconds: 60,
      frozenSeconds: 5,
      cpuSeconds: 52.5,
      memoryPeakBytes: 20 * 1024 * 1024,
      appliance: digest,
      documentDigest: digest,
      inputDigest: digest,
      resultDigest: digest,
      accelerator: 'tcg',
      hosts: [],
      credit: { amount: 5, unit: 'points', status: 'settled' },
      personalDigest: digest,
      ...changes,
    },
    personal: { title: 'Option book 1 of 10', owner: 'sample' },
    previous: '0'.repeat(64),
    hash: 'c'.repeat(64),
  };
}

export const fakeDocument = JobDocument.parse({
  schema: 1,
  title: 'Count to ten',
  command: ['/bin/sh', 'in/count.sh'],
  price: { amount: 2, unit: 'points' },
});

export const fakeSignals: Signals = {
  ...noSignals,
  lastInputAt: 1_000,
  inputSource: 'x11',
  screenLocked: false,
  call: false,
  fullScreen: false,
  onBattery: false,
  otherLoad: 0.07,
  programs: [],
  diskFreeBytes: 48 * 1024 ** 3,
};

export function fakeYieldReport(): YieldReport {
  return {
    days: 30,
    stats: { count: 7, lastMs: 28, p50Ms: 21, p95Ms: 43 },
    histogram: [
      { upToMs: 10, count: 0 },
      { upToMs: 20, count: 3 },
      { upToMs: 50, count: 3 },
      { upToMs: 300, count: 1 },
      { upToMs: null, count: 0 },
    ],
    latest: [
      { at: fakeNow - 60_000, cause: 'input', stoppedMs: 2.1, quietMs: 28, polledMs: 0, inputSource: 'x11' },
      {
        at: fakeNow - 600_000,
        cause: 'input',
        stoppedMs: 1.9,
        quietMs: 31,
        polledMs: 250,
        inputSource: 'polled',
      },
      {
        at: fakeNow - 4_000_000,
        cause: 'call',
        stoppedMs: 2.4,
        quietMs: null,
        polledMs: 0,
        inputSource: null,
      },
    ],
  };
}

/**
 * A fake host: answers every command of the contract from memory, and keeps what it was asked. Replace a
 * field to make it answer otherwise; put a GleanerError into `failures` to make a command fail.
 */
export class FakeHost implements HostApi {
  readonly asked: { name: string; input: unknown }[] = [];
  readonly failures = new Map<string, Error>();
  snapshot = fakeSnapshot();
  jobs: JobView[] = [fakeJob()];
  entries: LedgerEntry[] = [fakeEntry()];
  ledgerIsGood = true;
  earnings = fakeEarnings();
  /** What it answers to a query for earnings; the same to all unless it is replaced. */
  earningsOf: (query: CommandParsed<'earnings.report'>) => EarningsReport = () => this.earnings;
  day: (day: string) => CommandOutput<'activity.day'> = (day) => fakeDay(day);
  readonly settings = new FakeSettings();
  readonly grids = new FakeGrids();
  readonly pools = new FakePools(this.grids);
  signals = fakeSignals;
  sensorTroubles: { sensor: string; words: string }[] = [];
  yields = fakeYieldReport();
  readonly health = new FakeHealth();
  stdout = 'hello\n';
  /** What the last upload brought. */
  uploaded: Buffer = Buffer.alloc(0);
  /** Refuses an upload after this many bytes. */
  uploadLimit = Number.POSITIVE_INFINITY;
  /** What a download answers. */
  bytes: () => AsyncIterable<Uint8Array> = async function* () {
    yield await Promise.resolve(Buffer.from('some bytes'));
  };
  readonly #listeners = new Set<(event: HostEvent) => void>();

  get listeners(): number {
    return this.#listeners.size;
  }

  emit(snapshot: Snapshot): void {
    this.snapshot = snapshot;
    for (const listener of [...this.#listeners]) listener({ type: 'snapshot', snapshot });
  }

  /** After a change of `settings`: the Snapshot carries the preset, what the desktop heeds, and the embedded grid's share. */
  emitSettings(): void {
    const { preset, desktop } = this.settings;
    const share = this.settings.inForce('grids.localShare').value as number;
    const grids = this.snapshot.grids.map((grid) => (grid.kind === 'local' ? { ...grid, share } : grid));
    this.emit({ ...this.snapshot, preset, desktop, grids });
  }

  /** After a change of `grids`: the Snapshot carries what is joined beside the embedded grid. */
  emitGrids(): void {
    const { views, manager, denials } = this.grids;
    const embedded = this.snapshot.grids.filter(({ kind }) => kind === 'local');
    this.emit({ ...this.snapshot, grids: [...embedded, ...views], manager, denials: denials.slice(0, 5) });
  }

  subscribe(listener: (event: HostEvent) => void): () => void {
    this.#listeners.add(listener);
    listener({ type: 'snapshot', snapshot: this.snapshot });
    return () => {
      this.#listeners.delete(listener);
    };
  }

  async call<N extends PlainCommandName>(name: N, input: CommandParsed<N>): Promise<CommandOutput<N>> {
    this.#ask(name, input);
    return await Promise.resolve(this.#answers[name](input));
  }

  async upload<N extends UploadCommandName>(
    name: N,
    input: CommandParsed<N>,
    body: AsyncIterable<Uint8Array>,
  ): Promise<CommandOutput<N>> {
    this.#ask(name, input);
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of body) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > this.uploadLimit) throw new GleanerError('archive-too-large', 'The archive is too large.');
    }
    this.uploaded = Buffer.concat(chunks);
    const id = input.dryRun ? null : 'job-2';
    return { id, document: fakeDocument, inputFiles: 1, inputBytes: size } as CommandOutput<N>;
  }

  async download<N extends DownloadCommandName>(
    name: N,
    input: CommandParsed<N>,
  ): Promise<AsyncIterable<Uint8Array>> {
    this.#ask(name, input);
    return await Promise.resolve(this.bytes());
  }

  #ask(name: string, input: unknown): void {
    this.asked.push({ name, input });
    const failure = this.failures.get(name);
    if (failure) throw failure;
  }

  #job(id: string): JobView {
    const job = this.jobs.find((candidate) => candidate.id === id);
    if (!job) throw new GleanerError('not-found', `There is no job "${id}".`, 'See "gleaner jobs list".');
    return job;
  }

  /** The answer to a change of the settings, after everybody has heard of it. */
  #changed<T>(answer: T): T {
    this.emitSettings();
    return answer;
  }

  /** The answer to a change of what is joined, after everybody has heard of it. */
  async #joined<T>(answer: T | Promise<T>): Promise<T> {
    const value = await answer;
    this.emitGrids();
    return value;
  }

  readonly #answers: {
    [N in PlainCommandName]: (input: CommandParsed<N>) => CommandOutput<N> | Promise<CommandOutput<N>>;
  } = {
    status: () => this.snapshot,
    pause: ({ length }) =>
      fakeContribution({
        state: 'paused',
        sentence: 'Paused by you.',
        pause: { length, since: fakeNow, until: length === 'manual' ? null : fakeNow + 1_800_000 },
      }),
    resume: () => fakeContribution(),
    'jobs.list': ({ limit }) => this.jobs.slice(0, limit),
    'jobs.show': ({ id }) => ({
      job: this.#job(id),
      document: fakeDocument,
      entries: this.entries.filter((entry): entry is AttemptEntry => entry.body.kind === 'attempt'),
      stdout: this.stdout,
      stderr: '',
      truncated: [],
    }),
    'jobs.abort': ({ id }) => ({ ...this.#job(id), state: 'aborted' }),
    'jobs.sample': () => this.jobs,
    'ledger.list': ({ limit }) => this.entries.slice(0, limit),
    'ledger.verify': () =>
      this.ledgerIsGood
        ? { ok: true, entries: this.entries.length, head: 'c'.repeat(64), firstBad: null }
        : { ok: false, entries: 1, head: null, firstBad: { seq: 1, why: 'its hash does not fit' } },
    'earnings.report': (query) => this.earningsOf(query),
    'activity.list': (input) => fakeActivity(this.entries).list(input),
    'activity.page': (input) => fakeActivity(this.entries).page(input),
    'activity.day': ({ day }) => this.day(day),
    'update.check': () => this.snapshot.update,
    'update.install': () => this.snapshot.update,
    'update.cancel': () => this.snapshot.update,
    'policy.explain': () => ({
      sentence: this.snapshot.contribution.sentence,
      said: this.snapshot.contribution.said,
      allowance: this.snapshot.contribution.allowance,
      signals: this.signals,
      sensorTroubles: this.sensorTroubles,
      settings: this.settings.list(),
      preset: this.settings.preset.name,
      organization: this.settings.organization,
      nextChangeAt: null,
    }),
    'settings.list': () => this.settings.list(),
    'settings.set': ({ key, value }) => this.#changed(this.settings.set(key, value)),
    'settings.unset': ({ key }) => this.#changed(this.settings.unset(key)),
    'settings.import-boinc': ({ xml, dryRun }) => this.#changed(this.settings.importBoinc(xml, dryRun)),
    'yields.report': () => this.yields,
    'presence.report': () => null,
    'grids.list': () => this.snapshot.grids,
    'grids.show': ({ id }) => this.grids.show(id),
    'grids.known': () => this.grids.known,
    'grids.lookup': (input) => this.grids.lookup(input),
    'grids.join': (input) => this.#joined(this.grids.join(input)),
    'pools.lookup': (input) => this.pools.lookup(input),
    'pools.join': (input) => this.#joined(this.pools.join(input)),
    'grids.leave': ({ id }) => this.#joined(this.grids.leave(id)),
    'grids.update': ({ id }) => this.#joined(this.grids.update(id)),
    'grids.set': (input) => this.#joined(this.grids.set(input)),
    'grids.abort-task': (input) => this.#joined(this.grids.abortTask(input)),
    'grids.allow': (input) => this.#joined(this.grids.allow(input)),
    'grids.forbid': (input) => this.#joined(this.grids.forbid(input)),
    'manager.join': (input) => this.#joined(this.grids.joinManager(input)),
    'manager.sync': () => this.#joined(this.grids.sync()),
    'manager.leave': ({ leaveProjects }) => this.#joined(this.grids.leaveManager(leaveProjects)),
    'network.report': () => this.grids.report(),
    'network.proxy-login': ({ login }) => {
      this.grids.login = login;
      return null;
    },
    'appliance.update': () => this.grids.updateAppliances(),
    doctor: () => this.health.look(),
    'doctor.fix': ({ id }) => this.health.fix(id),
    'doctor.cancel': () => {
      this.health.onCancel();
      return null;
    },
    versions: () => this.health.versions,
    'logs.tail': (query) => this.health.tail(query),
  };
}
