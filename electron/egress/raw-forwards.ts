import { createServer, type Server, type Socket } from 'node:net';
import { type Exchange, GuestGone, type Means } from './exchange.ts';
import type { Exchanges } from './exchanges.ts';
import { join } from './join.ts';
import { listenPrivately } from './listen.ts';
import type { Forward } from './messages.ts';
import { Refusal } from './refusal.ts';
import { authorityOf, parseAuthority, type Target } from './target.ts';

/** One forward that is there. */
interface Door {
  readonly server: Server;
  readonly exchanges: Set<Exchange>;
  readonly listening: Promise<void>;
}

/**
 * The raw TCP forwards of a gateway: a Unix socket for each, and whatever connects to it gets a connection to the one
 * place of its own, judged, dialled, limited and counted as a tunnel is. The guest is told nothing but its peer's
 * bytes, so a refusal is a closed connection. There is no time limit on a connection that came about: it may be for a
 * guest that stands still for hours, and neither side's silence says anything about the other.
 */
export class RawForwards {
  readonly #means: Means;
  readonly #exchanges: Exchanges;
  readonly #doors = new Map<string, Door>();

  constructor(means: Means, exchanges: Exchanges) {
    this.#means = means;
    this.#exchanges = exchanges;
  }

  /**
   * From now on, these and no others. What goes is gone when this returns, with its connections; resolves when all
   * listen. Rejects when one cannot, which the next call tries again; the others do.
   */
  async set(forwards: readonly Forward[]): Promise<void> {
    const wanted = new Map(forwards.map((forward) => [keyOf(forward), forward]));
    if (new Set(forwards.map(({ socketPath }) => socketPath)).size < wanted.size) {
      throw new Error('two forwards have the same socket');
    }
    for (const [key, door] of this.#doors) {
      if (wanted.has(key)) continue;
      this.#doors.delete(key);
      void close(door);
    }
    for (const [key, forward] of wanted) {
      if (!this.#doors.has(key)) this.#open(key, forward);
    }
    await Promise.all([...this.#doors.values()].map(({ listening }) => listening));
  }

  /** Ends all connections and listens no more. */
  async close(): Promise<void> {
    const doors = [...this.#doors.values()];
    this.#doors.clear();
    await Promise.all(doors.map(close));
  }

  #open(key: string, { socketPath, host, port }: Forward): void {
    const target = parseAuthority(authorityOf({ host, port }));
    const exchanges = new Set<Exchange>();
    const server = createServer({ allowHalfOpen: true }, (guest) => {
      if ('fault' in target) guest.destroy();
      else this.#carry(guest, target, exchanges);
    });
    const listening =
      'fault' in target
        ? Promise.reject(new Error(`a forward ${target.fault}`))
        : listenPrivately(server, socketPath);
    const door = { server, exchanges, listening };
    this.#doors.set(key, door);
    listening.catch(() => {
      if (this.#doors.get(key) === door) this.#doors.delete(key);
    });
  }

  #carry(guest: Socket, target: Target, exchanges: Set<Exchange>): void {
    // Whoever deals with it hears of its end by `close`.
    guest.on('error', () => undefined);
    const exchange = this.#exchanges.begin(target);
    if (exchange instanceof Refusal) {
      guest.destroy();
      return;
    }
    exchanges.add(exchange);
    const done = carryRaw(this.#means, exchange, guest).finally(() => {
      exchanges.delete(exchange);
    });
    this.#exchanges.conclude(exchange, done, () => {
      guest.destroy();
    });
  }
}

/** Gets to the target and joins both ends. Settles when both are closed, however long the last bytes wait to be taken. */
async function carryRaw(
  { reach, up, down }: Means,
  { target, match, signal }: Exchange,
  guest: Socket,
): Promise<void> {
  const outside = await reach.tunnel(target, match, signal);
  await join({ guest, outside, up, down, signal, onProgress: () => undefined });
  await Promise.all([closed(guest, signal), closed(outside, signal)]);
}

/** Closes once all is written; at once, and with its reason, by the signal. */
function closed(socket: Socket, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      socket.destroy();
      reject(signal.reason as Error);
    };
    const end = (): void => {
      signal.removeEventListener('abort', abort);
      resolve();
    };
    if (signal.aborted) abort();
    else if (socket.closed) end();
    else {
      signal.addEventListener('abort', abort);
      socket.once('close', end);
      socket.destroySoon();
    }
  });
}

/** Its socket's file goes within the call. Resolves when its connections are gone. */
function close({ server, exchanges }: Door): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    for (const exchange of exchanges) exchange.end(new GuestGone());
  });
}

const keyOf = ({ socketPath, host, port }: Forward): string => `${socketPath} ${authorityOf({ host, port })}`;
