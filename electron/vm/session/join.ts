import type { Socket } from 'node:net';
import type { ClientChannel } from 'ssh2';

/**
 * Carries bytes both ways, and the end of each direction by itself, after all that was said before it. Who breaks off
 * ends the other side, too, once that has taken what it was told. Resolves when both are gone.
 *
 * The socket must allow half-open connections and have somebody who hears its errors. SSH has no word for a broken
 * connection: the guest's other end just hears an end.
 */
export function join(socket: Socket, channel: ClientChannel): Promise<void> {
  return new Promise((resolve) => {
    let open = 2;
    const gone = (): void => {
      open -= 1;
      if (open === 0) resolve();
    };
    // ssh2 closes only what the other side closes, who may wait for us.
    const closeWhenDone = (): void => {
      if (channel.writableFinished && (channel.readableEnded || socket.closed)) channel.close();
    };
    channel.on('error', () => {
      socket.destroy();
    });
    channel.once('finish', closeWhenDone);
    channel.once('end', closeWhenDone);
    channel.once('close', () => {
      // Nobody is there to be told more; the socket's owner may still have to take what was said last.
      socket.unpipe(channel);
      socket.destroySoon();
      gone();
    });
    const onSocketClosed = (): void => {
      channel.end();
      // What the guest still says is nobody's.
      channel.resume();
      closeWhenDone();
      gone();
    };
    if (socket.closed) {
      onSocketClosed();
      return;
    }
    socket.once('close', onSocketClosed);
    // `pipe` waits for the slower side, and hands on the end.
    channel.pipe(socket);
    socket.pipe(channel);
  });
}
