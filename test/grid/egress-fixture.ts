import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  request,
} from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { systemClock } from '../../electron/base/clock.ts';
import { Disposer } from '../../electron/base/disposal.ts';
import { silentLog } from '../../electron/base/log.ts';
import type { WorkerHandle } from '../../electron/base/worker.ts';
import type { Failure } from '../../electron/contract/failures.ts';
import type { Contact, DenialReason } from '../../electron/contract/network.ts';
import {
  type DenialRow,
  Gateway,
  type GatewayRules,
  type TrafficRow,
} from '../../electron/egress/gateway.ts';
import type { GatewayLimits } from '../../electron/egress/limits.ts';
import { forkWorkers } from '../../electron/workers.ts';
import type { FakeDnsServer } from '../fakes/dns-server.ts';
import { namedTest } from '../fixtures/names.ts';

/** Starts the real workers. */
export const fork = forkWorkers({ egress: new URL('../../electron/egress/child.ts', import.meta.url) });

/** A place that may be contacted in every world, to show that the gateway still works after an attack. */
export const good = { host: 'good.example', address: '45.33.0.10', port: 80 } as const;

export function contact(host: string, port: number, isPrivate = false): Contact {
  return { host, port, source: 'project', private: isPrivate };
}

export const openRules: GatewayRules = {
  contacts: [contact(good.host, good.port)],
  closed: null,
  downBytesPerSecond: null,
  upBytesPerSecond: null,
  proxy: { kind: 'none' },
  authorities: null,
  forwards: [],
};

/** A gateway with its real worker, and what it told. */
export class TestGateway {
  readonly socketPath: string;
  readonly denials: DenialRow[] = [];
  readonly traffic: TrafficRow[] = [];
  readonly problems: (Failure | null)[] = [];
  readonly challenges: string[] = [];
  readonly losses: Failure[] = [];
  /** What `ask` is answered; set by a test. */
  askProxy: (url: string) => Promise<string> = () => Promise.reject(new Error('nobody was to ask'));
  readonly gateway: Gateway;
  /** As it was opened with. */
  rules: GatewayRules = openRules;
  #worker: WorkerHandle | undefined;
  #waiting: (() => void)[] = [];

  constructor(socketPath: string, limits: Partial<GatewayLimits>) {
    this.socketPath = socketPath;
    const news = (): void => {
      for (const look of this.#waiting.splice(0)) look();
    };
    this.gateway = new Gateway({
      grid: 'test',
      socketPath,
      spawnWorker: (name) => (this.#worker = fork(name)),
      clock: systemClock,
      log: silentLog,
      limits,
      askProxy: (url) => this.askProxy(url),
      onTraffic: (rows) => {
        this.traffic.push(...rows);
        news();
      },
      onDenied: (denial) => {
        this.denials.push(denial);
        news();
      },
      onProblem: (problem) => {
        this.problems.push(problem);
        news();
      },
      onChallenge: (proxy) => {
        this.challenges.push(proxy);
        news();
      },
      onLost: (failure) => {
        this.losses.push(failure);
        news();
      },
    });
  }

  get pid(): number {
    if (this.#worker?.pid === undefined) throw new Error('the worker does not run');
    return this.#worker.pid;
  }

  /** Of the worker, in MiB. */
  get residentMiB(): number {
    const [, kib] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8')) ?? [];
    return Number(kib) / 1024;
  }

  /** Resolves when this is so, looking at every piece of news. */
  async until(wanted: () => boolean): Promise<void> {
    while (!wanted()) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
  }

  /** The denials of a reason, once there is one. */
  async denied(reason: DenialReason): Promise<DenialRow[]> {
    const found = (): DenialRow[] => this.denials.filter((row) => row.reason === reason);
    await this.until(() => found().length > 0);
    return found();
  }

  connect(): Socket {
    const socket = connect({ path: this.socketPath, allowHalfOpen: true });
    socket.on('error', () => undefined);
    return socket;
  }

  /** Sends bytes as they are; resolves with all that comes back until the gateway closes or `enough` is there. */
  async raw(bytes: string | Uint8Array, enough = /\r\n\r\n/): Promise<string> {
    const socket = this.connect();
    socket.write(bytes);
    const text = await heard(socket, enough);
    socket.destroy();
    return text;
  }

  /** The status of the answer to raw bytes; 0 when the gateway hangs up without one. */
  async status(bytes: string | Uint8Array): Promise<number> {
    return statusIn(await this.raw(bytes));
  }

  get(url: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.fetch('GET', url, { headers });
  }

  /** One request as a client of a proxy makes it. Rejects when the answer breaks off. */
  async fetch(
    method: string,
    url: string,
    { headers = {}, body }: { headers?: Record<string, string>; body?: string | Uint8Array } = {},
  ): Promise<Answer> {
    const host = /^[a-z]+:\/\/([^/?#]*)/.exec(url)?.[1] ?? '';
    const asking = request({
      socketPath: this.socketPath,
      method,
      path: url,
      headers: { Host: host, ...headers },
      agent: false,
    });
    asking.end(body);
    const [response] = (await once(asking, 'response')) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      body: Buffer.concat(chunks).toString('latin1'),
    };
  }

  /** CONNECT; the socket carries the tunnel when the status is 200. */
  async tunnel(authority: string): Promise<{ status: number; socket: Socket; text: string }> {
    const socket = this.connect();
    socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
    const all = await heard(socket, /\r\n\r\n/);
    const end = all.indexOf('\r\n\r\n') + 4;
    const text = end > 3 ? all.slice(0, end) : all;
    // What the other side said at once may have come with the head: it is the tunnel's.
    const rest = all.slice(text.length);
    if (rest !== '') socket.unshift(Buffer.from(rest, 'latin1'));
    return { status: statusIn(text), socket, text };
  }
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export const statusIn = (text: string): number => Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1] ?? 0);

/** What a socket says until it matches or ends. */
export async function heard(socket: Socket, enough: RegExp): Promise<string> {
  let text = '';
  return await new Promise((resolve) => {
    const done = (): void => {
      socket.off('data', take).off('end', done).off('close', done);
      socket.pause();
      resolve(text);
    };
    const take = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      if (enough.test(text)) done();
    };
    socket.on('data', take);
    socket.once('end', done);
    socket.once('close', done);
    socket.resume();
  });
}

/** Resolves when the other side hung up. */
export function hungUp(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.destroy();
      resolve();
    };
    if (socket.destroyed) done();
    socket.once('end', done);
    socket.once('close', done);
    socket.resume();
  });
}

