import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type Socket } from 'node:net';
import type { Disposable } from '../../electron/base/disposal.ts';
import type { Certified } from './certificates.ts';

export interface FakeProxyOptions {
  readonly address: string;
  readonly port: number;
  /** Where it finds hosts, as `host:port` → address; what is not in it is answered with 502. */
  readonly hosts: Readonly<Record<string, string>>;
  /** `name:password` that it wants; without, it takes anybody. */
  readonly login?: string;
  /** It is spoken to by TLS then. */
  readonly tls?: Certified;
}

/** A fake company's proxy: plain requests and CONNECT, to hosts that only it knows. */
export class FakeProxy implements Disposable {
  readonly #o: FakeProxyOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Every request that came, as `METHOD target`. */
  readonly requests: string[] = [];
  /** The Proxy-Authorization of each. */
  readonly logins: (string | undefined)[] = [];

  private constructor(o: FakeProxyOptions) {
    this.#o = o;
    this.#server =
      o.tls === undefined ? createServer() : createTlsServer({ key: o.tls.key, cert: o.tls.certificate });
    this.#server.on('connection', (socket: Socket) => {
      this.#keep(socket);
    });
    this.#server.on('request', (asked: IncomingMessage, answer: ServerResponse) => {
      this.#forward(asked, answer);
    });
    this.#server.on('connect', (asked: IncomingMessage, socket: Socket, head: Buffer) => {
      this.#tunnel(asked, socket, head);
    });
  }

  static async start(o: FakeProxyOptions): Promise<FakeProxy> {
    const proxy = new FakeProxy(o);
    proxy.#server.listen(o.port, o.address);
    await once(proxy.#server, 'listening');
    return proxy;
  }

  async dispose(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  /** The address of a permitted request's target; else the status that it is answered with. */
  #find(asked: IncomingMessage, authority: string): string | 407 | 502 {
    this.requests.push(`${asked.method ?? ''} ${asked.url ?? ''}`);
    const login = asked.headers['proxy-authorization'];
    this.logins.push(login);
    const wanted = this.#o.login;
    if (wanted !== undefined && login !== `Basic ${Buffer.from(wanted).toString('base64')}`) return 407;
    return this.#o.hosts[authority] ?? 502;
  }

  #forward(asked: IncomingMessage, answer: ServerResponse): void {
    const url = new URL(asked.url ?? '');
    const port = url.port === '' ? '80' : url.port;
    const found = this.#find(asked, `${url.hostname}:${port}`);
    if (typeof found === 'number') {
      asked.resume();
      answer.writeHead(found, found === 407 ? { 'Proxy-Authenticate': 'Basic realm="fake"' } : {}).end();
      return;
    }
    const headers = { ...asked.headers };
    delete headers['proxy-authorization'];
    const sending = request(
      { host: found, port, method: asked.method, path: url.pathname, headers },
      (answered) => {
        answer.writeHead(answered.statusCode ?? 0, answered.headers);
        answered.pipe(answer);
      },
    );
    sending.on('error', () => answer.destroy());
    asked.pipe(sending);
  }

  #tunnel(asked: IncomingMessage, socket: Socket, head: Buffer): void {
    // By TLS, this is not the connection itself.
    this.#keep(socket);
    const found = this.#find(asked, asked.url ?? '');
    if (typeof found === 'number') {
      socket.end(
        `HTTP/1.1 ${found} No\r\nProxy-Authenticate: Basic realm="fake"\r\nContent-Length: 0\r\n\r\n`,
      );
      return;
    }
    const outside = connect(Number(asked.url?.split(':').at(-1)), found);
    this.#keep(outside);
    outside.once('close', () => socket.destroy());
    socket.once('close', () => outside.destroy());
    socket.write('HTTP/1.1 200 OK\r\nX-Proxy: fake\r\n\r\n');
    outside.write(head);
    socket.pipe(outside).pipe(socket);
  }
}
