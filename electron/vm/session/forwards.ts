import { connect, type Socket } from 'node:net';
import type { ClientChannel } from 'ssh2';

/** Connections that one forward carries at a time; more are refused. */
const connectionsMax = 32;

/**
 * Joins connections that come out of the guest to a unix socket that the host named. The guest is told of a
 * connection only when there is somebody behind the socket.
 */
export function acceptInto(socketPath: string): (open: () => ClientChannel, refuse: () => void) => void {
  const sockets = new Set<Socket>();
  return (open, refuse) => {
    if (sockets.size >= connectionsMax) {
      refuse();
      return;
    }
    const socket = connect(socketPath);
    sockets.add(socket);
    let channel: ClientChannel | undefined;
    socket.on('connect', () => {
      const opened = open();
      channel = opened;
      // `pipe` waits for the slower side in both directions.
      opened.pipe(socket).pipe(opened);
      opened.on('error', () => socket.destroy());
      opened.on('close', () => socket.destroy());
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      sockets.delete(socket);
      if (channel) channel.destroy();
      else refuse();
    });
  };
}
