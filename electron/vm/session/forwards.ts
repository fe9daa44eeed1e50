import { chmod, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
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

/** Connections that one way into the guest carries at a time; more are closed at once. */
const reachConnectionsMax = 16;

/** Unix sockets on which the host's programs find services of the guest. They end with the session's process. */
export class Reaches {
  readonly #servers = new Map<string, Server>();

  /**
   * Listens at `socketPath` (0600, in the place of one that a former session left), and joins each connection to
   * the channel that `open` gives; one that nobody takes in the guest is closed. Asked twice, the later one holds.
   * Rejects with what the system says.
   */
  async listen(socketPath: string, open: () => Promise<ClientChannel>): Promise<void> {
    this.#servers.get(socketPath)?.close();
    await rm(socketPath, { force: true });
    let connections = 0;
    // Nothing is read before the guest has taken the connection.
    const server = createServer({ pauseOnConnect: true }, (socket) => {
      socket.on('error', () => undefined);
      if (connections >= reachConnectionsMax) {
        socket.destroy();
        return;
      }
      connections += 1;
      socket.on('close', () => {
        connections -= 1;
      });
      void open().then(
        (channel) => {
          join(socket, channel);
        },
        () => socket.destroy(),
      );
    });
    this.#servers.set(socketPath, server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      // Nobody but us may open it, not even in the instant before its mode is set.
      const mask = process.umask(0o177);
      server.listen(socketPath, resolve);
      process.umask(mask);
    });
    await chmod(socketPath, 0o600);
  }
}

/** `pipe` waits for the slower side in both directions. */
function join(socket: Socket, channel: ClientChannel): void {
  channel.on('error', () => socket.destroy());
  channel.on('close', () => socket.destroy());
  if (socket.destroyed) {
    channel.destroy();
    return;
  }
  socket.on('close', () => {
    channel.destroy();
  });
  channel.pipe(socket).pipe(channel);
}
