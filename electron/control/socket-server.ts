import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type Clock, systemClock } from '../base/clock.ts';
import type { Disposable } from '../base/disposal.ts';
import type { Log } from '../base/log.ts';
import type { Answer, HostApi } from '../contract/commands.ts';
import { GleanerError } from '../contract/failures.ts';
import type { SessionHost } from '../contract/session.ts';
import {
  dispatchDownload,
  dispatchPlain,
  dispatchUpload,
  failureAnswer,
  maxInputBytes,
  streamOf,
} from './dispatch.ts';
import { type Access, type EndpointPaths, publishSocket } from './endpoint.ts';
import { serveEvents } from './socket-events.ts';
import { serveSession } from './socket-session.ts';
import { readText, sendBytes, uploadBody } from './socket-streams.ts';
import {
  asciiJson,
  bytesType,
  commandPath,
  endTrailer,
  eventsPath,
  eventsType,
  inputHeader,
  jsonType,
  sessionPath,
  statusOf,
  tarType,
} from './wire.ts';

export interface SocketServerOptions {
  readonly api: HostApi;
  readonly paths: EndpointPaths;
  /** Who may open the socket; by default only the account that the host runs as. */
  readonly access?: Access;
  /** Where people's sessions tell of themselves; a host that lives in an app hears of none. */
  readonly sessions?: SessionHost;
  readonly log: Log;
  readonly clock?: Clock;
  readonly platform?: NodeJS.Platform;
  readonly bounds?: Partial<SocketBounds>;
}

/** What one client may hold of the host. Times in ms. */
interface SocketBounds {
  readonly connections: number;
  /** Until the headers are here. */
  readonly headersMs: number;
  /** Until a command's JSON is here. */
  readonly inputMs: number;
  /** Between two pieces of an upload. */
  readonly uploadStallMs: number;
  /** For a client to take the next piece of a download; long, since a person may read it in a pager. */
  readonly downloadStallMs: number;
  /** For a client to stop sending once it has its answer. */
  readonly drainMs: number;
}

/** By who may open the socket: people's trays and windows hold theirs, and nobody can tell whose is whose. */
const connectionsOf: Readonly<Record<Access, number>> = { owner: 64, administrators: 64, people: 512 };

const defaultBounds: Omit<SocketBounds, 'connections'> = {
  headersMs: 10_000,
  inputMs: 10_000,
  uploadStallMs: 60_000,
  downloadStallMs: 600_000,
  drainMs: 5_000,
};

/**
 * Serves the contract on the control socket until disposed.
 * @throws GleanerError `already-running`, `storage-failed`, `platform-not-ready`
 */
export async function serveSocket(options: SocketServerOptions): Promise<Disposable> {
  const { paths, log, platform = process.platform } = options;
  const connections = connectionsOf[options.access ?? 'owner'];
  const bounds: SocketBounds = { ...defaultBounds, connections, ...options.bounds };
  const connection = new Connection(options, options.clock ?? systemClock, bounds);
  const server = createServer({
    maxHeaderSize: 16 * 1024,
    headersTimeout: bounds.headersMs,
    connectionsCheckingInterval: Math.max(10, bounds.headersMs / 2),
    // Uploads may take long; each piece has its own limit.
    requestTimeout: 0,
  });
  server.maxConnections = bounds.connections;
  server.on('request', (request, response) => {
    void connection.serve(request, response);
  });
  try {
    const remove = await publishSocket(paths, platform, (path) => listen(server, path), options.access);
    server.on('error', (error) => {
      log.warn('control', 'the control socket failed', { words: error.message });
    });
    return {
      dispose: async () => {
        await remove();
        await close(server);
      },
    };
  } catch (error) {
    await close(server);
    throw error;
  }
}

async function listen(server: Server, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ path }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Ends all connections at once: idle ones, and those whose clients never finish. */
async function close(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}

