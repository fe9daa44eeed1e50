import { randomBytes } from 'node:crypto';
import { backoffMs } from '../../base/backoff.ts';
import { type FailureCode, GleanerError, toFailure } from '../../contract/index.ts';
import { type Halt, Halted } from '../halt.ts';
import type { UnfrozenWait } from '../runner-time.ts';
import type { Answer, Inputs, Verb } from './messages.ts';
import { clientFiles } from './preferences.ts';
import type { AgentMachine, BoincWorkerLike, RunnerOptions } from './runner-machine.ts';
import { workBuffer } from './work-buffer.ts';

/** Times are unfrozen ms. A client that starts on a slow machine first reads all of its files. */
const openMs = 90_000;
/** One that runs already answers at once, or does not know us. */
const reopenMs = 30_000;
const callMs = 60_000;
const quitMs = 5000;
const firstPauseMs = 250;
const longestPauseMs = 2000;
/** How often a client may end by itself, or have to be ended, within how long before it is given up. */
const maxDeaths = 5;
const deathsWithinMs = 3_600_000;
const stopGraceSeconds = 15;
const maxProcesses = 512;
const logBytes = 256 * 1024;
/** Of a call that a client refuses as such, and that does not mean that the connection is broken. */
const brokenCodes: readonly FailureCode[] = ['grid-protocol', 'session-lost', 'internal'];

/** The connection to the client is gone; the client itself may live. */
export class LinkLost extends Error {
  override readonly name = 'LinkLost';
}

/** The client on one machine, and the worker that speaks to it. */
export class ClientLink {
  readonly #o: RunnerOptions;
  readonly #machine: AgentMachine;
  readonly #halt: Halt;
  readonly #wait: UnfrozenWait;
  readonly #reach: () => Promise<string>;
  #worker: BoincWorkerLike | undefined;
  #lost: () => void = () => undefined;
  /** It was running, or told to start, so that its being gone is its own end. */
  #wasUp = false;
  /** What runs is not to be gone on with. */
  #distrusted = false;
  /** Of a client that failed although it did not end. */
  #complaint: string | undefined;
  #deaths: number[] = [];

  /** `reach` gives the way to the client, and opens the client's way out. */
  constructor(
    o: RunnerOptions,
    machine: AgentMachine,
    tools: { readonly halt: Halt; readonly wait: UnfrozenWait; readonly reach: () => Promise<string> },
  ) {
    this.#o = o;
    this.#machine = machine;
    this.#halt = tools.halt;
    this.#wait = tools.wait;
    this.#reach = tools.reach;
  }

  get isOpen(): boolean {
    return this.#worker !== undefined;
  }

  /** Who is told when the connection is lost: one, for as long as this lives. */
  whenLost(told: () => void): void {
    this.#lost = told;
  }

