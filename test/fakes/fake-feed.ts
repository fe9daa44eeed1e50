import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { OpenRequest } from '../../electron/shell/updates/executor.ts';
import { type Channel, manifestName } from '../../electron/shell/updates/feed.ts';
import { feedSignature, publicKeyText } from '../../resources/dev/sign-feed.ts';
import { fakeAuthority } from './certificates.ts';

export interface Publication {
  readonly version: string;
  readonly content: Uint8Array;
  readonly channel?: Channel;
  /** What else stands in the manifest, as lines of YAML. */
  readonly more?: readonly string[];
  readonly keys?: readonly KeyObject[];
  readonly days?: number;
}

/** Answers a request in the place of the feed; false: the feed answers. */
type Intercept = (request: IncomingMessage, response: ServerResponse) => boolean;

/** A feed of updates on loopback: what electron-builder would write, signed, behind HTTPS with an authority of its own. */
export class FakeFeed {
  readonly authority = fakeAuthority('Feed Authority');
  readonly key: KeyObject = generateKeyPairSync('ed25519').privateKey;
  readonly files = new Map<string, Uint8Array>();
  /** What was asked for, in order, without queries. */
  readonly asked: string[] = [];
  /** Headers of all that was asked. */
  readonly headers: IncomingMessage['headers'][] = [];
  intercept: Intercept | undefined;
  readonly #server: Server;

  private constructor() {
    const { key, certificate } = this.authority.certify('127.0.0.1');
    this.#server = createServer({ key, cert: certificate }, (asked, response) => {
      this.#answer(asked, response);
    });
  }

  static async open(): Promise<FakeFeed> {
    const feed = new FakeFeed();
    await new Promise<void>((resolve) => {
      feed.#server.listen(0, '127.0.0.1', resolve);
    });
    return feed;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}/gleaner/`;
  }

  get keyText(): string {
    return publicKeyText(this.key);
  }

  /** Node's transport, which trusts this feed's authority. */
  readonly requests: OpenRequest = (options, onResponse) =>
    request({ ...options, agent: false, ca: this.authority.certificate }, onResponse);

  /** Puts a version on the feed; returns the name of its manifest. */
  publish(o: Publication): string {
    const { version, content, channel = 'stable', more = [], keys = [this.key], days = 90 } = o;
    const file = `Gleaner-${version}.AppImage`;
    const sha512 = createHash('sha512').update(content).digest('base64');
    const manifest = Buffer.from(
      [
        `version: ${version}`,
        'files:',
        `  - url: ${file}`,
        `    sha512: ${sha512}`,
        `    size: ${content.length}`,
        `path: ${file}`,
        `sha512: ${sha512}`,
        `releaseDate: '2026-01-02T03:04:05.000Z'`,
        ...more,
        '',
      ].join('\n'),
    );
    const name = manifestName(channel, process.platform, process.arch);
    this.files.set(file, content);
    this.files.set(name, manifest);
    this.files.set(
      `${name}.sig`,
      Buffer.from(feedSignature({ file: name, manifest, keys, now: Date.now(), days })),
    );
    return name;
  }

  #answer(asked: IncomingMessage, response: ServerResponse): void {
    const path = new URL(asked.url ?? '/', this.url).pathname;
    this.asked.push(path);
    this.headers.push(asked.headers);
    if (this.intercept?.(asked, response) === true) return;
    const content = path.startsWith('/gleaner/') ? this.files.get(path.slice('/gleaner/'.length)) : undefined;
    if (content === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'content-length': content.length }).end(content);
  }
}
