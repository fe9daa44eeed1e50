import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer, Socket } from 'node:net';
import type { Clock } from '../base/clock.ts';
import type { GatewayLimits } from './limits.ts';
import { listenPrivately } from './listen.ts';
import { pageOf, rawPage } from './page.ts';
import { badRequest, type Refusal, tooMany } from './refusal.ts';

/** How long a guest may go on sending what nobody reads after it was refused, so that it gets to read why. */
const lingerMs = 2000;

export interface GuestsOptions {
  readonly clock: Clock;
  readonly limits: GatewayLimits;
  /** A request with its whole head; one at a time on a connection. */
  readonly onRequest: (asked: IncomingMessage, response: ServerResponse, expectsContinue: boolean) => void;
  /** The same for a CONNECT; the socket is the callee's. */
  readonly onConnect: (asked: IncomingMessage, socket: Socket, head: Buffer) => void;
  /** Something was refused here, and answered. */
  readonly onRefused: (refusal: Refusal) => void;
}

interface Connection {
  /** Between the head of a request and the end of its answer. */
  busy: boolean;
  /** What came in made no sense, and it was told so. */
  refused: boolean;
  cancelTimer: () => void;
}

/** The connections of a guest: how many there may be, and how long a request may take to come in. */
export class Guests {
  readonly #o: GuestsOptions;
  readonly #connections = new Map<Socket, Connection>();
  readonly #http;
  readonly #listener = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    this.#onConnection(socket);
  });

  constructor(o: GuestsOptions) {
    this.#o = o;
    this.#http = createHttpServer({
      maxHeaderSize: o.limits.requestHeaderBytes,
      insecureHTTPParser: false,
      requireHostHeader: true,
      // Times are kept here, per connection.
      headersTimeout: 0,
      requestTimeout: 0,
      keepAliveTimeout: 0,
    });
    // With a bound, the parser leaves out what exceeds it; the bound on bytes refuses instead.
    this.#http.maxHeadersCount = 0;
    this.#http.on('request', (asked: IncomingMessage, response: ServerResponse) => {
      if (this.#begin(asked, response)) o.onRequest(asked, response, false);
    });
    this.#http.on('checkContinue', (asked: IncomingMessage, response: ServerResponse) => {
      if (this.#begin(asked, response)) o.onRequest(asked, response, true);
    });
    this.#http.on('checkExpectation', (asked: IncomingMessage, response: ServerResponse) => {
      if (!this.#begin(asked, response)) return;
      const refusal = badRequest('expects something unknown', 417);
      o.onRefused(refusal);
      answer(response, refusal);
    });
    this.#http.on('connect', (asked, socket, head) => {
      if (socket instanceof Socket && this.#begin(asked)) o.onConnect(asked, socket, head);
    });
    this.#http.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      if (socket instanceof Socket) this.#onMalformed(error, socket);
    });
  }

  /** Listens on a Unix socket that only this user may use. Rejects as `listen` does. */
  listen(socketPath: string): Promise<void> {
    return listenPrivately(this.#listener, socketPath);
  }

  /** Ends all connections and listens no more. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#listener.close(() => {
        resolve();
      });
      for (const socket of this.#connections.keys()) socket.destroy();
    });
  }

  #onConnection(socket: Socket): void {
    // Whoever deals with it hears of its end by `close`.
    socket.on('error', () => undefined);
    if (this.#connections.size >= this.#o.limits.connections) {
      const refusal = tooMany('connections');
      this.#o.onRefused(refusal);
      socket.end(rawPage(refusal));
      socket.destroySoon();
      return;
    }
    const connection: Connection = { busy: false, refused: false, cancelTimer: () => undefined };
    this.#connections.set(socket, connection);
    socket.once('close', () => {
      connection.cancelTimer();
      this.#connections.delete(socket);
    });
    this.#endAfter(this.#o.limits.headerMs, socket);
    this.#http.emit('connection', socket);
  }

  #endAfter(ms: number, socket: Socket): void {
    const connection = this.#connections.get(socket);
    if (!connection) return;
    connection.cancelTimer();
    connection.cancelTimer = this.#o.clock.after(ms, () => {
      socket.destroy();
    });
  }

  /** A whole head is here. False when the one before is not dealt with yet: there is no need to ask ahead. */
  #begin(asked: IncomingMessage, response?: ServerResponse): boolean {
    const { socket } = asked;
    const connection = this.#connections.get(socket);
    if (!connection || connection.busy) {
      socket.destroy();
      return false;
    }
    connection.busy = true;
    connection.cancelTimer();
    const next = (): void => {
      connection.busy = false;
      this.#endAfter(this.#o.limits.headerMs, socket);
    };
    response?.once('finish', () => {
      if (asked.complete) {
        next();
        return;
      }
      // The answer came before all was said: the rest is thrown away.
      asked.once('end', next);
      asked.resume();
      this.#endAfter(lingerMs, socket);
    });
    return true;
  }

  /** Heard again with each piece that comes in after what made no sense. */
  #onMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
    const connection = this.#connections.get(socket);
    if (connection?.refused === true) return;
    if (!socket.writable || error.code === 'ECONNRESET' || connection?.busy !== false) {
      socket.destroy();
      return;
    }
    const refusal =
      error.code === 'HPE_HEADER_OVERFLOW'
        ? badRequest('has a head that is too large', 431)
        : badRequest('is not written as HTTP has it');
    this.#o.onRefused(refusal);
    connection.refused = true;
    endWith(socket, refusal, this.#o.clock);
  }
}

/**
 * Answers a request with why it is refused. What the person can still allow is told as not to be had at the moment: for a
 * client that hears 403 (BOINC's gives a download up, and its task with it), allowing it would come too late.
 */
export function answer(response: ServerResponse, refusal: Refusal): void {
  const { status: said, headers, body } = pageOf(refusal);
  const status = refusal.reason === 'not-listed' && refusal.allowable ? 503 : said;
  response.sendDate = false;
  response.writeHead(status, headers);
  response.end(body);
}

/** Says why on a connection that no response object speaks for; what still comes in is thrown away for a moment. */
export function endWith(socket: Socket, refusal: Refusal, clock: Clock): void {
  socket.end(rawPage(refusal));
  const cancel = clock.after(lingerMs, () => {
    socket.destroy();
  });
  socket.once('close', cancel);
  socket.once('end', () => {
    socket.destroySoon();
  });
  socket.on('data', () => undefined);
  socket.resume();
}
