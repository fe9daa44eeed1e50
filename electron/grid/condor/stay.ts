import { randomBytes } from 'node:crypto';
import { backoffMs } from '../../base/backoff.ts';
import { type Failure, GleanerError, type PoolPlace, toFailure } from '../../contract/index.ts';
import { type Halt, Halted } from '../halt.ts';
import type { UnfrozenWait } from '../runner-time.ts';
import { nodeAddress, nodeConfig } from './config.ts';
import type { Executions } from './executions.ts';
import type { Answer, Inputs, NodeLook, Verb } from './messages.ts';
import type { CondorWorkerLike, NodeMachine, RunnerOptions } from './runner-machine.ts';

/** Of the node's control port; see `resources/guest/condor`. */
export const controlPort = 9620;

/** Times are unfrozen ms. */
const helloMs = 60_000;
const callMs = 60_000;
const lookMs = 5000;
/** The node is told of changes no more often: each is a reconfiguration. */
const configureMs = 20_000;
/** How often it is asked whether the pool lets it in, while it is not known, and afterwards. */
const pingMs = 15_000;
const pingAgainMs = 10 * 60_000;
/** HTCondor's daemons need a moment beyond what jobs get. */
const stopMarginSeconds = 15;
const stopGraceSeconds = 10;
const maxProcesses = 2048;
const logBytes = 256 * 1024;

/** How a node's life came to its end here. */
export type StayEnd = 'handed-back' | 'halted';

export interface StayContext extends RunnerOptions {
  readonly machine: NodeMachine;
  readonly executions: Executions;
  readonly halt: Halt;
  readonly wait: UnfrozenWait;
  /** Whether what runs is to be handed back now, and the node ended. */
  readonly isOver: () => boolean;
  /** Of the node that an earlier session of the same machine has started. */
  readonly secret: { value: string | null };
  readonly onLook: (look: NodeLook) => void;
  /** `refused`: the pool does not let it in, with its words. */
  readonly onPing: (answer: Answer<'ping'>) => void;
  readonly onStorage: (failure: Failure | null) => void;
}

/** One session's time with a node: brings it up, tells it what it may take, and looks after it. */
export class Stay {
  readonly #o: StayContext;
  readonly #worker: CondorWorkerLike;
  #wake: () => void = () => undefined;
  #socketPath = '';
  #history = 0;
  #config = '';
  #configuredAt = Number.NEGATIVE_INFINITY;
  #pingAt = Number.NEGATIVE_INFINITY;
  #accepted = false;
  #frozenMs: number;

  constructor(o: StayContext) {
    this.#o = o;
    this.#worker = o.worker();
    this.#frozenMs = o.machine.frozenMs();
  }

  /** Resolves when the node was handed back, or halted. Rejects with `session-lost`, `agent-failed`, and what starting gave. */
  async run(): Promise<StayEnd> {
    const { halt } = this.#o;
    try {
      await this.#connect();
      for (;;) {
        const woken = new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        if (this.#o.isOver()) {
          await this.#handBack();
          return 'handed-back';
        }
        await this.#look();
        await this.#tellFrozen();
        await this.#configure();
        await this.#ping();
        if (!this.#o.isOver()) await this.#o.wait.pause(lookMs, halt, woken);
      }
    } catch (error) {
      if (error instanceof Halted) return 'halted';
      throw error;
    } finally {
      await Promise.resolve(this.#worker.dispose()).catch(() => undefined);
      this.#written(() => {
        this.#o.store.record(this.#o.id, this.#o.executions.open());
      });
    }
  }

  /** Something is different: the next look comes at once. */
  wake(): void {
    this.#wake();
  }

