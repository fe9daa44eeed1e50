import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tarBytes } from '../../electron/base/tar-write.ts';
import type { GuestSession } from '../../electron/vm/session/client.ts';
import { runAgent, shellAgent } from './agent-fixture.ts';
import { temporaryDir } from './harness.ts';
import { program } from './host-jobs-fixture.ts';
import { refusals } from './isolation.ts';
import { type BareVm, bootBareVm, bootLimitMs } from './session-fixture.ts';

/** A hostile program in the place of a grid's own worker (programs/escape.py): what it reaches, and what it does not. */

const MiB = 1024 * 1024;
/** What the host lets it reach; the second is somebody else's business. */
const ports = { report: 3128, other: 4000 };

interface Outcome {
  readonly refused: boolean;
  readonly why?: string;
  readonly got?: string;
}
interface Report {
  readonly facts: Readonly<Record<string, unknown>>;
  readonly [group: string]: Readonly<Record<string, unknown>>;
}

let place: ReturnType<typeof temporaryDir> | undefined;
let vm: BareVm | undefined;
let session: GuestSession | undefined;
let report: Report | undefined;
let words = '';
const servers: Server[] = [];

/** A socket of the host that a port of the guest leads to; gathers what comes. */
async function listen(name: string, port: number): Promise<() => string> {
  if (!vm || !session) throw new Error('no VM');
  let text = '';
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  });
  servers.push(server);
  const socketPath = join(vm.dir, name);
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  await session.forward({ bindAddress: '127.0.0.1', port, toSocketPath: socketPath });
  return () => text;
}

beforeAll(async () => {
  place = temporaryDir();
  const dataDisk = { path: join(place.dir, 'data', 'data.raw'), bytes: 64 * MiB };
  vm = await bootBareVm({ dir: place.dir, dataDisk, vcpus: 1 });
  session = vm.session();
  await session.connect(bootLimitMs);
  const told = await listen('report', ports.report);
  await listen('other', ports.other);
  const agent = { data: true, uid: 600, gid: 600 };
  // Somebody else's file on the same disk, as an earlier agent may have left one.
  const other = 'umask 077; mkdir -m 777 x; echo secret >others; ls';
  expect(await runAgent(session, shellAgent(other, { ...agent, uid: 601, gid: 601 }))).toMatch(/^exit 0/);
  const files = [{ path: 'program.py', content: program('escape.py'), mode: 0o600 }];
  words = await runAgent(
    session,
    shellAgent(`echo mine >mine; exec python3 program.py agent report.json ${ports.report}`, {
      ...agent,
      files,
    }),
  );
  report = JSON.parse(told()) as Report;
});
afterAll(async () => {
  for (const server of servers) server.close();
  await session?.dispose();
  await vm?.end();
  place?.remove();
});

const fact = (name: string): unknown => report?.facts[name];

test('its attempts came to an end', () => {
  expect(words).toBe('exit 0');
});

/** Where an agent’s answer is another than a job’s: it has a loopback, and keeps no folder of the appliance’s making. */
const differing: Readonly<Record<string, string>> = {
  "tcp to the guest's own loopback": 'ECONNREFUSED',
  "tcp to the guest's own IPv6 loopback": 'ECONNREFUSED',
};

test.for(Object.entries(refusals))('every way out of a job is none for an agent: %s', ([group, expected]) => {
  const tried = Object.entries(report?.[group] ?? {}) as [string, Outcome][];
  const outcomes = tried.map(([name, { refused, why, got }]) => [name, refused ? why : `got ${got ?? ''}`]);
  const table = Object.entries(expected).flatMap(([error, names]) =>
    names.map((name) => [name, differing[name] ?? error]),
  );
  expect(Object.fromEntries(outcomes)).toEqual(Object.fromEntries(table));
});

test('nor is there a way to what shares the machine with it', () => {
  const tried = Object.entries(report?.['neighbours'] ?? {}) as [string, Outcome][];
  const outcomes = tried.map(([name, { refused, why, got }]) => [name, refused ? why : `got ${got ?? ''}`]);
  expect(Object.fromEntries(outcomes)).toEqual({
    'list the unix sockets': 'ENOENT',
    'list the other sockets': 'ENOENT',
    "the session's socket": 'ENOENT',
    'an abstract socket': 'ECONNREFUSED',
    'a port below 1024': 'EACCES',
    'an address that is not its own': 'EADDRNOTAVAIL',
    "read another's file": 'EACCES',
    "take another's file": 'EPERM',
    'give a file away': 'EPERM',
    'a device on the data disk': 'EPERM',
    "above the data disk's folder": 'ENOENT',
  });
});

