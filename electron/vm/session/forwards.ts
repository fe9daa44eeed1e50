import { chmod, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import type { ClientChannel } from 'ssh2';
import { join } from './join.ts';
import type { Crowding } from './messages.ts';

/**
 * Connections out of the guest at a time, of all its forwards together; more are refused. The gateway behind the
 * sockets has bounds of its own, 64 for its proxy and 256 for what is raw, and says what it refuses, so this one is no
 * smaller. An execute node has about five for each job (the starter's to its broker, and to the submit node
 * for its calls and for each way of its files): enough for fifty jobs. One whose other end is slow costs 3 MiB; what all
 * of them may cost has a bound in the session.
 */
export const outwardMax = 320;
/** Connections that one way into the guest carries at a time, which are the host's own programs'; more are closed. */
const inwardMax = 16;
/** A guest can knock as often as it likes: of those that are turned away, nobody is told more often. */
const tellEveryMs = 60_000;

/** How many connections there may be at a time. No time limit ends one: a frozen VM says nothing for hours. */
export class Room {
  readonly #way: Crowding['way'];
  readonly #max: number;
  readonly #tell: (crowding: Crowding) => void;
  readonly #now: () => number;
  #taken = 0;
  #refused = 0;
  #toldAt = Number.NEGATIVE_INFINITY;

  /** @param now monotonic ms */
  constructor(way: Crowding['way'], max: number, tell: (crowding: Crowding) => void, now: () => number) {
    this.#way = way;
    this.#max = max;
    this.#tell = tell;
    this.#now = now;
  }

  /** Undefined when it is full; else the way to give the place back, once. */
  enter(): (() => void) | undefined {
    if (this.#taken >= this.#max) {
      this.#refused += 1;
      if (this.#now() - this.#toldAt >= tellEveryMs) {
        this.#tell({ way: this.#way, connections: this.#taken, refused: this.#refused });
        this.#toldAt = this.#now();
        this.#refused = 0;
      }
      return undefined;
    }
    this.#taken += 1;
    return () => {
      this.#taken -= 1;
    };
  }
}

/** Joins connections that come out of the guest to unix sockets that the host named. They end with the session's process. */
export class Forwards {
  readonly #room: Room;

  constructor(tell: (crowding: Crowding) => void, now: () => number) {
    this.#room = new Room('out', outwardMax, tell, now);
  }

  /** The guest is told of a connection only when there is somebody behind the socket. */
  acceptInto(socketPath: string): (open: () => ClientChannel, refuse: () => void) => void {
    return (open, refuse) => {
      const leave = this.#room.enter();
      if (!leave) {
        refuse();
        return;
      }
      const socket = connect({ path: socketPath, allowHalfOpen: true });
      // Whoever deals with it hears of its end by `close`.
      socket.on('error', () => undefined);
      const notThere = (): void => {
        leave();
        refuse();
      };
      socket.once('close', notThere);
      socket.once('connect', () => {
        socket.off('close', notThere);
        void join(socket, open()).then(leave);
      });
    };
  }
}

/** Unix sockets on which the host's programs find services of the guest. They end with the session's process. */
export class Reaches {
  readonly #servers = new Map<string, Server>();
  readonly #tell: (crowding: Crowding) => void;
  readonly #now: () => number;

  constructor(tell: (crowding: Crowding) => void, now: () => number) {
    this.#tell = tell;
    this.#now = now;
  }

  /**
   * Listens at `socketPath` (0600, in the place of one that a former session left), and joins each connection to
   * the channel that `open` gives; one that nobody takes in the guest is closed. Asked twice, the later one holds.
   * Rejects with what the system says.
   */
  async listen(socketPath: string, open: () => Promise<ClientChannel>): Promise<void> {
    this.#servers.get(socketPath)?.close();
    await rm(socketPath, { force: true });
    const room = new Room('in', inwardMax, this.#tell, this.#now);
    // Nothing is read before the guest has taken the connection.
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
      socket.on('error', () => undefined);
      const leave = room.enter();
      if (!leave) {
        socket.destroy();
        return;
      }
      void open()
        .then(
          (channel) => join(socket, channel),
          () => {
            socket.destroy();
          },
        )
        .then(leave);
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
