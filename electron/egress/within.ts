import type { Clock } from '../base/clock.ts';

export interface Limit {
  readonly clock: Clock;
  readonly ms: number;
  /** Calls the work off, with its reason. */
  readonly signal: AbortSignal;
  /** What is thrown when the time is over. */
  readonly late: Error;
}

/** Does work within a time limit; it is told by its signal to stop when that is over, or nobody wants it any more. */
export async function within<T>(
  { clock, ms, signal, late }: Limit,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const control = new AbortController();
  const passOn = (): void => {
    control.abort(signal.reason);
  };
  const cancel = clock.after(ms, () => {
    control.abort(late);
  });
  signal.addEventListener('abort', passOn);
  let onAbort: () => void = () => undefined;
  try {
    const called = new Promise<never>((_, reject) => {
      onAbort = () => {
        reject(control.signal.reason as Error);
      };
      control.signal.addEventListener('abort', onAbort);
    });
    return await Promise.race([work(control.signal), called]);
  } finally {
    cancel();
    signal.removeEventListener('abort', passOn);
    control.signal.removeEventListener('abort', onAbort);
  }
}
