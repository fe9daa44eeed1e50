import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { type Failure, fromFailure, GleanerError, toFailure } from '../contract/failures.ts';
import type { VmFolder } from './folder.ts';
import type { Prepared } from './prepare.ts';
import type { VmRun } from './run.ts';
import { Saver, unsavedFailure } from './saver.ts';
import { readHeader, removeStates, type Secrets } from './state-file.ts';
import { unfit } from './state-format.ts';

/** How a save took, in ms, and how long its state is, in bytes. */
export interface SaveFigures {
  readonly bytes: number;
  readonly ms: number;
}

interface StatesOptions {
  readonly name: string;
  readonly memoryBytes: number;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly log: Log;
}

/** What is known of a VM's saved state, and the save that is under way. */
export class States {
  readonly #o: StatesOptions;
  readonly #saver: Saver;
  #onDisk: { readonly generation: string; readonly bytes: number } | undefined;
  #trouble: Failure | undefined;
  #saving: Promise<SaveFigures> = Promise.resolve({ bytes: 0, ms: 0 });
  #cancel = new AbortController();

  constructor(o: StatesOptions) {
    this.#o = o;
    this.#saver = new Saver(o);
  }

  /** The state that lies on the disk; undefined before it is whole and from when it is used up. */
  get onDisk(): { readonly generation: string; readonly bytes: number } | undefined {
    return this.#onDisk;
  }

  /** Why the last save came to nothing, or why a saved state did not come back. */
  get trouble(): Failure | undefined {
    return this.#trouble;
  }

  /** The last save. */
  get saving(): Promise<SaveFigures> {
    return this.#saving;
  }

  estimate(live: VmRun | undefined): SaveFigures {
    return this.#saver.estimate(live?.residentBytes ?? 0);
  }

  /** Whether an earlier host left a state in the folder. */
  async find(folder: VmFolder): Promise<boolean> {
    try {
      const { header, bytes } = await readHeader(folder.statePath);
      this.#onDisk = { generation: header.generation, bytes };
      return true;
    } catch (error) {
      if (error instanceof GleanerError) this.#o.log.warn('vm', error.message, { vm: this.#o.name });
      return false;
    }
  }

  /**
   * Saves. `whose` runs the work when the folder is free, with the guest to be saved. Calls `done` when a state is on
   * the disk, or `failed`; neither once cancelled.
   */
  save(
    whose: <T>(work: (live: VmRun, prepared: Prepared) => Promise<T>) => Promise<T>,
    on: { done: () => void; failed: (failure: Failure) => void },
  ): void {
    const cancel = new AbortController();
    this.#cancel = cancel;
    this.#saving = this.#save(whose, on, cancel.signal);
    this.#saving.catch(() => undefined);
  }

  cancel(): void {
    this.#cancel.abort(new GleanerError('wrong-phase', 'The virtual machine goes on, so it is not saved.'));
  }

  /** After {@link cancel}: resolves when nothing of a state is left and QEMU sends no more. */
  async cancelled(): Promise<void> {
    if (this.#cancel.signal.aborted) await this.#saving.catch(() => undefined);
  }

  /** The state is used up, or its disks are gone. */
  gone(): void {
    this.#onDisk = undefined;
  }

  forgo(failure: Failure): void {
    this.gone();
    this.#trouble =
      failure.code === 'state-unfit'
        ? failure
        : unfit(`it did not come back (${failure.sentence.replace(/\.$/, '')})`).toFailure();
    this.#o.log.warn('vm', this.#trouble.sentence, { vm: this.#o.name });
  }

  /** The guest goes on: what was wrong is past. */
  forget(): void {
    this.#trouble = undefined;
  }

  async #save(
    whose: <T>(work: (live: VmRun, prepared: Prepared) => Promise<T>) => Promise<T>,
    on: { done: () => void; failed: (failure: Failure) => void },
    cancelled: AbortSignal,
  ): Promise<SaveFigures> {
    const { name, memoryBytes, log } = this.#o;
    try {
      return await whose(async (live, prepared) => {
        const saved = await this.#saver.save(live, prepared, memoryBytes, cancelled);
        // From here to `done` nothing is awaited that could let a cancel come between.
        if (!cancelled.aborted) {
          this.#onDisk = { generation: saved.generation, bytes: saved.bytes };
          this.#trouble = undefined;
          log.info('vm', 'the state is saved', { bytes: saved.bytes, ms: Math.round(saved.ms) });
          on.done();
          return { bytes: saved.bytes, ms: saved.ms };
        }
        await removeStates(prepared.folder);
        throw cancelled.reason instanceof Error ? cancelled.reason : new Error('cancelled');
      });
    } catch (error) {
      if (!cancelled.aborted) {
        const failure = unsavedFailure(error);
        log.warn('vm', failure.sentence, { vm: name, code: failure.code });
        if (failure.code !== 'qemu-exited') this.#trouble = failure;
        on.failed(failure);
      }
      throw fromFailure(toFailure(error));
    }
  }
}
