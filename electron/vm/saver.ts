import type { Clock } from '../base/clock.ts';
import { type Failure, GleanerError, toFailure } from '../contract/failures.ts';
import type { VmFolder } from './folder.ts';
import type { Prepared } from './prepare.ts';
import type { VmRun } from './run.ts';
import {
  publishState,
  removeStates,
  requireDisks,
  roomIn,
  type Secrets,
  StateWriter,
  stateKey,
  syncDisks,
} from './state-file.ts';
import { newHeader } from './state-format.ts';

const MiB = 1024 * 1024;
/** What may come beside the guest's memory: devices, and the marks between pages. */
const slackBytes = 64 * MiB;
/** Room that a save leaves on the disk for others. */
const reserveBytes = 32 * MiB;
/** Until a save was measured: a slow disk. Bytes per ms. */
const cautiousRate = 40_000;
const cautiousExtraMs = 300;

export interface Saved {
  readonly generation: string;
  /** Length of the state on the disk. */
  readonly bytes: number;
  /** From the asking until the state was durable. */
  readonly ms: number;
}

interface SaveOrder {
  readonly live: VmRun;
  readonly prepared: Prepared;
  readonly memoryBytes: number;
  readonly signal: AbortSignal;
}

/** Saves a VM that is frozen, one at a time. Knows how long the last one took. */
export class Saver {
  readonly #secrets: Secrets;
  readonly #clock: Clock;
  #rate = cautiousRate;
  #lastBytes: number | undefined;
  #hold: Promise<unknown> = Promise.resolve();

  constructor(o: { secrets: Secrets; clock: Clock }) {
    this.#secrets = o.secrets;
    this.#clock = o.clock;
  }

  /** What a save would take; from what the last one came to, else from QEMU's resident memory, which is more. */
  estimate(residentBytes: number): { bytes: number; ms: number } {
    const bytes = this.#lastBytes ?? residentBytes;
    return { bytes, ms: Math.ceil(bytes / this.#rate) + cautiousExtraMs };
  }

  /**
   * After the signal of a save: resolves when nothing of that save stands in the way of a guest that runs. What is
   * left to tidy up then is of no use to anybody.
   */
  async released(): Promise<void> {
    await this.#hold.catch(() => undefined);
  }

  /**
   * Leaves the state of a frozen guest durable on the disk, and calls `commit` in the instant in which it counts.
   * Rejects `disk-full`, `state-unavailable`, `qemu-exited`, the signal's reason, or what the file system says; then
   * nothing of a state is left, and the guest can go on.
   */
  async save(
    { live, prepared, memoryBytes, signal }: SaveOrder,
    commit: (saved: Saved) => void,
  ): Promise<Saved> {
    const { folder } = prepared;
    const began = this.#clock.monotonic();
    this.#hold = Promise.resolve();
    try {
      await live.standStill();
      await this.#requireRoom(live, folder.dir);
      const disks = await syncDisks(prepared.disks);
      const header = newHeader({ savedAt: this.#clock.now(), fitness: prepared.fitness, disks });
      const key = await stateKey(this.#secrets);
      const writer = await StateWriter.create(folder.newStatePath, key, header, prepared.keys);
      try {
        signal.throwIfAborted();
        const sending = live.send({
          signal,
          limitBytes: memoryBytes * 1.01 + slackBytes,
          take: (piece) => writer.write(piece),
        });
        this.#hold = sending;
        await sending;
        await writer.finish();
      } finally {
        await writer.close();
      }
      await requireDisks(prepared.disks, header);
      signal.throwIfAborted();
      const { bytes } = writer;
      const publishing = this.#publish(folder, signal, () => {
        const ms = this.#clock.monotonic() - began;
        const saved = { generation: header.generation, bytes, ms };
        this.#lastBytes = bytes;
        this.#rate = bytes / Math.max(1, ms);
        commit(saved);
        return saved;
      });
      this.#hold = publishing;
      return await publishing;
    } catch (error) {
      await removeStates(folder);
      throw error;
    }
  }

  async #publish(folder: VmFolder, signal: AbortSignal, commit: () => Saved): Promise<Saved> {
    await publishState(folder);
    if (!signal.aborted) return commit();
    await removeStates(folder);
    throw signal.reason;
  }

  async #requireRoom(live: VmRun, dirPath: string): Promise<void> {
    const { bytes } = this.estimate(live.residentBytes ?? 0);
    if ((await roomIn(dirPath)) >= bytes + reserveBytes) return;
    throw new GleanerError(
      'disk-full',
      `The disk is full: a saved state of about ${Math.ceil(bytes / MiB)} MiB does not fit.`,
      'Free some space; Gleaner goes on by itself.',
    );
  }
}

/** Why a save came to nothing, as a problem of a VM that stays frozen. Pure. */
export function unsavedFailure(error: unknown): Failure {
  const failure = toFailure(error);
  const sentence = `The virtual machine was not saved, so it keeps its memory. ${failure.sentence}`;
  return { ...failure, sentence: sentence.slice(0, 1000) };
}