class Connection {
  readonly #api: HostApi;
  readonly #sessions: SessionHost | undefined;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #bounds: SocketBounds;

  constructor({ api, sessions, log }: SocketServerOptions, clock: Clock, bounds: SocketBounds) {
    this.#api = api;
    this.#sessions = sessions;
    this.#log = log;
    this.#clock = clock;
    this.#bounds = bounds;
  }

  /** Answers one request. Never rejects. */
  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // The client may leave at any moment; whoever writes looks at `destroyed`.
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    const path = request.url ?? '';
    try {
      if (path === eventsPath) {
        requireMethod(request, 'GET');
        serveEvents(this.#api, response);
        return;
      }
      if (path === sessionPath && this.#sessions) {
        requireMethod(request, 'POST');
        requireType(request, eventsType);
        serveEvents(this.#api, response);
        serveSession(this.#sessions, request, response, { clock: this.#clock, log: this.#log });
        return;
      }
      const name = commandPath.exec(path)?.[1];
      if (name === undefined) throw new GleanerError('bad-request', 'There is nothing at this address.');
      requireMethod(request, 'POST');
      await this.#command(name, request, response);
    } catch (error) {
      this.#answer(request, response, failureAnswer(error, path.slice(0, 80), this.#log));
    }
  }

  async #command(name: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    switch (streamOf(name)) {
      case 'upload': {
        requireType(request, tarType);
        const input = inputOfHeader(request);
        const body = uploadBody(request, this.#clock, this.#bounds.uploadStallMs);
        const answer = await dispatchUpload(this.#api, this.#log, name, input, body);
        this.#answer(request, response, answer);
        return;
      }
      case 'download': {
        const answer = await dispatchDownload(this.#api, this.#log, name, await this.#input(request));
        if (answer.ok) await this.#download(name, response, answer.value);
        else this.#answer(request, response, answer);
        return;
      }
      case 'none':
      case undefined: {
        const input = await this.#input(request);
        this.#answer(request, response, await dispatchPlain(this.#api, this.#log, name, input));
      }
    }
  }

  async #input(request: IncomingMessage): Promise<unknown> {
    requireType(request, jsonType);
    return parseJson(await readText(request, maxInputBytes, this.#clock, this.#bounds.inputMs));
  }

  async #download(name: string, response: ServerResponse, bytes: AsyncIterable<Uint8Array>): Promise<void> {
    response.writeHead(200, { 'content-type': bytesType, trailer: endTrailer });
    let end: Answer<unknown> = { ok: true, value: null };
    try {
      await sendBytes(response, bytes, this.#clock, this.#bounds.downloadStallMs);
    } catch (error) {
      end = failureAnswer(error, name, this.#log);
    }
    if (response.destroyed) return;
    response.addTrailers({ [endTrailer]: asciiJson(end) });
    response.end();
  }

  #answer(request: IncomingMessage, response: ServerResponse, answer: Answer<unknown>): void {
    if (response.destroyed || response.headersSent) return;
    const json = JSON.stringify(answer);
    response.writeHead(statusOf(answer), { 'content-type': jsonType });
    response.end(json);
    if (request.complete) return;
    // An early refusal: what the client still sends is thrown away for a while, so that it can read the answer.
    const cancel = this.#clock.after(this.#bounds.drainMs, () => {
      request.socket.destroy();
    });
    request.once('close', cancel);
  }
}

function requireMethod(request: IncomingMessage, method: 'GET' | 'POST'): void {
  if (request.method !== method) throw new GleanerError('bad-request', `Use ${method} at this address.`);
}

function requireType(request: IncomingMessage, type: string): void {
  const given = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (given !== type) throw new GleanerError('bad-request', `The content type must be ${type}.`);
}

function inputOfHeader(request: IncomingMessage): unknown {
  const header = request.headers[inputHeader];
  return parseJson(typeof header === 'string' ? header : '{}');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new GleanerError('bad-request', 'The input is not JSON.');
  }
}
