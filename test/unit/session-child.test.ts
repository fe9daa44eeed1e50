import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../electron/base/clock.ts';
import { silentLog } from '../../electron/base/log.ts';
import { tarBytes } from '../../electron/base/tar-write.ts';
import type { WorkerHandle } from '../../electron/base/worker.ts';
import { createBootKeys } from '../../electron/vm/boot-disk.ts';
import { GuestSession } from '../../electron/vm/session/client.ts';
import type { SessionBounds } from '../../electron/vm/session/keeper.ts';
import { forkWorkers } from '../../electron/workers.ts';
import { type FakeCommand, type FakeGuestOptions, FakeSshGuest } from '../fakes/ssh-guest.ts';

/**
 * The host's end in its real child process, against a fake guest. `createBootKeys` makes client keys in the format
 * that the fake's server reads too, so one more pair serves as its host key.
 */

// Starting a process can take seconds on a busy computer; the limit only ends a hung test.
vi.setConfig({ testTimeout: 60_000 });

const fork = forkWorkers({ session: new URL('../../electron/vm/session/child.ts', import.meta.url) });
const limitMs = 30_000;
const kernelHello = 'protocol 1\nkernel 6.12\nuptime 2.5\n';

let dir = '';
let guest: FakeSshGuest | undefined;
let session: GuestSession | undefined;
let children: WorkerHandle[] = [];
let said: unknown[] = [];
let onSaid: () => void = () => undefined;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'session-'));
  children = [];
  said = [];
  onSaid = () => undefined;
});
afterEach(async () => {
  await session?.dispose();
  await guest?.close();
  rmSync(dir, { recursive: true });
});

const at = (name: string): string => join(dir, name);

async function start(
  verbs: FakeGuestOptions['verbs'],
  o: { leftovers?: Uint8Array; wrongPin?: boolean; bounds?: Partial<SessionBounds> } = {},
): Promise<GuestSession> {
  const keys = createBootKeys();
  const host = createBootKeys();
  guest = await FakeSshGuest.listen({
    portPath: at('port'),
    hostPrivateKey: host.clientPrivateKey,
    verbs: {
      hello: ({ end }) => {
        end(0, kernelHello);
      },
      usage: ({ end }) => {
        end(0, 'cpu_usec 1000000\nmem_bytes 7\n');
      },
      ...verbs,
    },
    ...(o.leftovers ? { leftovers: o.leftovers } : {}),
  });
  const [, blob = ''] = host.authorizedKey.split(' ');
  session = new GuestSession({
    files: { portPath: at('port'), inDiskPath: at('in'), outDiskPath: at('out') },
    keys: {
      clientPrivateKey: keys.clientPrivateKey,
      hostPublicKey: o.wrongPin ? keys.hostPublicKey : Buffer.from(blob, 'base64'),
    },
    spawnWorker: (name) => {
      const child = fork(name);
      children.push(child);
      child.onMessage((message) => {
        said.push(message);
        onSaid();
      });
      return child;
    },
    clock: systemClock,
    log: silentLog,
    ...(o.bounds ? { bounds: o.bounds } : {}),
  });
  return session;
}

const latestChild = (): number => {
  const pid = children.at(-1)?.pid;
  if (pid === undefined) throw new Error('no child');
  return pid;
};
const quiet = { progress: () => undefined, usage: () => undefined };

test('opens the session behind the leftovers of another', async () => {
  const leftovers = Buffer.concat([Buffer.alloc(5000, 0xff), Buffer.from('SSH-2.0-old\r\nREADY 00')]);
  const open = await start({}, { leftovers });
  expect(await open.connect(limitMs)).toEqual({ protocol: 1, kernel: '6.12', uptimeSeconds: 2.5 });
  expect(await open.usage()).toEqual({ cpuSeconds: 1, memoryBytes: 7 });
});

test('takes no other host key than the pinned one', async () => {
  const open = await start({}, { wrongPin: true });
  const connected = expect(open.connect(limitMs)).rejects.toMatchObject({ code: 'guest-not-ready' });
  await new Promise<void>((resolve) => {
    onSaid = resolve;
  });
  expect(said).toEqual([
    {
      kind: 'lost',
      failure: { code: 'session-lost', sentence: expect.stringContaining('Host denied') as string },
    },
  ]);
  await open.dispose();
  await connected;
});

