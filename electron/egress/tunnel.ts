import type { Socket } from 'node:net';
import type { Clock } from '../base/clock.ts';
import type { Exchange, Means } from './exchange.ts';
import { watchIdle } from './idle.ts';
import { Pump } from './pump.ts';
import { tooSlow } from './refusal.ts';

const established = 'HTTP/1.1 200 Connection established\r\n\r\n';

/**
 * Carries a CONNECT request: gets to the target, says so, and joins both ends until they are done. Rejects with why
 * it did not come about before anything was said; afterwards every end is a quiet one. Both sockets are gone then.
 */
export async function carryTunnel(
  means: Means,
  exchange: Exchange,
  guest: Socket,
  head: Buffer,
): Promise<void> {
  const { target, match, signal } = exchange;
  const outside = await means.reach.tunnel(target, match, signal);
  if (signal.aborted) {
    outside.destroy();
    throw signal.reason;
  }
  if (head.length > 0) guest.unshift(head);
  guest.write(established);
  await new Promise<void>((resolve, reject) => {
    let open = 2;
    const idle = watchIdle(means.clock, means.limits.idleMs, () => {
      exchange.end(tooSlow('Nothing was said for too long.'));
    });
    const join = (from: Socket, to: Socket, bucket: Means['up']): Pump => {
      const pump = new Pump({
        from,
        to,
        bucket,
        onProgress: idle.touch,
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
      from.once('close', () => {
        pump.finish();
      });
      // Nobody is there to take it.
      to.once('close', done);
      return pump;
    };
    const pumps = [join(guest, outside, means.up), join(outside, guest, means.down)];
    const stop = (): void => {
      idle.stop();
      for (const pump of pumps) pump.dispose();
      signal.removeEventListener('abort', abort);
    };
    const finish = (): void => {
      stop();
      // Both sides have said all; what is still on its way to them arrives.
      for (const socket of [guest, outside]) closeSoon(means.clock, means.limits.idleMs, socket);
      resolve();
    };
    const abort = (): void => {
      stop();
      guest.destroy();
      outside.destroy();
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', abort);
  });
}

/** Closes once all is written, at the latest after `ms`. */
function closeSoon(clock: Clock, ms: number, socket: Socket): void {
  if (socket.destroyed) return;
  const cancel = clock.after(ms, () => {
    socket.destroy();
  });
  socket.once('close', cancel);
  socket.destroySoon();
}