  /**
   * Brings the client up, unless it runs, and opens the connection to it. Resolves with whether it was started. Rejects
   * with `session-lost`, and `agent-failed` when it ends again and again, or what starting it gave.
   */
  async connect(): Promise<{ readonly started: boolean }> {
    this.#drop(this.#worker);
    const socketPath = await this.#halt.race(this.#reach());
    for (let started = false; ; ) {
      const { running, words } = await this.#halt.race(this.#machine.agentStatus());
      if (!running && this.#wasUp) await this.#mourn(words);
      else if (this.#complaint !== undefined) await this.#mourn(this.#complaint);
      if (!running || this.#distrusted || this.#password === null) {
        if (running) await this.#halt.race(this.#machine.stopAgent(stopGraceSeconds));
        await this.#start();
        started = true;
      }
      this.#wasUp = true;
      const outcome = await this.#open(socketPath, started ? openMs : reopenMs);
      if (outcome === 'open') return { started };
      if (outcome === 'silent') this.distrust('it does not answer');
      else if (outcome === 'refused') this.distrust(started ? 'it refuses its own password' : undefined);
    }
  }

  /**
   * What the client answers. Rejects with {@link LinkLost} when it cannot be reached or does not answer in time, else with
   * the failure that it answers with.
   */
  async ask<V extends Verb>(verb: V, input: Inputs[V], limitMs = callMs): Promise<Answer<V>> {
    const worker = this.#worker;
    if (!worker) throw new LinkLost('there is no connection');
    try {
      return await this.#wait.within(limitMs, verb, this.#halt, worker.call(verb, input));
    } catch (error) {
      if (error instanceof Halted) throw error;
      const { code, sentence } = toFailure(error);
      if (this.#worker === worker && !brokenCodes.includes(code)) throw error;
      this.#drop(worker);
      throw new LinkLost(sentence, { cause: error });
    }
  }

  /**
   * The client is to be started anew with the next {@link connect}; its tasks go on from their checkpoints. With words,
   * it counts as having failed.
   */
  distrust(words?: string): void {
    this.#distrusted = true;
    this.#complaint = words;
    this.#drop(this.#worker);
  }

  /** Ends the client softly: its tasks write what they have, as far as they can. Rejects with `session-lost`. */
  async quit(graceSeconds = stopGraceSeconds): Promise<void> {
    try {
      await this.ask('quit', null, quitMs);
    } catch (error) {
      if (error instanceof Halted) throw error;
      // It may end before its answer is here; else it is ended by signal.
      this.#o.log.info('boinc', `quit: ${toFailure(error).sentence}`, { grid: this.#o.id });
    }
    this.#drop(this.#worker);
    this.#wasUp = false;
    await this.#halt.race(this.#machine.stopAgent(graceSeconds));
  }

  /** Lets go of the worker; the client runs on. */
  dispose(): void {
    this.#drop(this.#worker);
  }

  async #start(): Promise<void> {
    const { id, store, room, availability, due } = this.#o;
    const has = room();
    const password = randomBytes(16).toString('hex');
    store.rememberPassword(id, password);
    await this.#halt.race(
      this.#machine.startAgent({
        argv: ['/usr/lib/gleaner/boinc-agent'],
        env: { LANG: 'C.UTF-8' },
        files: clientFiles(has, workBuffer(availability(), due()), password),
        memoryBytes: has.agentMemoryBytes,
        processes: maxProcesses,
        vcpus: has.vcpus,
        logBytes,
      }),
    );
    this.#distrusted = false;
    this.#complaint = undefined;
  }

  get #password(): string | null {
    return this.#o.store.project(this.#o.id).rpcPassword;
  }

  /** `gone`: the client ended; `refused`: it has another password; `silent`: it does not answer in time. */
  async #open(socketPath: string, limitMs: number): Promise<'open' | 'gone' | 'refused' | 'silent'> {
    const from = this.#wait.now();
    for (let n = 1; this.#wait.now() - from < limitMs; n += 1) {
      const worker = this.#worker ?? this.#newWorker();
      const password = this.#password ?? '';
      try {
        await this.#wait.within(limitMs, 'open', this.#halt, worker.call('open', { socketPath, password }));
        if (this.#worker === worker) return 'open';
      } catch (error) {
        if (error instanceof Halted) throw error;
        const { code, sentence } = toFailure(error);
        this.#o.log.info('boinc', `not open yet: ${sentence}`, { grid: this.#o.id, code });
        if (code === 'account-refused' || code === 'grid-refused') return 'refused';
        if (brokenCodes.includes(code)) this.#drop(worker);
      }
      if (!(await this.#halt.race(this.#machine.agentStatus())).running) return 'gone';
      await this.#wait.pause(backoffMs(n, firstPauseMs, longestPauseMs), this.#halt);
    }
    return 'silent';
  }

  #newWorker(): BoincWorkerLike {
    const worker = this.#o.worker();
    this.#worker = worker;
    worker.onLost((failure) => {
      if (this.#worker !== worker) return;
      this.#o.log.info('boinc', failure.sentence, { grid: this.#o.id });
      this.#drop(worker);
    });
    return worker;
  }

  #drop(worker: BoincWorkerLike | undefined): void {
    if (!worker || this.#worker !== worker) return;
    this.#worker = undefined;
    this.#lost();
    Promise.resolve(worker.dispose()).catch((error: unknown) => {
      this.#o.log.warn('boinc', toFailure(error).sentence, { grid: this.#o.id });
    });
  }

  /** One more failure of the client's. Rejects with `agent-failed` when these are too many. */
  async #mourn(words: string): Promise<void> {
    const { id, log, store } = this.#o;
    const now = this.#wait.now();
    this.#deaths = [...this.#deaths.filter((at) => now - at < deathsWithinMs), now];
    log.warn('boinc', `the client failed: ${words}`, { grid: id, times: this.#deaths.length });
    if (this.#deaths.length >= maxDeaths) {
      const { name } = store.project(id);
      throw new GleanerError(
        'agent-failed',
        `The BOINC client of ${name} failed ${this.#deaths.length} times within an hour: ${words}.`,
        'It is tried again later. If this goes on, leave the project and join it again.',
      );
    }
    await this.#wait.pause(backoffMs(this.#deaths.length), this.#halt);
  }
}
