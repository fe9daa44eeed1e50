import { rm } from 'node:fs/promises';
import { type Failure, type FailureCode, toFailure } from '../../contract/index.ts';
import { Halt } from '../halt.ts';
import type { Ending } from './queue-ending.ts';
import type { Adopted } from './queue-parking.ts';
import type { LiveJob, Usage } from './queue-rows.ts';
import type { Lease } from './queue-types.ts';
import { elapsedAlarm, wallClockAlarm } from './runner-alarms.ts';
import { Checkpointer } from './runner-checkpoints.ts';
import type { AttemptContext, Collected, JobMachine, MachineJobEnd } from './runner-machine.ts';
import { concludeAttempt } from './runner-result.ts';
import { withRoom } from './runner-room.ts';
import { machineJobOf, stageInput } from './runner-stage.ts';
import { isCode, limitFailure, ownFault } from './runner-verdict.ts';

/** Between two tries to kill a job whose machine did not answer, in ms. */
const killAgainMs = 5000;

/** `parked`: its machine was saved, and it goes on with that; `again`: its job is queued again. */
export type AttemptOutcome = 'over' | 'again' | 'parked';

/**
 * One attempt at one job on one machine, from staging to its booking; or, when its machine was saved meanwhile, from
 * where that stood.
 */
export class Attempt {
  readonly id: string;
  readonly #o: AttemptContext;
  readonly #machine: JobMachine;
  readonly #lease: Lease;
  readonly #halt = new Halt();
  readonly #checkpointer: Checkpointer;
  readonly #alarms: (() => void)[] = [];
  readonly #since: { readonly monotonic: number; readonly frozen: number };
  readonly #adopted: Adopted | undefined;
  /** When the job began to run, on {@link #elapsedMs}. */
  #ranFrom: number | undefined;
  #progress: number | null = null;
  #progressText = '';
  #cpuSeconds = 0;
  #memoryPeakBytes = 0;
  #limit: Failure | undefined;
  /** Whether the machine was told to run the job, and whether the job may still run there. */
  #started = false;
  #ended = false;
  #settled = false;
  /** Settles when the machine is done with what it was last asked, however that ends. */
  #asked: Promise<unknown> = Promise.resolve();

