import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { Log } from '../../base/log.ts';
import { toFailure } from '../../contract/failures.ts';
import { putInPlace, type UpdateFiles } from './files.ts';
import type { GuardOptions } from './guard.ts';
import { afterTakenBack, type Trial, trialStep } from './trial.ts';

export interface BeginOptions {
  readonly files: UpdateFiles;
  readonly version: string;
  /** Brings the database into a form that this version reads, after that newer one; rejects `storage-failed`. */
  readonly takeUpAfter: (version: string) => Promise<string | null>;
  /** How the program is started again. */
  readonly again: Pick<GuardOptions, 'args' | 'env'>;
  /** Leaves behind who starts the version before. */
  readonly leaveGuard: (guard: GuardOptions) => Promise<void>;
  /** Epoch ms. */
  readonly now: () => number;
  readonly log: Log;
}

/**
 * What a start does first about an update, before it touches the data folder: counts it, where this version is on trial;
 * gives way to the version before, where this one had its chances; or remembers that a newer one was taken back.
 * @returns the trial that this version is on; `'gone'`: the version before is being started, and this one is to end
 */
export async function beginUpdates(o: BeginOptions): Promise<Trial | null | 'gone'> {
  const { files, version, log } = o;
  const step = trialStep(files.readTrial(), version);
  switch (step.do) {
    case 'nothing':
      return null;
    case 'try':
      files.countStart(step.trial);
      log.info('update', 'on trial', { version, start: step.trial.starts });
      return step.trial;
    case 'remember': {
      const { trial } = step;
      // Every way back moves that file. While it is there, the newer one never took our place: the power went before that.
      if (existsSync(trial.previous)) {
        files.endTrial();
        await rm(trial.previous, { force: true });
        log.info('update', 'was not put in place', { version: trial.version });
        return null;
      }
      const aside = await o.takeUpAfter(trial.version);
      await files.writeMemory(afterTakenBack(files.readMemory(), trial.version, o.now()));
      files.endTrial();
      log.warn('update', 'a newer version was taken back', { version: trial.version, aside: aside ?? '' });
      return null;
    }
    case 'put-back':
      return await putBack(o, step.trial);
  }
}

async function putBack(
  { files, log, again, leaveGuard }: BeginOptions,
  trial: Trial,
): Promise<null | 'gone'> {
  const { previous, target, version } = trial;
  try {
    await putInPlace(previous, target);
  } catch (error) {
    // What it would go back to is not there any more.
    log.warn('update', 'not put back', { version, words: toFailure(error).sentence });
    files.endTrial();
    return null;
  }
  log.warn('update', 'never became healthy; the version before is put back', { version });
  await leaveGuard({
    ...again,
    target,
    previous: null,
    healthyPath: files.healthyPath,
    tries: 0,
    limitSeconds: 0,
  });
  return 'gone';
}
