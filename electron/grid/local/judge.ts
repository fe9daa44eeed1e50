import { type Clock, systemClock } from '../../base/clock.ts';
import type { SpawnWorker } from '../../base/worker.ts';
import { fromFailure, GleanerError } from '../../contract/failures.ts';
import type { JobDocument } from '../../contract/job.ts';
import { JudgeAnswer, type JudgeRequest, maxTailBytes } from './judge-messages.ts';

/** A worker that has not answered by then hangs; reading the largest result takes seconds. */
const hangLimitMs = 120_000;

export type Verdict = { readonly ok: true } | { readonly ok: false; readonly sentence: string };

interface Means {
  readonly spawnWorker: SpawnWorker;
  readonly clock?: Clock;
}

/**
 * Judges a job's result by the check that its document names, in a worker of its own. A result that cannot be
 * read, or that breaks or hangs the worker, is a bad one. Rejects with `storage-failed` when the job's files
 * cannot be read from the disk: that says nothing about the result.
 */
export async function judge({
  check,
  inputTarPath,
  resultTarPath,
  ...means
}: Means & {
  readonly check: JobDocument['check'];
  readonly inputTarPath: string;
  readonly resultTarPath: string;
}): Promise<Verdict> {
  if (check === 'none') return { ok: true };
  const answer = await ask(means, { kind: 'judge', check, inputTarPath, resultTarPath });
  if (answer === undefined) return bad('reading it broke the judge');
  if (answer.kind === 'verdict') return answer.fault === null ? { ok: true } : bad(answer.fault);
  if (answer.kind === 'failed' && answer.failure.code.startsWith('archive-')) {
    return bad(answer.failure.sentence);
  }
  throw answer.kind === 'failed' ? fromFailure(answer.failure) : unexpected();
}

/**
 * The last `maxBytes` (at most 64 KiB) of a job's stdout or stderr in its collected result, as hostile text;
 * '' when there is none. Rejects with `archive-invalid`, `storage-failed`, or `internal` when the worker breaks.
 */
export async function tailOfResult({
  resultTarPath,
  name,
  maxBytes,
  ...means
}: Means & {
  readonly resultTarPath: string;
  readonly name: 'stdout' | 'stderr';
  readonly maxBytes: number;
}): Promise<string> {
  const bytes = Math.max(1, Math.min(maxBytes, maxTailBytes));
  const answer = await ask(means, { kind: 'tail', resultTarPath, name, maxBytes: bytes });
  if (answer?.kind === 'tail') return answer.text;
  throw answer?.kind === 'failed' ? fromFailure(answer.failure) : unexpected();
}

/** One question to one worker, which is gone afterwards; undefined when it died, hung or talked nonsense. */
function ask(
  { spawnWorker, clock = systemClock }: Means,
  request: JudgeRequest,
): Promise<JudgeAnswer | undefined> {
  return new Promise((resolve) => {
    const worker = spawnWorker('judge');
    const settle = (answer: JudgeAnswer | undefined): void => {
      cancelLimit();
      worker.kill();
      resolve(answer);
    };
    const cancelLimit = clock.after(hangLimitMs, () => {
      settle(undefined);
    });
    worker.onMessage((message) => {
      settle(JudgeAnswer.safeParse(message).data);
    });
    worker.onExit(() => {
      settle(undefined);
    });
    worker.send(request);
  });
}

function bad(fault: string): Verdict {
  return { ok: false, sentence: `The result did not pass its check: ${fault.replace(/\.$/, '')}.` };
}

function unexpected(): GleanerError {
  return new GleanerError('internal', 'The worker that reads results failed.');
}
