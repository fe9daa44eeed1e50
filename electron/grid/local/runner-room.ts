import { toFailure } from '../../contract/index.ts';
import type { Halt } from '../halt.ts';
import type { AttemptContext } from './runner-machine.ts';
import { isCode } from './runner-verdict.ts';

/** Between two tries at what a full disk refused, in ms. */
const lookMs = 30_000;

/**
 * Does what a full disk may refuse; says so (`onProblem`) and tries again until there is room. Rejects when
 * halted while it waits, and with whatever else `work` throws.
 */
export async function withRoom<T>(
  { clock, log, onProblem }: Pick<AttemptContext, 'clock' | 'log' | 'onProblem'>,
  halt: Halt,
  work: () => T | Promise<T>,
): Promise<T> {
  for (let waited = false; ; waited = true) {
    try {
      const done = await work();
      if (waited) onProblem(null);
      return done;
    } catch (error) {
      if (!isCode(error, 'disk-full')) throw error;
      const failure = toFailure(error);
      log.warn('runner', `${failure.sentence} Waiting for room.`);
      onProblem(failure);
    }
    let cancel: () => void = () => undefined;
    const pause = new Promise<void>((resolve) => {
      cancel = clock.after(lookMs, resolve);
    });
    try {
      await halt.race(pause);
    } finally {
      cancel();
    }
  }
}
