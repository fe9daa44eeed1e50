import type { Socket } from 'node:net';
import type { TokenBucket } from './bucket.ts';
import { Pump } from './pump.ts';

export interface JoinOptions {
  readonly guest: Socket;
  readonly outside: Socket;
  /** From the guest to the outside, and back. */
  readonly up: TokenBucket;
  readonly down: TokenBucket;
  /** Ends both at once. */
  readonly signal: AbortSignal;
  /** Bytes were handed on, in either direction. */
  readonly onProgress: () => void;
}

/**
 * Carries bytes both ways, and the end of each direction by itself. Resolves when both directions have ended and all
 * is handed on; what is still on its way to either side is the caller's to wait for. Rejects with the signal's
 * reason; both are gone then.
 */
export function join({ guest, outside, up, down, signal, onProgress }: JoinOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    let open = 2;
    const carry = (from: Socket, to: Socket, bucket: TokenBucket): Pump => {
      const pump = new Pump({
        from,
        to,
        bucket,
        onProgress,
        onEnd: () => {
          done();
        },
      });
      let isDone = false;
      const done = (): void => {
        if (isDone) return;
        isDone = true;
        pump.dispose();
        to.end();
        open -= 1;
        if (open === 0) finish();
      };
      // What it said last may still wait for its turn, or for the other side to take it.
      onceClosed(from, () => {
        pump.finish();
      });
      // Nobody is there to take it.
      onceClosed(to, done);
      return pump;
    };
    const stop = (): void => {
      for (const pump of pumps) pump.dispose();
      signal.removeEventListener('abort', abort);
    };
    const finish = (): void => {
      stop();
      resolve();
    };
    const abort = (): void => {
      stop();
      guest.destroy();
      outside.destroy();
      reject(signal.reason as Error);
    };
    const pumps = [carry(guest, outside, up), carry(outside, guest, down)];
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort);
  });
}

/** One that is closed already does not say so again. */
function onceClosed(socket: Socket, hear: () => void): void {
  if (socket.closed) queueMicrotask(hear);
  else socket.once('close', hear);
}
