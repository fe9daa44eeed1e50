import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServerChannel } from 'ssh2';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../electron/base/clock.ts';
import { silentLog } from '../../electron/base/log.ts';
import type { WorkerHandle } from '../../electron/base/worker.ts';
import { createBootKeys } from '../../electron/vm/boot-disk.ts';
import { GuestSession } from '../../electron/vm/session/client.ts';
import { forkWorkers } from '../../electron/workers.ts';
import { type FakeGuestOptions, FakeSshGuest } from '../fakes/ssh-guest.ts';

/** The host's way to services of a guest, through the real child process, against a fake guest. */

// Starting a process can take seconds on a busy computer; the limit only ends a hung test.
vi.setConfig({ testTimeout: 60_000 });

const fork = forkWorkers({ session: new URL('../../electron/vm/session/child.ts', import.meta.url) });
const port = 31_416;

let dir = '';
let guest: FakeSshGuest | undefined;
let session: GuestSession | undefined;
let children: WorkerHandle[] = [];
const socketPath = (): string => join(dir, 'rpc.sock');

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'reach-'));
  children = [];
});
afterEach(async () => {
  await session?.dispose();
  await guest?.close();
  rmSync(dir, { recursive: true });
});

async function start(more: Partial<FakeGuestOptions>): Promise<GuestSession> {
  const keys = createBootKeys();
  const host = createBootKeys();
  guest = await FakeSshGuest.listen({
    portPath: join(dir, 'port'),
    hostPrivateKey: host.clientPrivateKey,
    ...more,
    verbs: {
      hello: ({ end }) => {
        end(0, 'protocol 1\nkernel 6.12\nuptime 2.5\n');
      },
      usage: ({ end }) => {
        end(0, 'cpu_usec 1000000\nmem_bytes 7\n');
      },
      ...more.verbs,
    },
  });
  session = new GuestSession({
    files: { portPath: join(dir, 'port'), inDiskPath: join(dir, 'in'), outDiskPath: join(dir, 'out') },
    keys: {
      clientPrivateKey: keys.clientPrivateKey,
      hostPublicKey: Buffer.from(host.authorizedKey.split(' ')[1] ?? '', 'base64'),
    },
    spawnWorker: (name) => {
      const child = fork(name);
      children.push(child);
      return child;
    },
    clock: systemClock,
    log: silentLog,
  });
  await session.connect(30_000);
  return session;
}

const echo = (channel: ServerChannel): void => {
  channel.pipe(channel);
};

