import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';
import type { Log } from '../../base/log.ts';
import { type Failure, GleanerError, toFailure } from '../../contract/index.ts';
import { Halt } from '../halt.ts';
import type { LocalQueue } from './queue.ts';
import type { Adopted } from './queue-parking.ts';
import type { LiveJob } from './queue-rows.ts';
import type { Lease } from './queue-types.ts';
import { Attempt, type AttemptOutcome } from './runner-attempt.ts';
import type { AttemptContext, JobMachine, Judge, RunnerStep } from './runner-machine.ts';
import { withRoom } from './runner-room.ts';

export type { JobMachine } from './runner-machine.ts';

export interface RunnerOptions {
  readonly queue: LocalQueue;
  readonly judge: Judge;
  readonly clock: Clock;
  readonly log: Log;
  /** Something that the queue or `current` tells has changed. */
  readonly onChange: () => void;
  /** What is wrong although the job goes on or waits (a full disk); null when it is mended. */
  readonly onProblem: (failure: Failure | null) => void;
  /** Told the name of each step; tests stop the process there. */
  readonly step?: (name: RunnerStep) => void;
}

/** Why a run ended: no job is left, it was disposed of, or its machine was saved with the attempt in it. */
export type RunEnd = 'idle' | 'stopped' | 'parked';

type Work = { readonly lease: Lease } | ({ readonly lease: Lease } & Adopted);

/** Runs the queue's jobs, one at a time, on the machine that it is given. */
export class LocalRunner implements Disposable {
  readonly #o: AttemptContext;
  #attempt: Attempt | undefined;
  #running: Promise<unknown> | undefined;
  /** An attempt that may have left its job in a machine. */
  #unclean: { readonly machine: JobMachine; readonly attempt: Attempt } | undefined;
  readonly #halt = new Halt();

  constructor({ step, ...options }: RunnerOptions) {
    const onChange = (): void => {
      options.queue.tell(this.current());
      options.onChange();
    };
    this.#o = { ...options, onChange, step: step ?? (() => undefined) };
  }

  /**
   * Takes jobs until none is queued, or until it is disposed of. A job that fails does not stop the next, and a
   * full disk is waited for; a machine or a disk that stops it rejects with its failure (`session-lost`, …): the
   * attempt is then booked as interrupted and its job queued again. On a machine that was saved with an attempt of
   * ours, that goes on first; when the machine is saved meanwhile, this resolves with `parked`.
   */
  run(machine: JobMachine): Promise<RunEnd> {
    if (this.#running) {
      return Promise.reject(new GleanerError('wrong-phase', 'The local grid already runs on a machine.'));
    }
    const run = this.#loop(machine).finally(() => {
      this.#running = undefined;
    });
    this.#running = run;
    return run;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** What is known of the job that runs now. */
  current(): LiveJob | undefined {
    return this.#attempt?.live();
  }

  /**
   * Aborts a queued or running job; resolves once that is booked, also while the machine is frozen. Rejects with
   * `not-found`, `job-finished`, or what the database throws.
   */
  async abort(id: string): Promise<void> {
    const attempt = this.#attempt;
    if (attempt?.id === id && !attempt.settled) {
      attempt.abort();
    } else {
      this.#o.queue.abortWaiting(id);
      await this.#o.queue.files.removeWork(id);
    }
    this.#o.onChange();
  }

  /** Collects a checkpoint of the running job if the machine delivers one within `limitMs`. */
  async keep(limitMs: number): Promise<void> {
    if (this.#attempt) await this.#within(limitMs, this.#attempt.saveProgress());
  }

  /**
   * Ends the running attempt as interrupted, after a last checkpoint if the machine delivers one within
   * `saveMs`; resolves when nothing runs here any more. With 0 nothing is asked of the machine.
   */
  async dispose(saveMs = 0): Promise<void> {
    if (saveMs > 0) await this.keep(saveMs);
    this.#halt.halt();
    this.#attempt?.interrupt();
    await this.#running?.catch(() => undefined);
  }

  #within(ms: number, doing: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#o.clock.after(ms, resolve);
      void doing.then(() => {
        cancel();
        resolve();
      });
    });
  }

  async #loop(machine: JobMachine): Promise<RunEnd> {
    const { queue, step, onChange } = this.#o;
    try {
      await this.#clean(machine);
      const generation = machine.restoredFrom();
      await this.#withRoom(() => {
        queue.reclaim(generation);
      });
      let next: Work | undefined = this.#halt.halted
        ? undefined
        : await this.#withRoom(() => queue.adopt(generation));
      for (;;) {
        next ??= await this.#lease(machine);
        onChange();
        if (!next) return this.#halt.halted ? 'stopped' : 'idle';
        const { lease } = next;
        const outcome = await this.#runOne(machine, next);
        next = undefined;
        if (outcome === 'parked') return 'parked';
        // Interrupted, hence queued again: its files are needed, and the machine is no more ours to ask.
        if (this.#halt.halted) return 'stopped';
        await this.#clean(machine);
        step('cleaned');
        if (outcome === 'over') await queue.files.removeWork(lease.id);
        step('swept');
      }
    } catch (error) {
      if (this.#halt.halted) return 'stopped';
      throw error;
    }
  }

  async #lease(machine: JobMachine): Promise<Work | undefined> {
    if (this.#halt.halted) return undefined;
    const lease = await this.#withRoom(() => this.#o.queue.lease(machine.facts()));
    if (lease) this.#o.step('leased');
    return lease && { lease };
  }

  #withRoom<T>(work: () => T): Promise<T> {
    return withRoom(this.#o, this.#halt, work);
  }

  async #runOne(machine: JobMachine, { lease, ...adopted }: Work): Promise<AttemptOutcome> {
    const attempt = new Attempt(this.#o, machine, lease, 'parked' in adopted ? adopted : undefined);
    this.#attempt = attempt;
    this.#unclean = { machine, attempt };
    try {
      const outcome = await attempt.run();
      // What it left in the machine is what it goes on with.
      if (outcome === 'parked') this.#unclean = undefined;
      return outcome;
    } catch (error) {
      await this.#clean(machine).catch((left: unknown) => {
        this.#o.log.warn('runner', toFailure(left).sentence, { job: lease.id });
      });
      throw error;
    } finally {
      this.#attempt = undefined;
      // What was wrong with keeping this attempt's files is over with it.
      this.#o.onProblem(null);
      this.#o.onChange();
    }
  }

  /** A machine that is not the one of the last attempt holds nothing of it. */
  async #clean(machine: JobMachine): Promise<void> {
    if (this.#unclean?.machine === machine) await this.#halt.race(this.#unclean.attempt.clean());
    this.#unclean = undefined;
  }
}