  constructor(context: AttemptContext, machine: JobMachine, lease: Lease, adopted?: Adopted) {
    this.id = lease.id;
    this.#o = context;
    this.#machine = machine;
    this.#lease = lease;
    this.#adopted = adopted;
    if (adopted) {
      const { usage, parked } = adopted;
      this.#cpuSeconds = usage.cpuSeconds;
      this.#memoryPeakBytes = usage.memoryPeakBytes;
      this.#progress = parked.progress;
      this.#progressText = parked.progressText;
      this.#limit = parked.limit ?? undefined;
    }
    this.#since = { monotonic: context.clock.monotonic(), frozen: machine.frozenMs() };
    this.#checkpointer = new Checkpointer({
      context,
      lease,
      usage: () => this.#usage(),
      collect: (toPath, maxBytes) => this.#ask(machine.checkpointJob(this.id, toPath, maxBytes)),
    });
  }

  get settled(): boolean {
    return this.#settled;
  }

  live(): LiveJob {
    return {
      id: this.id,
      progress: this.#progress,
      progressText: this.#progressText,
      cpuSeconds: this.#cpuSeconds,
      memoryPeakBytes: this.#memoryPeakBytes,
    };
  }

  /**
   * Resolves once the attempt is settled (done, failed or aborted) or parked. Rejects, with the attempt booked as
   * interrupted and the job queued again, when the machine or this computer cannot go on. After `interrupt` it
   * resolves as soon as nothing of it runs here any more.
   */
  async run(): Promise<AttemptOutcome> {
    let ending: Ending | 'parked';
    let reason: Error | undefined;
    try {
      ending = await this.#execute();
    } catch (error) {
      const fault = ownFault(error);
      if (fault) ending = { outcome: 'failed', failure: fault, resultDigest: null };
      else if (this.#halt.halted) ending = { outcome: 'interrupted', orderly: true };
      else if (isCode(error, 'session-lost') && this.#machine.savedAs() !== null) ending = 'parked';
      else {
        ending = { outcome: 'interrupted', orderly: false };
        reason = error instanceof Error ? error : new Error(String(error));
      }
    }
    this.#disarm();
    let outcome: AttemptOutcome = 'again';
    try {
      outcome = await this.#withRoom(() => this.#conclude(ending));
    } catch (error) {
      // Halted while there was no room: either aborted meanwhile, or left for `recover` to book.
      if (!this.#halt.halted) throw error;
    }
    await this.#checkpointer.idle();
    if (reason !== undefined) throw reason;
    return outcome;
  }

  /** Ends the attempt for the person: booked as aborted before this returns. Throws what the booking throws. */
  abort(): void {
    this.#settle({ outcome: 'aborted' });
    this.#halt.halt();
  }

  /** Ends the attempt because this host ends. */
  interrupt(): void {
    this.#halt.halt();
  }

  /** Collects a checkpoint now, if the job keeps any; resolves also when that failed. */
  async saveProgress(): Promise<void> {
    if (this.#lease.document.checkpoint && this.#started && !this.#ended) await this.#checkpointer.now();
  }

  /** Leaves nothing of the job in the machine. */
  async clean(): Promise<void> {
    if (!this.#started) return;
    if (!this.#ended) await ignoring(this.#machine.killJob(this.id), 'not-found', 'wrong-phase');
    await this.#asked;
    await ignoring(this.#machine.cleanJob(this.id), 'not-found');
  }

  async #execute(): Promise<Ending> {
    const { step } = this.#o;
    let end: MachineJobEnd;
    if (this.#adopted) {
      this.#started = true;
      this.#arm();
      try {
        end = await this.#watch();
      } catch (error) {
        if (!isCode(error, 'not-found')) throw error;
        // Its machine was saved before the job had begun there.
        this.#started = false;
        return { outcome: 'interrupted', orderly: true };
      }
    } else {
      await this.#begin();
      this.#arm();
      end = await this.#watch();
    }
    this.#ended = true;
    this.#disarm();
    await this.#checkpointer.idle();
    step('ended');
    return concludeAttempt(
      {
        context: this.#o,
        document: this.#lease.document,
        id: this.id,
        collect: (toPath, maxBytes) => this.#collect(toPath, maxBytes),
        withRoom: (work) => this.#withRoom(work),
        halt: this.#halt,
      },
      end,
      this.#limit,
    );
  }

  async #begin(): Promise<void> {
    const { step } = this.#o;
    const inputTarPath = await this.#withRoom(() => stageInput(this.#o, this.id));
    step('staged');
    this.#started = true;
    await this.#withRoom(() => this.#ask(this.#machine.startJob(machineJobOf(this.#lease, inputTarPath))));
    step('started');
    await rm(this.#o.queue.files.temporaryPath(this.id, 'staged'), { force: true });
  }

  #watch(): Promise<MachineJobEnd> {
    const { onChange } = this.#o;
    return this.#halt.race(
      this.#machine.watchJob(this.id, {
        progress: (fraction, text) => {
          this.#progress = Math.min(1, Math.max(0, fraction));
          this.#progressText = text;
          onChange();
        },
        usage: (cpuSeconds, memoryPeakBytes) => {
          this.#cpuSeconds = Math.max(this.#cpuSeconds, cpuSeconds);
          this.#memoryPeakBytes = Math.max(this.#memoryPeakBytes, Math.round(memoryPeakBytes));
          if (this.#cpuSeconds > this.#lease.document.limits.cpu) this.#exceed('job-cpu-limit');
          onChange();
        },
      }),
    );
  }

  #arm(): void {
    const { clock } = this.#o;
    const { limits, deadline, checkpoint } = this.#lease.document;
    const from = this.#elapsedMs() - (this.#adopted?.parked.ranMs ?? 0);
    this.#ranFrom = from;
    this.#alarms.push(
      elapsedAlarm(
        clock,
        () => this.#elapsedMs() - from,
        limits.wall * 1000,
        () => {
          this.#exceed('job-wall-limit');
        },
      ),
    );
    if (deadline !== undefined) {
      this.#alarms.push(
        wallClockAlarm(clock, Date.parse(deadline), () => {
          this.#exceed('job-deadline');
        }),
      );
    }
    if (checkpoint) {
      const kept = this.#adopted?.kept;
      const passedMs = this.#elapsedMs() - (kept ? kept.wallSeconds * 1000 : from);
      this.#alarms.push(
        this.#checkpointer.every(checkpoint.interval * 1000, () => this.#elapsedMs(), passedMs),
      );
    }
  }

  #disarm(): void {
    for (const cancel of this.#alarms.splice(0)) cancel();
  }

  #exceed(code: 'job-wall-limit' | 'job-cpu-limit' | 'job-deadline'): void {
    // One that is parked in mid-kill is killed again.
    if (this.#limit && this.#limit !== this.#adopted?.parked.limit) return;
    this.#limit = limitFailure(code, this.#lease.document);
    this.#kill();
  }

  #kill(): void {
    this.#machine.killJob(this.id).catch((error: unknown) => {
      this.#o.log.warn('runner', toFailure(error).sentence, { job: this.id });
      if (this.#ended || this.#halt.halted) return;
      this.#alarms.push(
        this.#o.clock.after(killAgainMs, () => {
          this.#kill();
        }),
      );
    });
  }

  async #collect(toPath: string, maxBytes: number): Promise<Collected> {
    const ask = (): Promise<Collected> => this.#ask(this.#machine.collectJob(this.id, toPath, maxBytes));
    try {
      return await ask();
    } catch (error) {
      if (!isCode(error, 'session-lost')) throw error;
      // Only this session may be lost: a machine that lives tells the same end again.
      await this.#watch();
      return ask();
    }
  }

  #withRoom<T>(work: () => T | Promise<T>): Promise<T> {
    return withRoom(this.#o, this.#halt, work);
  }

  /** What was settled before (an abort) stays so. */
  #conclude(ending: Ending | 'parked'): AttemptOutcome {
    if (this.#settled) return 'over';
    if (ending === 'parked') {
      this.#park();
      return 'parked';
    }
    this.#settle(ending);
    return ending.outcome === 'interrupted' ? 'again' : 'over';
  }

  #settle(ending: Ending): void {
    this.#o.queue.settle(this.#lease, ending, this.#usage());
    this.#settled = true;
  }

  #park(): void {
    const generation = this.#machine.savedAs();
    if (generation === null) throw new Error('a machine that was saved is none now');
    this.#o.queue.park(this.#lease, {
      generation,
      usage: this.#usage(),
      ranMs: this.#ranFrom === undefined ? 0 : Math.max(0, this.#elapsedMs() - this.#ranFrom),
      limit: this.#limit ?? null,
      progress: this.#progress,
      progressText: this.#progressText,
    });
  }

  #ask<T>(asked: Promise<T>): Promise<T> {
    this.#asked = Promise.allSettled([this.#asked, asked]);
    return this.#halt.race(asked);
  }

  /** Unfrozen ms since the lease. */
  #elapsedMs(): number {
    const before = (this.#adopted?.usage.wallSeconds ?? 0) * 1000;
    return before + this.#o.clock.monotonic() - this.#since.monotonic - this.#frozenHereMs();
  }

  #frozenHereMs(): number {
    return this.#machine.frozenMs() - this.#since.frozen;
  }

  #frozenMs(): number {
    return (this.#adopted?.usage.frozenSeconds ?? 0) * 1000 + this.#frozenHereMs();
  }

  #usage(): Usage {
    return {
      wallSeconds: Math.max(0, Math.round(this.#elapsedMs())) / 1000,
      frozenSeconds: Math.max(0, Math.round(this.#frozenMs())) / 1000,
      cpuSeconds: this.#cpuSeconds,
      memoryPeakBytes: this.#memoryPeakBytes,
    };
  }
}

async function ignoring(asked: Promise<unknown>, ...codes: readonly FailureCode[]): Promise<void> {
  try {
    await asked;
  } catch (error) {
    if (!isCode(error, ...codes)) throw error;
  }
}
