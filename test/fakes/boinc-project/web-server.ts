import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Disposable } from '../../../electron/base/disposal.ts';

export interface WebRequest {
  readonly method: string;
  readonly path: string;
  /** Of the address and, when it was posted so, of a form. */
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  /** False when the other side left in the middle of the body. */
  readonly complete: boolean;
}

export interface WebAnswer {
  /** Default: 200. */
  readonly status?: number;
  /** Default: XML. */
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** How a page goes wrong. */
export type Trouble =
  | { readonly kind: 'status'; readonly code: number }
  /** The first half of the right answer, ended as if it were whole. */
  | { readonly kind: 'malformed' }
  /** The beginning of the right answer and then `bytes` more. */
  | { readonly kind: 'gigantic'; readonly bytes: number }
  | { readonly kind: 'redirect'; readonly to: string }
  /** Takes the request and says nothing, until the other side leaves. */
  | { readonly kind: 'silent' }
  /** The connection ends after so many bytes: of the answer, or of what is sent. */
  | { readonly kind: 'cut'; readonly afterBytes: number };

/** What was asked. Without query: a password's hash or a key may be in it. */
export interface RequestRecord {
  /** Epoch ms. */
  readonly at: number;
  readonly page: string;
  readonly method: string;
  /** As the other side named it, with its port. */
  readonly host: string;
  readonly path: string;
  readonly userAgent: string;
  /** 0: no answer was given. */
  status: number;
}

export interface Pages {
  /** The page's name for a path; undefined is answered with 404. */
  nameOf(path: string): string | undefined;
  answer(page: string, request: WebRequest): WebAnswer;
  /** What is wrong with a page now. */
  trouble(page: string): Trouble | undefined;
  /** Called with every request before its answer. */
  onRequest(record: RequestRecord): void;
  /** Called after each answer. */
  onAnswered(): void;
}

export interface Listening {
  readonly address: string;
  readonly port: number;
  readonly tls?: { readonly key: string; readonly cert: string } | undefined;
}

/** One address of the stand-in that answers by HTTP. It can be closed and opened again. */
export class WebServer implements Disposable {
  readonly #listening: Listening;
  readonly #pages: Pages;
  #server: Server | undefined;

  constructor(listening: Listening, pages: Pages) {
    this.#listening = listening;
    this.#pages = pages;
  }

  /** Rejects as `listen` does. */
  async open(): Promise<void> {
    if (this.#server) return;
    const { tls, address, port } = this.#listening;
    const handle = (request: IncomingMessage, response: ServerResponse): void => {
      this.#serve(request, response).catch(() => {
        response.destroy();
      });
    };
    const server = tls ? createSecureServer({ key: tls.key, cert: tls.cert }, handle) : createServer(handle);
    server.listen(port, address);
    await once(server, 'listening');
    this.#server = server;
  }

  /** Connections are refused from now on; those that are there end. */
  async close(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  }

  dispose(): Promise<void> {
    return this.close();
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(message.url ?? '/', 'http://stand.in');
    const page = this.#pages.nameOf(url.pathname);
    const record: RequestRecord = {
      at: Date.now(),
      page: page ?? 'missing',
      method: message.method ?? '',
      host: message.headers.host ?? '',
      path: url.pathname,
      userAgent: message.headers['user-agent'] ?? '',
      status: 0,
    };
    this.#pages.onRequest(record);
    const trouble = page === undefined ? undefined : this.#pages.trouble(page);
    const limit = trouble?.kind === 'cut' && message.method === 'POST' ? trouble.afterBytes : undefined;
    const { body, complete } = await received(message, limit);
    const form = message.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
    for (const [name, value] of form ? new URLSearchParams(body.toString()) : [])
      url.searchParams.set(name, value);
    const request = {
      method: record.method,
      path: url.pathname,
      query: url.searchParams,
      headers: message.headers,
      body,
      complete,
    };
    const answer = page === undefined ? { status: 404, body: '' } : this.#pages.answer(page, request);
    if (!complete) response.destroy();
    else await this.#send(response, answer, trouble, record);
    this.#pages.onAnswered();
  }

  async #send(
    response: ServerResponse,
    answer: WebAnswer,
    trouble: Trouble | undefined,
    record: RequestRecord,
  ): Promise<void> {
    const body = Buffer.from(answer.body);
    const status = answer.status ?? 200;
    const head = (code: number, more: Readonly<Record<string, string>> = {}): void => {
      record.status = code;
      response.writeHead(code, { 'content-type': answer.type ?? 'text/xml', ...more });
    };
    switch (trouble?.kind) {
      case undefined:
        head(status, { 'content-length': String(body.length), ...answer.headers });
        response.end(body);
        return;
      case 'status':
        head(trouble.code);
        response.end();
        return;
      case 'redirect':
        head(302, { location: trouble.to });
        response.end();
        return;
      case 'malformed':
        head(status);
        response.end(body.subarray(0, body.length / 2));
        return;
      case 'cut':
        head(status, { 'content-length': String(body.length), ...answer.headers });
        response.write(body.subarray(0, trouble.afterBytes), () => response.destroy());
        return;
      case 'silent':
        await once(response, 'close');
        return;
      case 'gigantic':
        head(status);
        response.write(body.subarray(0, body.length / 2));
        // Whoever has enough leaves.
        await pipeline(Readable.from(lines(trouble.bytes)), response).catch(() => undefined);
    }
  }
}

/** Lines that could be a part of an answer. */
function* lines(bytes: number): Generator<Buffer, void, undefined> {
  const some = Buffer.from(`<more>${'and so on '.repeat(20)}</more>\n`.repeat(300));
  for (let left = bytes; left > 0; left -= some.length) yield some;
}

async function received(
  message: IncomingMessage,
  limit = Infinity,
): Promise<{ body: Buffer; complete: boolean }> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of message as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= limit) break;
    }
  } catch {
    // The other side left; what came counts.
  }
  return { body: Buffer.concat(chunks), complete: message.complete && length < limit };
}
