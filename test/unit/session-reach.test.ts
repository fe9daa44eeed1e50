import { once } from 'node:events';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import type { ServerChannel } from 'ssh2';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ChildBench, dialIn } from './session-child-fixture.ts';

/** The host's way to services of a guest, through the real child process, against a fake guest. */

// Starting a process can take seconds on a busy computer; the limit only ends a hung test.
vi.setConfig({ testTimeout: 60_000 });

const port = 31_416;

let bench: ChildBench;
const socketPath = (): string => bench.at('rpc.sock');
const dial = (): Promise<Socket> => dialIn(socketPath());

beforeEach(() => {
  bench = new ChildBench();
});
afterEach(async () => {
  await bench.end();
});

const echo = (channel: ServerChannel): void => {
  channel.pipe(channel);
};

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
  const open = await bench.start({ services: { [port]: echo } });
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
  const open = await bench.start({ services: { 1: echo } });
  await open.reach({ port, socketPath: socketPath() });
  expect(await ask(await dial(), 'anybody?')).toBe('');
  await open.usage();
  expect(bench.children).toHaveLength(1);
});

test('a bounded number at a time', async () => {
  const open = await bench.start({ services: { [port]: echo } });
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
  const open = await bench.start({ services: { [port]: flood } });
  await open.reach({ port, socketPath: socketPath() });
  const socket = await dial();
  await stalled;
  for (let count = 0; count < 20; count += 1) await open.usage();
  expect(written).toBeLessThan(16 * 1024 * 1024);
  expect(bench.children).toHaveLength(1);
  socket.destroy();
});

test('many that are slow on the host’s side cost neither the session nor its commands', async () => {
  const open = await bench.start({});
  const stuck: Socket[] = [];
  const slow = createServer({ pauseOnConnect: true }, (socket) => {
    socket.on('error', () => undefined);
    stuck.push(socket);
  });
  await new Promise<void>((resolve) => slow.listen(bench.at('slow'), resolve));
  await open.forward({ bindAddress: '127.0.0.1', port: 3128, toSocketPath: bench.at('slow') });
  for (let count = 0; count < 12; count += 1) {
    const channel = await bench.dialOut('127.0.0.1', 3128);
    // Until the window is full.
    const chunk = Buffer.alloc(256 * 1024, 'x');
    while (channel.write(chunk));
    for (let more = 0; more < 16; more += 1) channel.write(chunk);
  }
  for (let count = 0; count < 20; count += 1) await open.usage();
  expect(stuck).toHaveLength(12);
  expect(bench.children).toHaveLength(1);
  for (const socket of stuck) socket.destroy();
  await new Promise((resolve) => slow.close(resolve));
});

test('is there again after a repair, and gone with the session', async () => {
  const open = await bench.start({ services: { [port]: echo } });
  await open.reach({ port, socketPath: socketPath() });
  const before = await dial();
  expect(await ask(before, 'one')).toBe('one');
  const lost = once(before, 'close');
  process.kill(bench.children.at(-1)?.pid ?? 0, 'SIGKILL');
  await lost;
  await open.usage().catch(() => undefined);
  await open.usage();
  expect(bench.children).toHaveLength(2);
  expect(await ask(await dial(), 'two')).toBe('two');
  await open.dispose();
  expect(existsSync(socketPath())).toBe(false);
});

test('an agent’s data and files are told in the words of the protocol; how it ended, in its own', async () => {
  const request: string[] = [];
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const open = await bench.start({
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