test('starts a job with its input, and says so in the words of the protocol', async () => {
  const request: string[] = [];
  const open = await start({
    'job-start': ({ args, stdin, end }: FakeCommand) => {
      void stdin().then((text) => {
        request.push(args.join(' '), ...text.trimEnd().split('\n'));
        end(0, 'started\n');
      });
    },
  });
  await open.connect(limitMs);
  const tar = tarBytes([{ path: 'in/book.csv', content: 'id\n' }]);
  writeFileSync(at('input.tar'), tar);
  writeFileSync(at('in'), Buffer.alloc(32 * 1024, 'z'));
  await open.startJob({
    id: 'job-1',
    argv: ['/bin/sh', '-c', 'echo "ä"\n'],
    env: { GLEANER_ATTEMPT: '1' },
    memoryBytes: 1024,
    processes: 5,
    vcpus: 2,
    logBytes: 99,
    inputTarPath: at('input.tar'),
  });
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  expect(request).toEqual([
    'job-1',
    `input ${tar.length + 1024}`,
    `arg ${base64('/bin/sh')}`,
    `arg ${base64('-c')}`,
    `arg ${base64('echo "ä"\n')}`,
    `env ${base64('GLEANER_ATTEMPT=1')}`,
    'memory 1024',
    'pids 5',
    'cpu 200000 100000',
    'stdout 99',
    'end',
  ]);
  expect(readFileSync(at('in')).subarray(0, tar.length)).toEqual(Buffer.from(tar));
});

test('a name that is none never reaches the guest', async () => {
  const asked: string[] = [];
  const open = await start({
    'job-kill': ({ args, end }) => {
      asked.push(...args);
      end(0);
    },
  });
  await open.connect(limitMs);
  await expect(open.killJob('x; reboot')).rejects.toMatchObject({ code: 'internal' });
  await open.killJob('x');
  expect(asked).toEqual(['x']);
});

test('collects a checkpoint from the out disk, or none', async () => {
  const tar = tarBytes([{ path: 'checkpoint/state', content: '42' }]);
  writeFileSync(at('out'), Buffer.concat([tar, Buffer.alloc(4096, 'z')]));
  const sum = createHash('sha256').update(tar).digest('hex');
  const replies = ['none\n', `bytes ${tar.length}\nsha256 ${sum}\nfrozen_usec 2500\n`];
  const open = await start({
    'job-checkpoint': ({ end }) => {
      end(0, replies.shift());
    },
  });
  await open.connect(limitMs);
  expect(await open.checkpointJob('x', at('one.tar'), 1000)).toBeNull();
  const collected = await open.checkpointJob('x', at('one.tar'), 1000);
  const file = readFileSync(at('one.tar'));
  const digest = `sha256:${createHash('sha256').update(file).digest('hex')}`;
  expect(collected).toEqual({ bytes: file.length, digest, frozenMs: 2.5 });
});

test('coded failures of guest and disk reach the caller, and the session goes on', async () => {
  writeFileSync(at('out'), Buffer.alloc(4096, 'z'));
  const open = await start({
    'job-collect': ({ args: [id], end }) => {
      if (id === 'running') end(1, '', 'not-ended: the job has not ended\n');
      else end(0, `bytes 1024\nsha256 ${'0'.repeat(64)}\n`);
    },
  });
  await open.connect(limitMs);
  await expect(open.collectJob('running', at('r.tar'), 10)).rejects.toMatchObject({ code: 'wrong-phase' });
  await expect(open.collectJob('junk', at('r.tar'), 10)).rejects.toMatchObject({ code: 'archive-invalid' });
  await open.usage();
  expect(children).toHaveLength(1);
});

test('a watch tells the latest news, and the end', async () => {
  const open = await start({
    'job-watch': ({ channel, end }) => {
      channel.write('progress 0.1 \nusage 1000000 5\n');
      channel.write('progress 0.2 aGFsZg==\nusage 2000000 6\n');
      end(0, 'truncated stdout\nend exit 3\n');
    },
  });
  await open.connect(limitMs);
  const seen: unknown[] = [];
  const end = await open.watchJob('x', {
    progress: (...news) => seen.push(news),
    usage: (...news) => seen.push(news),
  });
  expect(end).toEqual({ kind: 'exit', code: 3, truncated: ['stdout'] });
  expect(seen).toContainEqual([0.2, 'half']);
  expect(seen).toContainEqual([2, 6]);
});