test('it is who it was said to be, and has no privilege', () => {
  const self = ['600', '600', '600', '600'];
  const none = ['0'.repeat(16)];
  expect(fact('status')).toEqual({
    ...{ Uid: self, Gid: self, Groups: [] },
    ...{ CapInh: none, CapPrm: none, CapEff: none, CapBnd: none, CapAmb: none },
    NoNewPrivs: ['1'],
  });
});

test('its network is a loopback on which nothing but the declared forwards answers', () => {
  expect(fact('interfaces')).toEqual(['lo']);
  expect(fact('ports')).toEqual([ports.report, ports.other]);
  expect(fact('unix sockets')).toEqual([]);
  expect(fact('families')).toEqual([1, 2, 10, 16]);
});

test('it sees itself and nothing else that runs, is open, shared or a device', () => {
  expect(fact('processes')).toEqual([fact('own process')]);
  expect(fact('other descriptors')).toEqual([]);
  expect(fact('shared memory')).toEqual([]);
  expect(fact('keys')).toEqual([]);
  expect(fact('block devices')).toEqual([]);
  expect(fact('cgroup')).toEqual(['0::/']);
  expect(fact('host name')).toBe('gleaner');
});

test('it reads its appliance and its own data, and writes to its data and to what is temporary', () => {
  const mounts = fact('mounts') as [string, string][];
  expect(mounts.map(([point]) => point)).toEqual(['/', '/data', '/proc', '/dev', '/dev/shm', '/dev/pts']);
  for (const [point, how] of mounts) expect(how, point).toMatch(/nosuid/);
  expect(fact('foreign files')).toEqual(['/data/mine', '/data/program.py']);
  expect(fact('writable folders')).toEqual(['/data', '/data/x', '/tmp', '/var/lock', '/var/tmp']);
});

test('a job that declares network has the same one and its proxy; one that does not has none', async () => {
  if (!vm || !session) throw new Error('no VM');
  const s = session;
  const told = await listen('from-job', 3129);
  const inputTarPath = join(vm.dir, 'in.tar');
  writeFileSync(inputTarPath, tarBytes([]));
  const script = `
import os, socket
names = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "no_proxy", "NO_PROXY")
said = [name + "=" + os.environ[name] for name in names if name in os.environ]
said += [line.split(":")[0].strip() for line in open("/proc/net/dev").read().split("\\n")[2:] if line]
said += [str(os.getuid()), str(len(open("/proc/net/unix").readlines())), socket.gethostname()]
said += [line.split()[1] for line in open("/proc/self/status") if line.startswith("Cap")]
said += [line.split()[4] for line in open("/proc/self/mountinfo")]
with socket.create_connection(("127.0.0.1", 3129)) as s:
    s.sendall(" ".join(said).encode())
`;
  const job = (id: string, network: boolean): Promise<void> =>
    s.startJob({
      id,
      argv: ['/usr/bin/python3', '-c', script],
      env: { no_proxy: '' },
      memoryBytes: 96 * MiB,
      processes: 8,
      vcpus: 1,
      logBytes: 4096,
      inputTarPath,
      ...(network ? { network } : {}),
    });
  const end = async (id: string): Promise<unknown> => {
    const ended = await s.watchJob(id, { progress: () => undefined, usage: () => undefined });
    await s.cleanJob(id);
    return ended;
  };
  await job('inside', false);
  expect(await end('inside')).toMatchObject({ kind: 'exit', code: 1 });
  expect(told()).toBe('');
  await job('outside', true);
  expect(await end('outside')).toMatchObject({ kind: 'exit', code: 0 });
  const proxy = 'http://127.0.0.1:3128';
  const none = '0'.repeat(16);
  expect(told().split(' ')).toEqual([
    ...['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY'].map((name) => `${name}=${proxy}`),
    ...['no_proxy=', 'NO_PROXY=', 'lo', '65534', '1', 'gleaner'],
    ...[none, none, none, none, none],
    ...['/', '/job', '/job/progress', '/proc', '/dev', '/dev/shm', '/dev/pts'],
  ]);
  expect((await s.selfCheck()).filter((check) => !check.ok)).toEqual([]);
});

test('a process of its own that eats too much memory dies alone', async () => {
  if (!session) throw new Error('no VM');
  const hog = 'exec 2>&1; tail /dev/zero & wait $!; echo survived $?';
  expect(await runAgent(session, shellAgent(hog, { memoryBytes: 48 * MiB }))).toBe('exit 0: survived 137');
  expect(await runAgent(session, shellAgent('exec tail /dev/zero', { memoryBytes: 48 * MiB }))).toMatch(
    /^oom/,
  );
});
