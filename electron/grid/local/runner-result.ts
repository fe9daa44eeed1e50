import { type Failure, GleanerError, type JobDocument, toFailure } from '../../contract/index.ts';
import type { Halt } from '../halt.ts';
import type { Ending } from './queue-ending.ts';
import type { AttemptContext, Collected, MachineJobEnd } from './runner-machine.ts';
import { failureOfEnd, limitFailure } from './runner-verdict.ts';

interface EndedAttempt {
  readonly context: Pick<AttemptContext, 'queue' | 'judge' | 'clock' | 'log' | 'step'>;
  readonly document: JobDocument;
  readonly id: string;
  readonly halt: Halt;
  collect(toPath: string, maxBytes: number): Promise<Collected>;
  withRoom<T>(work: () => Promise<T>): Promise<T>;
}

/**
 * From the end of a job in its machine to the ending that is booked: collects the result, has it judged, and
 * leaves it synced under its final name. `limit` is why we killed the job, if we did.
 */
export async function concludeAttempt(
  attempt: EndedAttempt,
  end: MachineJobEnd,
  limit: Failure | undefined,
): Promise<Ending> {
  const { context, document, id } = attempt;
  const { queue, step } = context;
  const { truncated } = end;
  const late = document.deadline !== undefined && context.clock.now() >= Date.parse(document.deadline);
  const failure =
    failureOfEnd(end, limit, document) ?? (late ? limitFailure('job-deadline', document) : null);
  if (failure) return { outcome: 'failed', failure, resultDigest: await salvage(attempt), truncated };

  const digest = await attempt.withRoom(() => collect(attempt));
  step('result-collected');
  const verdict = await attempt.halt.race(
    context.judge({
      check: document.check,
      inputTarPath: queue.files.inputPath(id),
      resultTarPath: queue.files.temporaryPath(id, 'result'),
    }),
  );
  step('result-judged');
  await attempt.withRoom(() => publish(attempt));
  if (verdict.ok) return { outcome: 'done', resultDigest: digest, truncated };
  const unsound: Failure = { code: 'job-check-failed', sentence: verdict.sentence };
  return { outcome: 'failed', failure: unsound, resultDigest: digest, truncated };
}

/** What a failed job left, for the person to look at; that it cannot be had changes nothing. */
async function salvage(attempt: EndedAttempt): Promise<string | null> {
  try {
    const digest = await collect(attempt);
    await publish(attempt);
    return digest;
  } catch (error) {
    if (attempt.halt.halted) throw error;
    attempt.context.log.warn('runner', toFailure(error).sentence, { job: attempt.id });
    return null;
  }
}

async function collect(attempt: EndedAttempt): Promise<string> {
  const { files } = attempt.context.queue;
  const partPath = files.temporaryPath(attempt.id, 'result');
  const { digest } = await attempt.collect(partPath, attempt.document.limits.output);
  if (await files.matches(partPath, digest)) return digest;
  throw new GleanerError('storage-failed', "The job's result did not arrive on the disk as it was sent.");
}

async function publish({ context, id }: EndedAttempt): Promise<void> {
  const { files } = context.queue;
  await files.publish(files.temporaryPath(id, 'result'), files.resultPath(id), (done) => {
    context.step(`result-${done}`);
  });
}
