import { rm } from 'node:fs/promises';
import { type FailureCode, GleanerError, toFailure } from '../../contract/index.ts';
import { Halted } from '../halt.ts';
import type { Usage } from './queue-rows.ts';
import type { Lease } from './queue-types.ts';
import { elapsedAlarm } from './runner-alarms.ts';
import type { AttemptContext, Collected } from './runner-machine.ts';
import { isCode } from './runner-verdict.ts';

interface CheckpointerOptions {
  readonly context: Pick<AttemptContext, 'queue' | 'clock' | 'log' | 'onChange' | 'onProblem' | 'step'>;
  readonly lease: Lease;
  usage(): Usage;
  /** Leaves the published checkpoint at the path; null when nothing is published. */
  collect(toPath: string, maxBytes: number): Promise<Collected | null>;
}

/** What the next collection is likely to meet again; a lost session is mended or ends the attempt. */
const toldCodes: readonly FailureCode[] = [
  'disk-full',
  'storage-failed',
  'archive-invalid',
  'archive-too-large',
  'guest-protocol',
];

/** Collects the checkpoints of one attempt. One that fails is a problem to be shown; the job goes on. */
export class Checkpointer {
  readonly #o: CheckpointerOptions;
  #collecting: Promise<void> = Promise.resolve();

  constructor(options: CheckpointerOptions) {
    this.#o = options;
  }

  /**
   * Collects whenever `intervalMs` of `elapsedMs` have passed since the last one; returns the way to stop.
   * @param passedMs how much of the first interval has passed already
   */
  every(intervalMs: number, elapsedMs: () => number, passedMs = 0): () => void {
    let stopped = false;
    let cancel: () => void = () => undefined;
    const arm = (waitMs: number): void => {
      cancel = elapsedAlarm(this.#o.context.clock, elapsedMs, elapsedMs() + waitMs, () => {
        void this.now().then(() => {
          if (!stopped) arm(intervalMs);
        });
      });
    };
    arm(Math.max(0, intervalMs - passedMs));
    return () => {
      stopped = true;
      cancel();
    };
  }

  /** Collects once, after a collection that is under way; resolves also when it failed. */
  now(): Promise<void> {
    this.#collecting = this.#collecting.then(() => this.#collect());
    return this.#collecting;
  }

  /** Resolves when no collection is under way. */
  idle(): Promise<void> {
    return this.#collecting;
  }

  async #collect(): Promise<void> {
    const { context, lease } = this.#o;
    const { queue, step } = context;
    const partPath = queue.files.temporaryPath(lease.id, 'checkpoint');
    try {
      step('checkpoint-asked');
      const collected = await this.#o.collect(partPath, lease.document.resources.disk);
      if (collected) {
        await this.#keep(partPath, collected);
        context.onProblem(null);
        context.onChange();
      }
    } catch (error) {
      if (!(error instanceof Halted)) this.#report(error);
      await rm(partPath, { force: true }).catch((left: unknown) => {
        this.#report(left);
      });
    }
    step('checkpoint-over');
  }

  #report(error: unknown): void {
    const { context, lease } = this.#o;
    const failure = toFailure(error);
    context.log.warn('runner', `no checkpoint: ${failure.sentence}`, { job: lease.id, code: failure.code });
    if (!isCode(error, ...toldCodes)) return;
    const sentence = `No checkpoint was kept. ${failure.sentence}`.slice(0, 1000);
    context.onProblem({ ...failure, sentence });
  }

  async #keep(partPath: string, { digest, bytes }: Collected): Promise<void> {
    const { queue, step } = this.#o.context;
    const { id } = this.#o.lease;
    if (!(await queue.files.matches(partPath, digest))) {
      throw new GleanerError('storage-failed', 'The checkpoint did not arrive on the disk as it was sent.');
    }
    step('checkpoint-collected');
    const n = queue.checkpoints.next(id);
    await queue.files.publish(partPath, queue.files.checkpointPath(id, n), (done) => {
      step(`checkpoint-${done}`);
    });
    const dropped = queue.recordCheckpoint(this.#o.lease, { n, digest, bytes }, this.#o.usage());
    step('checkpoint-recorded');
    for (const older of dropped) await queue.files.removeCheckpoint(id, older);
    step('checkpoint-swept');
  }
}
