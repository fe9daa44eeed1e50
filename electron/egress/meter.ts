import type { Socket } from 'node:net';
import type { Clock } from '../base/clock.ts';
import type { TrafficRow } from './messages.ts';

const everyMs = 1000;
/** Hosts in one report; what more there is counts under the name ''. */
const hostsMax = 127;

interface Followed {
  readonly host: string;
  sent: number;
  received: number;
}

/**
 * Counts what the sockets to the outside carried, by host: every byte on them, heads and encryption included. It
 * tells increments, at most once a second and only while there are any.
 */
export class Meter {
  readonly #clock: Clock;
  readonly #tell: (rows: TrafficRow[]) => void;
  readonly #sockets = new Map<Socket, Followed>();
  readonly #rows = new Map<string, { sent: number; received: number }>();
  #cancelTimer: (() => void) | undefined;

  constructor(clock: Clock, tell: (rows: TrafficRow[]) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** Counts this socket, which nobody else reads from or writes to below us, for `host` until it closes. */
  follow(host: string, socket: Socket): void {
    const followed = { host, sent: 0, received: 0 };
    this.#sockets.set(socket, followed);
    socket.once('close', () => {
      this.#collect(socket, followed);
      this.#sockets.delete(socket);
      this.#arm();
    });
    this.#arm();
  }

  /** Tells what is left and stops. */
  dispose(): void {
    this.#flush();
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #arm(): void {
    this.#cancelTimer ??= this.#clock.after(everyMs, () => {
      this.#cancelTimer = undefined;
      this.#flush();
      if (this.#sockets.size > 0) this.#arm();
    });
  }

  #collect(socket: Socket, followed: Followed): void {
    const { bytesWritten, bytesRead } = socket;
    const sent = Math.max(0, bytesWritten - followed.sent);
    const received = Math.max(0, bytesRead - followed.received);
    followed.sent = bytesWritten;
    followed.received = bytesRead;
    if (sent === 0 && received === 0) return;
    const known = this.#rows.has(followed.host) || this.#rows.size < hostsMax;
    const key = known ? followed.host : '';
    const row = this.#rows.get(key) ?? { sent: 0, received: 0 };
    this.#rows.set(key, { sent: row.sent + sent, received: row.received + received });
  }

  #flush(): void {
    for (const [socket, followed] of this.#sockets) this.#collect(socket, followed);
    if (this.#rows.size === 0) return;
    this.#tell([...this.#rows].map(([host, counts]) => ({ host, ...counts })));
    this.#rows.clear();
  }
}
