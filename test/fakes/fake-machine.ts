import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';
import { sha256Digest } from '../../electron/base/canonical-json.ts';
import { tarBytes } from '../../electron/base/tar-write.ts';
import { GleanerError } from '../../electron/contract/index.ts';
import type {
  Collected,
  JobMachine,
  MachineJob,
  MachineJobEnd,
  MachineListener,
} from '../../electron/grid/local/runner-machine.ts';
import type { FakeClock } from './fake-clock.ts';

interface State {
  done: number;
  value: string;
}

interface FakeJob {
  readonly id: string;
  readonly argv: readonly string[];
  readonly state: State;
  readonly startedFrom: number;
  ended: MachineJobEnd | undefined;
  cpuSeconds: number;
  readonly watchers: Set<{
    on: MachineListener;
    end: (end: MachineJobEnd) => void;
    lost: (e: Error) => void;
  }>;
}

type Method = 'startJob' | 'watchJob' | 'checkpointJob' | 'collectJob' | 'killJob' | 'cleanJob';

/**
 * A machine on a fake clock that runs these programs, one second of theirs per `tick`: `count N` hashes its
 * `in/seed` N times, from its checkpoint on if it was given one, and publishes a checkpoint every second;
 * `exit N`, `signal N` and `oom` end so at once; `forever` uses CPU, `idle` none; `refuse` cannot be launched.
 */
