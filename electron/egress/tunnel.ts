import type { Socket } from 'node:net';
import type { Clock } from '../base/clock.ts';
import type { Exchange, Means } from './exchange.ts';
import { watchIdle } from './idle.ts';
import { join } from './join.ts';
import { tooSlow } from './refusal.ts';

const established = 'HTTP/1.1 200 Connection established\r\n\r\n';

/**
 * Carries a CONNECT request: gets to the target, says so, and joins both ends until they are done. Rejects with why
 * it did not come about before anything was said; afterwards every end is a quiet one. Both sockets are gone then.
 */
export async function carryTunnel(
  { clock, limits, reach, up, down }: Means,
  exchange: Exchange,
  guest: Socket,
  head: Buffer,
): Promise<void> {
  const { target, match, signal } = exchange;
  const outside = await reach.tunnel(target, match, signal);
  if (signal.aborted) {
    outside.destroy();
    throw signal.reason;
  }
  if (head.length > 0) guest.unshift(head);
  guest.write(established);
  const idle = watchIdle(clock, limits.idleMs, () => {
    exchange.end(tooSlow('Nothing was said for too long.'));
  });
  try {
    await join({ guest, outside, up, down, signal, onProgress: idle.touch });
  } finally {
    idle.stop();
  }
  // Both sides have said all; what is still on its way to them arrives.
  for (const socket of [guest, outside]) closeSoon(clock, limits.idleMs, socket);
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