  async #connect(): Promise<void> {
    const { machine, halt, secret, store, id } = this.#o;
    const { collector, submits } = store.pool(id).membership;
    const places = [collector, ...submits];
    const { running } = await halt.race(machine.agentStatus());
    if (running && secret.value !== null) {
      await this.#forward(places);
      this.#socketPath = await halt.race(machine.reach(controlPort));
      return;
    }
    if (running) await halt.race(machine.stopAgent(stopGraceSeconds));
    // Whatever an earlier node ran went with it.
    const lost = this.#o.executions.lose({ now: this.#o.clock.now(), tariff: this.#tariff });
    this.#written(() => {
      store.record(id, lost);
    });
    await this.#start(places);
  }

  /** When the node is there, for its addresses come with it. */
  async #forward(places: readonly PoolPlace[]): Promise<void> {
    for (const place of places) await this.#o.halt.race(this.#o.machine.forward(place));
  }

  async #start(places: readonly PoolPlace[]): Promise<void> {
    const { machine, halt, secret, store, id, room } = this.#o;
    const { pool, host } = store.pool(id).membership;
    const token = await this.#o.token();
    if (token === null) {
      throw new GleanerError(
        'pool-refused',
        'This computer’s token for the pool is lost.',
        'Join the pool anew with a new enrolment.',
      );
    }
    const has = room();
    const value = randomBytes(24).toString('hex');
    const addresses = [...new Set([...places.map(({ address }) => address), nodeAddress(pool, host)])];
    await halt.race(
      machine.startAgent({
        argv: ['/usr/lib/gleaner/condor-agent'],
        env: { LANG: 'C.UTF-8', GLEANER_SECRET: value },
        addresses,
        memoryBytes: has.agentMemoryBytes,
        processes: maxProcesses,
        vcpus: has.vcpus,
        logBytes,
      }),
    );
    secret.value = value;
    await this.#forward(places);
    this.#socketPath = await halt.race(machine.reach(controlPort));
    await this.#hello();
    this.#config = this.#wantedConfig();
    this.#configuredAt = this.#o.wait.now();
    await this.#ask('start', { config: this.#config, tokens: [{ name: 'gleaner', text: token }] });
  }

  /** The agent listens a moment after it was started. */
  async #hello(): Promise<void> {
    const { wait, halt, machine } = this.#o;
    const from = wait.now();
    for (let n = 1; ; n += 1) {
      try {
        await this.#ask('hello', {});
        return;
      } catch (error) {
        if (error instanceof Halted || wait.now() - from > helloMs) throw error;
        const { running, words } = await halt.race(machine.agentStatus());
        if (!running) {
          throw new GleanerError('agent-failed', `The execute node ended by itself: ${words}.`);
        }
        await wait.pause(backoffMs(n, 250, 2000), halt);
      }
    }
  }

  async #look(): Promise<void> {
    const { machine, store, id, executions, clock } = this.#o;
    const look = await this.#ask('look', { history: this.#history });
    const { accelerator, applianceDigest } = machine.facts();
    const news = executions.take(look.jobs, look.records, {
      now: clock.now(),
      frozenSeconds: machine.frozenMs() / 1000,
      accelerator,
      appliance: applianceDigest,
      tariff: this.#tariff,
    });
    this.#written(() => {
      store.record(id, news);
      // What could not be written is read again.
      this.#history = look.next;
    });
    this.#o.onLook(look);
    if (!look.master) {
      // What is left of it makes room for a new one.
      this.#o.secret.value = null;
      throw new GleanerError(
        'agent-failed',
        `HTCondor’s daemons ended: ${look.ended ?? 'nobody knows why'}.`,
      );
    }
  }

  /** What stood still is told for each execution, so that the pool does not pay for it. */
  async #tellFrozen(): Promise<void> {
    const { machine, executions } = this.#o;
    const frozenMs = machine.frozenMs();
    if (frozenMs - this.#frozenMs < 1000) return;
    this.#frozenMs = frozenMs;
    const jobs = executions.frozen();
    if (Object.keys(jobs).length > 0) await this.#ask('frozen', { jobs });
  }

  async #configure(): Promise<void> {
    const wanted = this.#wantedConfig();
    const { wait } = this.#o;
    if (wanted === this.#config || wait.now() - this.#configuredAt < configureMs) return;
    await this.#ask('configure', { config: wanted });
    this.#config = wanted;
    this.#configuredAt = wait.now();
  }

  #wantedConfig(): string {
    const { store, id, room, offer, attributes } = this.#o;
    const { membership, noNewWork, documents } = store.pool(id);
    const { vcpus, jobMemoryBytes } = room();
    return nodeConfig(
      {
        ...membership,
        cores: vcpus,
        memoryBytes: jobMemoryBytes,
        vacateSeconds: documents?.policy.vacateSeconds ?? 60,
      },
      noNewWork ? null : offer(),
      attributes(),
    );
  }

  async #ping(): Promise<void> {
    const { wait, store, id } = this.#o;
    const every = this.#accepted ? pingAgainMs : pingMs;
    if (wait.now() - this.#pingAt < every) return;
    this.#pingAt = wait.now();
    const answer = await this.#ask('ping', {});
    this.#accepted = answer.answer === 'accepted';
    if (this.#accepted) {
      this.#written(() => {
        store.connected(id);
      });
    }
    this.#o.onPing(answer);
  }

  /** Jobs get their time to write checkpoints, by HTCondor's own means; then the node ends. */
  async #handBack(): Promise<void> {
    const { store, id, machine, halt, secret } = this.#o;
    const seconds = (store.pool(id).documents?.policy.vacateSeconds ?? 60) + stopMarginSeconds;
    await this.#ask('stop', { mode: 'graceful', seconds }, (seconds + 60) * 1000);
    // What the node has written of their ends.
    await this.#look().catch((error: unknown) => {
      if (!(error instanceof GleanerError) || error.code !== 'agent-failed') throw error;
    });
    await halt.race(machine.stopAgent(stopGraceSeconds));
    secret.value = null;
    const lost = this.#o.executions.lose({ now: this.#o.clock.now(), tariff: this.#tariff });
    this.#written(() => {
      store.record(id, lost);
    });
  }

  get #tariff() {
    return this.#o.store.pool(this.#o.id).documents?.tariff ?? null;
  }

  async #ask<V extends Exclude<Verb, 'enrolment' | 'documents' | 'statement'>>(
    verb: V,
    input: Omit<Inputs[V], 'socketPath' | 'secret'>,
    limitMs = callMs,
  ): Promise<Answer<V>> {
    const { wait, halt, secret, machine } = this.#o;
    // The table's input of this verb is what was asked and how to get there.
    const whole = {
      ...input,
      socketPath: this.#socketPath,
      secret: secret.value ?? '',
    } as unknown as Inputs[V];
    try {
      return await wait.within(limitMs, verb, halt, this.#worker.call(verb, whole));
    } catch (error) {
      // Nobody answers in a machine that is gone; that is told as what it is.
      if (!(error instanceof Halted)) await halt.race(machine.agentStatus());
      throw error;
    }
  }

  /** A disk that is full, or that fails, stops no job: it is told, and the next look tries again. */
  #written(write: () => void): void {
    try {
      write();
      this.#o.onStorage(null);
    } catch (error) {
      const failure = toFailure(error);
      this.#o.log.warn('condor', failure.sentence, { grid: this.#o.id, code: failure.code });
      this.#o.onStorage(failure);
    }
  }
}