export interface Peer {
  /** Connections that it ever got. */
  readonly connections: () => number;
}

/** One test's gateway, peers and names; all of it is gone after the test. */
export class World {
  readonly names: FakeDnsServer;
  readonly #disposer = new Disposer();
  readonly #dir = mkdtempSync(join(tmpdir(), 'egress-'));
  #gateways = 0;

  constructor(names: FakeDnsServer) {
    this.names = names;
    this.#disposer.ownCallback(() => {
      rmSync(this.#dir, { recursive: true });
    });
  }

  async open(
    rules: Partial<GatewayRules> = {},
    limits: Partial<GatewayLimits> = {},
    prepare: (gateway: TestGateway) => void = () => undefined,
  ): Promise<TestGateway> {
    this.#gateways += 1;
    const made = new TestGateway(join(this.#dir, `${this.#gateways}.sock`), limits);
    this.#disposer.own(made.gateway);
    prepare(made);
    made.rules = rulesWith(rules);
    await made.gateway.open(made.rules);
    return made;
  }

  /** A gateway at the place of another one, not opened. */
  reopen({ socketPath }: Pick<TestGateway, 'socketPath'>): TestGateway {
    const made = new TestGateway(socketPath, {});
    this.#disposer.own(made.gateway);
    return made;
  }

  /** An HTTP server at an address of this network. */
  async http(address: string, port: number, listener: RequestListener): Promise<Peer> {
    return await this.#listen(createHttpServer(listener), address, port);
  }

  /** A server that speaks whatever the listener does. */
  async tcp(address: string, port: number, listener: (socket: Socket) => void): Promise<Peer> {
    return await this.#listen(createServer({ allowHalfOpen: true }, listener), address, port);
  }

  /** A place in this test's folder. */
  path(name: string): string {
    return join(this.#dir, name);
  }

  own<T extends { dispose(): void | Promise<void> }>(item: T): T {
    return this.#disposer.own(item);
  }

  async dispose(): Promise<void> {
    await this.#disposer.dispose();
  }

  async #listen(server: ReturnType<typeof createServer>, address: string, port: number): Promise<Peer> {
    const sockets = new Set<Socket>();
    let count = 0;
    server.on('connection', (socket) => {
      count += 1;
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => sockets.delete(socket));
    });
    server.listen(port, address);
    await once(server, 'listening');
    this.#disposer.ownCallback(async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    });
    return { connections: () => count };
  }
}

/** The open rules with some of them changed; further contacts come to the good one. */
export function rulesWith(rules: Partial<GatewayRules>): GatewayRules {
  return { ...openRules, ...rules, contacts: [...openRules.contacts, ...(rules.contacts ?? [])] };
}

/** After whatever a test did, a permitted request passes. */
export async function stillWorks(gateway: TestGateway): Promise<void> {
  expect(await gateway.get(`http://${good.host}/`)).toMatchObject({ status: 200, body: 'good' });
  expect(gateway.losses).toEqual([]);
}

/** Tests with a world of their own in which the good place answers. */
export const egressTest = namedTest.extend<{ world: World }>({
  world: async ({ names }, use) => {
    const world = new World(names);
    names.set(good.host, [good.address]);
    await world.http(good.address, good.port, (asked, answer) => {
      asked.resume();
      answer.end('good');
    });
    await use(world);
    await world.dispose();
  },
});

/** A gateway with a place that tells what it got, as it came. */
export async function watched(world: World): Promise<{ gateway: TestGateway; seen: string[] }> {
  const seen: string[] = [];
  await world.tcp('45.33.0.30', 80, (socket) => {
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (!text.includes('\r\n\r\n')) return;
      seen.push(text);
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nseen');
    });
  });
  const gateway = await world.open({
    contacts: [{ host: 'watched.example', port: 80, source: 'project', private: false }],
  });
  world.names.set('watched.example', ['45.33.0.30']);
  return { gateway, seen };
}