test('a guest that floods a watch is read slowly, while other calls are answered', async () => {
  let flooding = true;
  let written = 0;
  const open = await start({
    'job-watch': ({ channel }) => {
      const lines = Buffer.from('progress 0.5 \n'.repeat(5000));
      const pump = (): void => {
        while (flooding && channel.write(lines)) written += lines.length;
        if (flooding) channel.once('drain', pump);
      };
      pump();
    },
  });
  await open.connect(limitMs);
  let news = 0;
  const watched = open.watchJob('x', { ...quiet, progress: () => (news += 1) });
  watched.catch(() => undefined);
  for (let count = 0; count < 20; count += 1) await open.usage();
  flooding = false;
  expect(news).toBeLessThan(20);
  // Only as much as the windows hold came over.
  expect(written).toBeLessThan(16 * 1024 * 1024);
  expect(children).toHaveLength(1);
});

test('a command that prints without end costs the session, which is repaired', async () => {
  let flood = true;
  const open = await start({
    usage: ({ channel, end }) => {
      if (!flood) {
        end(0, 'cpu_usec 0\nmem_bytes 0\n');
        return;
      }
      channel.write(Buffer.alloc(1024 * 1024, 'x'));
    },
  });
  await open.connect(limitMs);
  await expect(open.usage()).rejects.toMatchObject({ code: 'session-lost' });
  flood = false;
  expect(await open.usage()).toEqual({ cpuSeconds: 0, memoryBytes: 0 });
  expect(children).toHaveLength(2);
});

test('a killed child is replaced; a watch goes on, calls in flight are lost', async () => {
  let watches = 0;
  let watching: () => void = () => undefined;
  const firstWatch = new Promise<void>((resolve) => {
    watching = resolve;
  });
  const open = await start({
    'job-watch': ({ channel, end }) => {
      watches += 1;
      channel.write('usage 1 1\n');
      watching();
      if (watches > 1) end(0, 'end signal 9\n');
    },
    'job-kill': () => {
      process.kill(latestChild(), 'SIGKILL');
    },
  });
  await open.connect(limitMs);
  const watched = open.watchJob('x', quiet);
  await firstWatch;
  await expect(open.killJob('x')).rejects.toMatchObject({ code: 'session-lost' });
  expect(await watched).toEqual({ kind: 'signal', signal: 9, truncated: [] });
  expect(children).toHaveLength(2);
});

test('a cut connection is repaired', async () => {
  const open = await start({});
  await open.connect(limitMs);
  guest?.cut();
  // The cut may be noticed before or after the next call begins.
  await open.usage().catch(() => undefined);
  await open.usage();
  expect(guest?.handshakes).toBe(2);
});

test('a child that hangs is replaced', async () => {
  const open = await start({}, { bounds: { callMs: 700 } });
  await open.connect(limitMs);
  process.kill(latestChild(), 'SIGSTOP');
  await expect(open.usage()).rejects.toMatchObject({ code: 'session-lost' });
  await open.usage();
  expect(children).toHaveLength(2);
});

test('a guest that stops answering for good is told of once', async () => {
  const open = await start({}, { bounds: { repairMs: 1500, attemptMs: 400 } });
  await open.connect(limitMs);
  const death = new Promise((resolve) => {
    open.onDead(resolve);
  });
  if (guest) guest.answering = false;
  guest?.cut();
  expect(await death).toMatchObject({ code: 'session-lost' });
});

test('a forward reaches one socket of the host, from the declared address only', async () => {
  const open = await start({});
  await open.connect(limitMs);
  const gateway = createServer((_request, response) => response.end('gateway'));
  await new Promise<void>((resolve) => gateway.listen(at('gateway'), resolve));
  await open.forward({ bindAddress: '127.0.0.1', port: 3128, toSocketPath: at('gateway') });
  const connection = guest?.connections.at(-1);
  const ask = (address: string, port: number): Promise<string> =>
    new Promise((resolve) => {
      connection?.forwardOut(address, port, '127.0.0.1', 5000, (error, channel) => {
        if (error) {
          resolve('refused');
          return;
        }
        let text = '';
        channel.on('data', (chunk: Buffer) => (text += chunk.toString()));
        // As a program does that is told all.
        channel.on('end', () => channel.end());
        channel.on('close', () => {
          resolve(text);
        });
        channel.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
      });
    });
  expect(await ask('127.0.0.1', 3128)).toContain('gateway');
  expect(await ask('127.0.0.1', 3129)).toBe('refused');
  expect(await ask('10.0.0.1', 3128)).toBe('refused');
  await new Promise((resolve) => gateway.close(resolve));
  expect(await ask('127.0.0.1', 3128)).toBe('refused');
  await open.usage();
});

test('ends with its child, which leaves no process behind', async () => {
  const open = await start({});
  await open.connect(limitMs);
  const pid = latestChild();
  await open.dispose();
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});
