import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { type Disposable, Disposer } from '../../electron/base/disposal.ts';
import { silentLog } from '../../electron/base/log.ts';
import type { EndpointPaths } from '../../electron/control/endpoint.ts';
import { SocketClient } from '../../electron/control/socket-client.ts';
import { type SocketServerOptions, serveSocket } from '../../electron/control/socket-server.ts';
import { FakeHost } from '../fakes/fake-host.ts';

interface Served {
  readonly host: FakeHost;
  readonly server: Disposable;
  readonly client: SocketClient;
}

export interface Fixture {
  /** A folder of this test alone. */
  readonly dir: () => string;
  readonly place: () => EndpointPaths;
  /** Serves a fake host; disposed after the test. */
  readonly serve: (changes?: Partial<SocketServerOptions>) => Promise<Served>;
}

/** Gives every test of a file a place of its own for real servers on real sockets. */
export function useControl(): Fixture {
  let dir = '';
  let owned = new Disposer();
  const place = (): EndpointPaths => ({
    runDir: join(dir, 'run'),
    socketPath: join(dir, 'run', 'control.sock'),
  });
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'gleaner-control-'));
    owned = new Disposer();
  });
  afterEach(async () => {
    await owned.dispose();
    await rm(dir, { recursive: true, force: true });
  });
  return {
    dir: () => dir,
    place,
    serve: async (changes = {}) => {
      const host = new FakeHost();
      const options = { api: host, paths: place(), log: silentLog, platform: 'linux' as const, ...changes };
      const server = owned.own(await serveSocket(options));
      return { host, server, client: new SocketClient(place(), 'linux') };
    },
  };
}

/** Matches a failure with this code. */
export const failure = (code: string): unknown => expect.objectContaining({ code });

export async function collect(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

export async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield await Promise.resolve(Buffer.from(text));
}

/** A connection that speaks HTTP by hand. */
export class RawClient {
  readonly socket: Socket;
  #heard = '';
  readonly closed: Promise<string>;

  constructor(socketPath: string) {
    this.socket = connect({ path: socketPath });
    this.socket.setEncoding('utf8');
    this.socket.on('data', (text) => {
      this.#heard += String(text);
    });
    this.socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      this.socket.once('close', () => {
        resolve(this.#heard);
      });
    });
  }

  /** Sends a request and gives all that is answered until the server or the request closes. */
  async ask(request: string): Promise<string> {
    this.socket.write(request);
    return await this.closed;
  }
}
