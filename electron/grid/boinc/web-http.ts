import { type IncomingMessage, type RequestOptions, request } from 'node:http';
import { isIP, type Socket } from 'node:net';
import { connect as connectTls, rootCertificates } from 'node:tls';
import type { Clock } from '../../base/clock.ts';
import { GleanerError } from '../../contract/failures.ts';
import { readRefusal, refusedTunnel } from './web-gateway.ts';
import { authorityOf, parseWebUrl } from './web-url.ts';

/** How the web is reached: through a gateway's Unix socket, which is an HTTP proxy and decides what may be asked. */
export interface Web {
  readonly gatewayPath: string;
  /** Certificates (PEM) of authorities to be trusted besides the public ones. */
  readonly authorities: string | null;
  readonly clock: Clock;
}

export interface WebRequest {
  readonly url: URL;
  readonly post?: string;
  /** Its address or content holds a password's hash or a key: it is led nowhere but to the same host. */
  readonly secret?: boolean;
  readonly maxBytes: number;
}

export interface WebPage {
  /** Where it was found in the end. */
  readonly url: URL;
  readonly status: number;
  readonly body: string;
}

const maxRedirects = 3;
/** For one page, redirects included; ends what hangs or drips. */
const limitMs = 60_000;

/**
 * Gets a page, or posts to it; every redirect is asked of the gateway anew. Any status but a redirect's is an
 * answer. Rejects with `egress-denied`, `network-metered`, `network-quota` when the gateway says no,
 * `grid-unreachable`, `grid-refused` for a redirect that is not followed, `grid-protocol` for an answer that is too
 * large or none.
 */
export async function fetchPage(web: Web, asked: WebRequest): Promise<WebPage> {
  const ending = new Ending();
  const cancelLimit = web.clock.after(limitMs, () => {
    ending.end(new GleanerError('grid-unreachable', `${asked.url.hostname} takes too long to answer.`));
  });
  try {
    return await Promise.race([ending.ended, follow(web, asked, ending)]);
  } finally {
    cancelLimit();
    ending.end(new GleanerError('internal', 'This request is over.'));
  }
}

async function follow(web: Web, asked: WebRequest, ending: Ending): Promise<WebPage> {
  let { url } = asked;
  for (let redirects = 0; ; redirects += 1) {
    const answer = await exchange(web, { ...asked, url }, ending);
    const location = answer.headers.location;
    const status = answer.statusCode ?? 0;
    if (![301, 302, 303, 307, 308].includes(status) || location === undefined) {
      const body = await readBody(answer, asked.maxBytes, url);
      const refusal = url.protocol === 'http:' ? readRefusal(status, body, url) : undefined;
      if (refusal) throw refusal;
      return { url, status, body };
    }
    answer.destroy();
    if (redirects === maxRedirects) {
      throw new GleanerError('grid-refused', `${asked.url.hostname} leads from page to page.`);
    }
    url = redirect(url, location, asked);
  }
}

/** Where a redirect leads to. Throws `grid-refused` when it is not followed. */
function redirect(from: URL, location: string, { secret, post }: WebRequest): URL {
  const to = parseWebUrl(location.slice(0, 4096), from);
  if (!to) throw new GleanerError('grid-refused', `${from.hostname} leads to an address that is none.`);
  if (from.protocol === 'https:' && to.protocol === 'http:') {
    throw new GleanerError(
      'grid-refused',
      `${from.hostname} leads from an encrypted page to one that is not: ${to.hostname}.`,
    );
  }
  if ((secret === true || post !== undefined) && to.hostname !== from.hostname) {
    throw new GleanerError(
      'grid-refused',
      `${from.hostname} wants to be signed in to at another address: ${to.hostname}.`,
      'If that is the project’s new address, use it instead.',
    );
  }
  return to;
}

async function exchange(web: Web, asked: WebRequest, ending: Ending): Promise<IncomingMessage> {
  const { url, post } = asked;
  const headers: Record<string, string> = {
    Host: url.host,
    'User-Agent': 'Gleaner',
    Accept: '*/*',
    'Accept-Encoding': 'identity',
    Connection: 'close',
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

async function readBody(answer: IncomingMessage, maxBytes: number, url: URL): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBytes) {
        throw new GleanerError('grid-protocol', `${url.hostname} sent a page that is too large.`);
      }
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof GleanerError) throw error;
    throw new GleanerError('grid-unreachable', `${url.hostname} ended the connection too early.`);
  }
  return decodeText(Buffer.concat(chunks));
}

/** BOINC's servers say Latin-1 and mostly send UTF-8. */
function decodeText(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return bytes.toString('latin1');
  }
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
class Ending {
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
