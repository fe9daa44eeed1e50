import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { type Authority, makeAuthority } from './boinc-project/certificates.ts';

/** As the real gateway puts it (electron/egress/page.ts). */
const denial = "Gleaner's gateway: not-listed: this host and port are not on the list of this grid.\n";

/** A request as the fake web saw it. */
export interface FakeVisit {
  /** With scheme and host, as the proxy was asked. */
  readonly url: string;
  readonly method: string;
  readonly body: string;
}

export type FakePage =
  | string
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string };
export type FakeSite = (visit: FakeVisit, answer: ServerResponse) => FakePage | undefined;

/**
 * A fake web behind a fake gateway: an HTTP proxy on a Unix socket that leads each host to what the test says, by
 * `http://host` or `https://host`, and denies every other. Certificates are of its own authority.
 */
export class FakeWeb {
  readonly authority: Authority = makeAuthority();
  readonly visits: FakeVisit[] = [];
  readonly gatewayPath: string;
  readonly #dir: string;
  readonly #sites = new Map<string, { readonly socketPath: string }>();
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();

  private constructor(dir: string) {
    this.#dir = dir;
    this.gatewayPath = join(dir, 'gateway');
  }

  /** @param dir a folder of its own, with a short path */
  static async start(dir: string): Promise<FakeWeb> {
    const web = new FakeWeb(dir);
    const proxy = createServer((request, response) => {
      web.#forward(request, response);
    });
    proxy.on('connect', (request, socket: Socket) => {
      web.#tunnel(request.url ?? '', socket);
    });
    await web.#listen(proxy, web.gatewayPath);
    return web;
  }

  /** @param origin `https://project.example`, with a port where it is another than usual */
  async add(origin: string, site: FakeSite, credentials?: { key: string; cert: string }): Promise<void> {
    const { protocol, hostname, port } = new URL(origin);
    const listener: RequestListener = (request, response) => {
      void this.#answer(origin, site, request, response);
    };
    const server =
      protocol === 'https:'
        ? createSecureServer(credentials ?? this.authority.issue(hostname), listener)
        : createServer(listener);
    const socketPath = join(this.#dir, `site-${this.#servers.length}`);
    await this.#listen(server, socketPath);
    this.#sites.set(`${hostname}:${port === '' ? (protocol === 'https:' ? 443 : 80) : port}`, { socketPath });
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }

  async #listen(server: Server, socketPath: string): Promise<void> {
    this.#servers.push(server);
    server.on('connection', (socket) => {
      this.#own(socket);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(socketPath, resolve);
    });
  }

  #own(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
  }

  #forward(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '');
    const site = this.#sites.get(`${url.hostname}:${url.port === '' ? 80 : url.port}`);
    if (!site) {
      response.writeHead(403);
      response.end(denial);
      return;
    }
    const up = connect(site.socketPath);
    this.#own(up);
    const lines = [`${request.method} ${url.pathname}${url.search} HTTP/1.1`];
    for (const [name, value] of Object.entries(request.headers)) lines.push(`${name}: ${String(value)}`);
    up.write(`${lines.join('\r\n')}\r\n\r\n`);
    request.pipe(up, { end: false });
    up.pipe(response.socket ?? up);
  }

  #tunnel(authority: string, socket: Socket): void {
    const site = this.#sites.get(authority);
    if (!site) {
      socket.end(`HTTP/1.1 403 Forbidden\r\nContent-Length: ${Buffer.byteLength(denial)}\r\n\r\n${denial}`);
      return;
    }
    const up = connect(site.socketPath);
    this.#own(up);
    socket.write('HTTP/1.1 200 Connected\r\n\r\n');
    socket.pipe(up).pipe(socket);
  }

  async #answer(
    origin: string,
    site: FakeSite,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    let body = '';
    for await (const chunk of request as AsyncIterable<Buffer>) body += chunk.toString('utf8');
    const visit = { url: `${origin}${request.url ?? ''}`, method: request.method ?? '', body };
    this.visits.push(visit);
    const page = site(visit, response);
    if (page === undefined) return;
    const {
      status,
      headers = {},
      body: text = '',
    } = typeof page === 'string' ? { status: 200, body: page } : page;
    response.writeHead(status, headers);
    response.end(text);
  }
}