async function dial(): Promise<Socket> {
  const socket = connect(socketPath());
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** What comes back for a line that is sent; empty when the connection ends instead. */
function ask(socket: Socket, line: string): Promise<string> {
  return new Promise((resolve) => {
    socket.once('data', (chunk) => {
      resolve(chunk.toString());
    });
    socket.once('close', () => {
      resolve('');
    });
    socket.write(line);
  });
}

test('each connection reaches the guest’s service, in the place of a socket that was left there', async () => {
  const open = await start({ services: { [port]: echo } });
  writeFileSync(socketPath(), 'left by a child that was killed');
  await open.reach({ port, socketPath: socketPath() });
  expect(statSync(socketPath()).isSocket()).toBe(true);
  expect(statSync(socketPath()).mode & 0o777).toBe(0o600);
  const [first, second] = [await dial(), await dial()];
  expect(await ask(first, 'one')).toBe('one');
  expect(await ask(second, 'two')).toBe('two');
  const ended = once(first, 'close');
  first.end();
  await ended;
  expect(await ask(second, 'three')).toBe('three');
});

test('where nobody listens in the guest, the connection ends, and the session does not', async () => {
  const open = await start({ services: { 1: echo } });
  await open.reach({ port, socketPath: socketPath() });
  expect(await ask(await dial(), 'anybody?')).toBe('');
  await open.usage();
  expect(children).toHaveLength(1);
});

test('a bounded number at a time', async () => {
  const open = await start({ services: { [port]: echo } });
  await open.reach({ port, socketPath: socketPath() });
  const sockets: Socket[] = [];
  for (let count = 0; count < 16; count += 1) {
    const socket = await dial();
    expect(await ask(socket, 'x')).toBe('x');
    sockets.push(socket);
  }
  expect(await ask(await dial(), 'x')).toBe('');
  sockets.pop()?.destroy();
  // When the child has noticed, there is room for one.
  while ((await ask(await dial(), 'x')) === '');
  await open.usage();
});

test('a guest that floods somebody who does not read is made to wait', async () => {
  let written = 0;
  let full: () => void = () => undefined;
  const stalled = new Promise<void>((resolve) => {
    full = resolve;
  });
  const flood = (channel: ServerChannel): void => {
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const pump = (): void => {
      while (channel.write(chunk)) written += chunk.length;
      full();
      channel.once('drain', pump);
    };
    pump();
  };
  const open = await start({ services: { [port]: flood } });
  await open.reach({ port, socketPath: socketPath() });
  const socket = await dial();
  await stalled;
  for (let count = 0; count < 20; count += 1) await open.usage();
  expect(written).toBeLessThan(16 * 1024 * 1024);
  expect(children).toHaveLength(1);
  socket.destroy();
});

test('many that are slow on the host’s side cost neither the session nor its commands', async () => {
  const open = await start({});
  const stuck: Socket[] = [];
  const slow = createServer({ pauseOnConnect: true }, (socket) => {
    socket.on('error', () => undefined);
    stuck.push(socket);
  });
  await new Promise<void>((resolve) => slow.listen(join(dir, 'slow'), resolve));
  await open.forward({ bindAddress: '127.0.0.1', port: 3128, toSocketPath: join(dir, 'slow') });
  const connection = guest?.connections.at(-1);
  const filled = Array.from({ length: 12 }, () => {
    return new Promise<void>((resolve, reject) => {
      connection?.forwardOut('127.0.0.1', 3128, '127.0.0.1', 5000, (error, channel) => {
        if (error) {
          reject(error);
          return;
        }
        channel.on('error', () => undefined);
        // Until the window is full.
        const chunk = Buffer.alloc(256 * 1024, 'x');
        while (channel.write(chunk));
        for (let count = 0; count < 16; count += 1) channel.write(chunk);
        resolve();
      });
    });
  });
  await Promise.all(filled);
  for (let count = 0; count < 20; count += 1) await open.usage();
  expect(stuck).toHaveLength(12);
  expect(children).toHaveLength(1);
  for (const socket of stuck) socket.destroy();
  await new Promise((resolve) => slow.close(resolve));
});

test('is there again after a repair, and gone with the session', async () => {
  const open = await start({ services: { [port]: echo } });
  await open.reach({ port, socketPath: socketPath() });
  const before = await dial();
  expect(await ask(before, 'one')).toBe('one');
  const lost = once(before, 'close');
  process.kill(children.at(-1)?.pid ?? 0, 'SIGKILL');
  await lost;
  await open.usage().catch(() => undefined);
  await open.usage();
  expect(children).toHaveLength(2);
  expect(await ask(await dial(), 'two')).toBe('two');
  await open.dispose();
  expect(existsSync(socketPath())).toBe(false);
});

test('an agent’s data and files are told in the words of the protocol; how it ended, in its own', async () => {
  const request: string[] = [];
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const open = await start({
    verbs: {
      'agent-start': ({ args, stdin, end }) => {
        void stdin().then((text) => {
          request.push(args.join(' '), ...text.trimEnd().split('\n'));
          end(0, 'started\n');
        });
      },
      'agent-status': ({ end }) => {
        end(0, `end exit 1\ncpu_usec 5\nsaid ${base64('no\x07room')}\n`);
      },
      'agent-stop': ({ args, end }) => {
        request.push(args.join(' '));
        if (args[0] === 'boinc') end(0, 'stopped\n');
        else end(1, '', 'data-unusable: its file system is damaged\n');
      },
    },
  });
  const agent = {
    name: 'boinc',
    argv: ['/usr/lib/gleaner/boinc-agent'],
    env: {},
    memoryBytes: 1024,
    processes: 5,
    vcpus: 1,
    logBytes: 99,
    capabilities: ['kill'],
    uid: 600,
    gid: 600,
    data: true,
    files: [
      { path: 'cc_config.xml', content: 'ä', mode: 0o600 },
      { path: 'deep/empty', content: '', mode: 0o44 },
    ],
  };
  await open.startAgent(agent);
  expect(request.splice(0)).toEqual([
    'boinc',
    ...['cap kill', 'uid 600', 'gid 600', 'data'],
    `file ${base64('cc_config.xml')} ${base64('ä')} 600`,
    `file ${base64('deep/empty')}  044`,
    `arg ${base64('/usr/lib/gleaner/boinc-agent')}`,
    ...['memory 1024', 'pids 5', 'cpu 100000 100000', 'stdout 99', 'end'],
  ]);
  const large = [{ path: 'x', content: 'ä'.repeat(256 * 1024 + 1), mode: 0o600 }];
  await expect(open.startAgent({ ...agent, files: large })).rejects.toMatchObject({ code: 'bad-request' });
  expect(request).toEqual([]);
  expect(await open.agentStatus('boinc')).toEqual({ running: false, words: 'exit 1: no room' });
  await open.stopAgent('boinc');
  await open.stopAgent('boinc', 12.5);
  expect(request).toEqual(['boinc 5', 'boinc 13']);
  await expect(open.stopAgent('other')).rejects.toMatchObject({
    code: 'data-unusable',
    message: 'The data disk cannot be used: its file system is damaged.',
  });
});
