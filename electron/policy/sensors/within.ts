import type { Clock } from '../../base/clock.ts';
import { GleanerError } from '../../contract/failures.ts';

/** The answer, or `sensor-failed` with `words` when it takes longer than `ms`. */
export function within<T>(clock: Clock, ms: number, answer: Promise<T>, words: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => {
      reject(new GleanerError('sensor-failed', words));
    });
    answer.then(resolve, reject).finally(cancel);
  });
}
