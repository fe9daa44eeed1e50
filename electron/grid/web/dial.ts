import { type IncomingMessage, type RequestOptions, request } from 'node:http';
import { isIP, type Socket } from 'node:net';
import { connect as connectTls, rootCertificates } from 'node:tls';
import type { Clock } from '../../base/clock.ts';
import { GleanerError } from '../../contract/failures.ts';
import { refusedTunnel } from './refusal.ts';
import { authorityOf } from './url.ts';

/** How the web is reached: through a gateway's Unix socket, which is an HTTP proxy and decides what may be asked. */
export interface Web {
  readonly gatewayPath: string;
  /** Certificates (PEM) of authorities to be trusted besides the public ones. */
  readonly authorities: string | null;
  readonly clock: Clock;
}

interface SentRequest {
  readonly url: URL;
  readonly post?: string;
  readonly ifNoneMatch?: string | undefined;
}

/**
 * Sends one request through the gateway, in a tunnel where it is encrypted; the answer's head. Rejects with what the
 * gateway's refusal means, `network-unavailable` when it does not run, `grid-unreachable`, `grid-protocol`.
 */
export async function sendRequest(
  web: Web,
  { url, post, ifNoneMatch }: SentRequest,
  ending: Ending,
): Promise<IncomingMessage> {
  const headers: Record<string, string> = {
    Host: url.host,
    'User-Agent': 'Gleaner',
    Accept: '*/*',
    'Accept-Encoding': 'identity',
    Connection: 'close',
    ...(ifNoneMatch === undefined ? {} : { 'If-None-Match': ifNoneMatch }),
    ...(post === undefined
      ? {}
      : {
          'Content-Type': 'application/x-www-form-urlencoded',
          'Content-Length': String(Buffer.byteLength(post)),
        }),
  };
  const method = post === undefined ? 'GET' : 'POST';
  if (url.protocol === 'http:') {
    // In the absolute form, which a proxy is asked with.
    const path = `http://${url.host}${url.pathname}${url.search}`;
    const options = { socketPath: web.gatewayPath, agent: false, method, path, headers } as const;
    return await ask(options, post, ending);
  }
  const tunnel = await openTunnel(web, url, ending);
  const socket = await startTls(web, url, tunnel, ending);
  const path = `${url.pathname}${url.search}`;
  // Without an agent, which would connect by itself.
  return await ask({ createConnection: () => socket, method, path, headers }, post, ending);
}

function ask(options: RequestOptions, post: string | undefined, ending: Ending): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const asking = request({ ...options, maxHeaderSize: 32_768 });
    ending.own(() => asking.destroy());
    asking.on('error', (error) => {
      reject(broken(error, options));
    });
    asking.on('response', (answer) => {
      // Whoever reads it hears of its end; nobody may.
      answer.on('error', () => undefined);
      resolve(answer);
    });
    asking.end(post);
  });
}

function openTunnel(web: Web, url: URL, ending: Ending): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const authority = authorityOf(url);
    const options = { socketPath: web.gatewayPath, method: 'CONNECT', path: authority };
    const asking = request({ ...options, headers: { Host: authority }, agent: false });
    ending.own(() => asking.destroy());
    asking.on('error', (error) => {
      reject(broken(error, options));
    });
    asking.on('connect', (answer, socket: Socket, head) => {
      socket.on('error', () => undefined);
      ending.own(() => socket.destroy());
      if (answer.statusCode === 200) {
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
        return;
      }
      refusedTunnel(answer, socket, head, url).then(reject, reject);
    });
    asking.end();
  });
}

function startTls(web: Web, url: URL, socket: Socket, ending: Ending): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const secure = connectTls({
      socket,
      host,
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ca: [...rootCertificates, ...(web.authorities === null ? [] : [web.authorities])],
      ALPNProtocols: ['http/1.1'],
    });
    ending.own(() => secure.destroy());
    secure.on('error', (error: Error) => {
      reject(insecure(error, url));
    });
    secure.on('close', () => {
      reject(new GleanerError('grid-unreachable', `${url.hostname} ended the connection.`));
    });
    secure.on('secureConnect', () => {
      resolve(secure);
    });
  });
}

function broken(error: Error, { socketPath }: RequestOptions): GleanerError {
  const code = 'code' in error ? String(error.code) : '';
  if (typeof socketPath === 'string' && ['ENOENT', 'ECONNREFUSED', 'EACCES'].includes(code)) {
    return new GleanerError('network-unavailable', 'Gleaner’s gateway to the network does not run.');
  }
  if (code.startsWith('HPE_')) {
    return new GleanerError('grid-protocol', `What came back is no answer of a web server (${code}).`);
  }
  return new GleanerError('grid-unreachable', 'The connection ended before there was an answer.');
}

function insecure(error: Error, url: URL): GleanerError {
  const code = 'code' in error ? String(error.code).slice(0, 60) : error.name;
  if (/CERT|SIGNATURE|VERIFY|SELF_SIGNED/.test(code)) {
    return new GleanerError(
      'grid-unreachable',
      `The certificate of ${url.hostname} cannot be trusted (${code}).`,
      'A certificate authority of your own is added by the setting network.authorities.',
    );
  }
  return new GleanerError(
    'grid-unreachable',
    `No encrypted connection to ${url.hostname} came about (${code}).`,
  );
}

/** Ends one exchange with all that it opened. */
export class Ending {
  readonly ended: Promise<never>;
  readonly #owned: (() => void)[] = [];
  #reject: (error: GleanerError) => void = () => undefined;
  #over = false;

  constructor() {
    this.ended = new Promise((_, reject) => {
      this.#reject = reject;
    });
    // Nobody may wait for it.
    this.ended.catch(() => undefined);
  }

  own(destroy: () => void): void {
    if (this.#over) destroy();
    else this.#owned.push(destroy);
  }

  end(error: GleanerError): void {
    this.#over = true;
    this.#reject(error);
    for (const destroy of this.#owned.splice(0)) destroy();
  }
}