export class FakeMachine implements JobMachine {
  /** What was asked, in order, and the jobs as they were started. */
  readonly asked: string[] = [];
  readonly started: MachineJob[] = [];
  readonly #clock: FakeClock;
  readonly #refusals = new Map<Method, GleanerError[]>();
  #job: FakeJob | undefined;
  #lost: GleanerError | undefined;
  #lose: (reason: GleanerError) => void = () => undefined;
  readonly #loss = new Promise<never>((_, reject) => {
    this.#lose = reject;
  });
  #savedAs: string | null = null;
  #restoredFrom: string | null = null;
  #frozenMs = 0;
  #frozenSince: number | undefined;
  #thawed: Promise<void> = Promise.resolve();
  #thaw: () => void = () => undefined;

  constructor(clock: FakeClock) {
    this.#clock = clock;
    this.#loss.catch(() => undefined);
  }

  /** Whether a job runs here that somebody watches. */
  get busy(): boolean {
    return this.#job !== undefined && !this.#job.ended && this.#job.watchers.size > 0;
  }

  /** How many of its seconds the job had when it was started this time. */
  get startedFrom(): number | undefined {
    return this.#job?.startedFrom;
  }

  /** The next call of this method rejects so. */
  refuse(method: Method, error: GleanerError): void {
    this.#refusals.set(method, [...(this.#refusals.get(method) ?? []), error]);
  }

  /** The machine goes away for good. */
  lose(): void {
    this.#lost = new GleanerError('session-lost', 'The fake machine is gone.');
    this.#lose(this.#lost);
    for (const { lost } of this.#job?.watchers ?? []) lost(this.#lost);
  }

  /** Away, to come back as another machine with the same job in it, where it stood. */
  save(generation: string): FakeMachine {
    this.#savedAs = generation;
    const back = new FakeMachine(this.#clock);
    back.#restoredFrom = generation;
    if (this.#job) back.#job = { ...this.#job, watchers: new Set() };
    this.lose();
    return back;
  }

  /** As if it had been saved, by an earlier host, with a `count` job in it after so many of its seconds. */
  becomes(id: string, argv: readonly string[], seconds: number, generation: string): void {
    this.#restoredFrom = generation;
    let value = 'a seed';
    for (let done = 0; done < seconds; done += 1) value = createHash('sha256').update(value).digest('hex');
    const state = { done: seconds, value };
    const watchers: FakeJob['watchers'] = new Set();
    this.#job = { id, argv, state, startedFrom: 0, ended: undefined, cpuSeconds: seconds, watchers };
  }

  savedAs(): string | null {
    return this.#savedAs;
  }

  restoredFrom(): string | null {
    return this.#restoredFrom;
  }

  freeze(): void {
    this.#frozenSince = this.#clock.monotonic();
    this.#thawed = new Promise((resolve) => {
      this.#thaw = resolve;
    });
  }

  thaw(): void {
    if (this.#frozenSince !== undefined) this.#frozenMs += this.#clock.monotonic() - this.#frozenSince;
    this.#frozenSince = undefined;
    this.#thaw();
  }

  frozenMs(): number {
    const now = this.#frozenSince === undefined ? 0 : this.#clock.monotonic() - this.#frozenSince;
    return this.#frozenMs + now;
  }

  facts(): { accelerator: string; applianceDigest: string } {
    return { accelerator: 'fake', applianceDigest: `sha256:${'f'.repeat(64)}` };
  }

  /** One second passes; a job that runs gets it all, unless the machine is frozen. */
  tick(): void {
    this.#clock.advance(1000);
    const job = this.#job;
    if (!job || job.ended || this.#frozenSince !== undefined || this.#lost) return;
    const [program, argument = '0'] = job.argv;
    switch (program) {
      case 'exit':
        this.#end(job, { kind: 'exit', code: Number(argument), truncated: [] });
        return;
      case 'signal':
        this.#end(job, { kind: 'signal', signal: Number(argument), truncated: [] });
        return;
      case 'oom':
        this.#end(job, { kind: 'oom', truncated: [] });
        return;
      case 'count':
        job.state.done += 1;
        job.state.value = createHash('sha256').update(job.state.value).digest('hex');
        break;
      default:
    }
    if (program !== 'idle') job.cpuSeconds += 1;
    const fraction = program === 'count' ? job.state.done / Number(argument) : 0;
    for (const { on } of job.watchers) {
      on.usage(job.cpuSeconds, 1024 * job.cpuSeconds);
      on.progress(fraction, `${job.state.done} s`);
    }
    if (program === 'count' && job.state.done >= Number(argument)) {
      this.#end(job, { kind: 'exit', code: 0, truncated: [] });
    }
  }

  async startJob(asked: MachineJob): Promise<void> {
    await this.#reached('startJob');
    if (this.#job) throw new GleanerError('wrong-phase', 'The fake machine is busy.');
    this.started.push(asked);
    if (asked.argv[0] === 'refuse') throw new GleanerError('launch-failed', 'There is no such program.');
    const files = await readTar(asked.inputTarPath);
    const saved = files.get('checkpoint/state');
    const state: State =
      saved === undefined ? { done: 0, value: files.get('in/seed') ?? '' } : (JSON.parse(saved) as State);
    this.#job = {
      id: asked.id,
      argv: asked.argv,
      state,
      startedFrom: state.done,
      ended: undefined,
      cpuSeconds: 0,
      watchers: new Set(),
    };
  }

  async watchJob(id: string, on: MachineListener): Promise<MachineJobEnd> {
    await this.#reached('watchJob');
    const job = this.#known(id);
    if (job.ended) return job.ended;
    return new Promise((end, lost) => {
      job.watchers.add({ on, end, lost });
    });
  }

  async checkpointJob(id: string, toPath: string): Promise<Collected | null> {
    await this.#reached('checkpointJob');
    const job = this.#known(id);
    if (job.argv[0] !== 'count') return null;
    return leave(toPath, [{ path: 'checkpoint/state', content: JSON.stringify(job.state) }]);
  }

  async collectJob(id: string, toPath: string): Promise<Collected> {
    await this.#reached('collectJob');
    const job = this.#known(id);
    if (!job.ended) throw new GleanerError('wrong-phase', 'The job still runs.');
    return leave(toPath, [
      { path: 'out/answer', content: job.state.value },
      { path: 'stdout', content: `counted to ${job.state.done}\n` },
      { path: 'stderr', content: '' },
    ]);
  }

  async killJob(id: string): Promise<void> {
    await this.#reached('killJob');
    const job = this.#known(id);
    if (!job.ended) this.#end(job, { kind: 'killed', truncated: [] });
  }

  async cleanJob(id: string): Promise<void> {
    await this.#reached('cleanJob');
    this.#known(id);
    this.#job = undefined;
  }

  async #reached(method: Method): Promise<void> {
    this.asked.push(method);
    await Promise.race([this.#thawed, this.#loss]);
    if (this.#lost) throw this.#lost;
    const refusal = this.#refusals.get(method)?.shift();
    if (refusal) throw refusal;
  }

  #known(id: string): FakeJob {
    if (this.#job?.id !== id) throw new GleanerError('not-found', 'The fake machine does not know this job.');
    return this.#job;
  }

  #end(job: FakeJob, end: MachineJobEnd): void {
    job.ended = end;
    for (const watcher of job.watchers) watcher.end(end);
    job.watchers.clear();
  }
}

async function leave(
  toPath: string,
  items: readonly { readonly path: string; readonly content: string }[],
): Promise<Collected> {
  const bytes = tarBytes(items);
  await writeFile(toPath, bytes);
  return { bytes: bytes.length, digest: sha256Digest(bytes) };
}

/** Contents by name of a small tar. */
export async function readTar(tarPath: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const reader = extract();
  const reading = (async () => {
    for await (const entry of reader) found.set(entry.header.name, await text(entry));
  })();
  await pipeline(createReadStream(tarPath), reader);
  await reading;
  return found;
}
