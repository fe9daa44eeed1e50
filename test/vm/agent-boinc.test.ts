import { readdirSync, statSync, utimesSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { folderOf } from '../../electron/vm/folder.ts';
import type { GuestSession } from '../../electron/vm/session/client.ts';
import { readHeader } from '../../electron/vm/state-file.ts';
import { createVm, type Vm } from '../../electron/vm/vm.ts';
import {
  answeredRpc,
  boincAgent,
  guiRpcPort,
  RpcConnection,
  rpcPassword,
  runAgent,
  shellAgent,
} from './agent-fixture.ts';
import { reachableImages, reaches, temporaryDir, vmOptions } from './harness.ts';

/** The real BOINC client in its appliance, on a data disk of its own; each test goes on where the one before ended. */

const MiB = 1024 * 1024;
const graceSeconds = 600;

let place: ReturnType<typeof temporaryDir>;
let vm: Vm;
let gateway: Server | undefined;
/** What the client calls itself; it is made once and kept in its state file. */
let identity = '';

const dataPath = (): string => join(place.dir, 'data', 'project.raw');
const socketPath = (): string => join(place.dir, 'rpc.sock');

function session(): GuestSession {
  const open = vm.session();
  if (!open) throw new Error('no session');
  return open;
}

const field = (text: string, name: string): string =>
  new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1] ?? '';

async function getState(): Promise<string> {
  const rpc = await answeredRpc(session(), socketPath());
  const state = await rpc.ask('<get_state/>');
  rpc.close();
  return state;
}

async function startClient(): Promise<string> {
  await session().reach({ port: guiRpcPort, socketPath: socketPath() });
  await session().startAgent(boincAgent());
  return getState();
}

beforeAll(async () => {
  place = temporaryDir();
  vm = createVm(
    vmOptions(place.dir, {
      grid: 'boinc',
      images: () => Promise.resolve(reachableImages(place.dir, 'boinc')),
      dataDisk: { path: dataPath(), bytes: 256 * MiB },
    }),
  );
  vm.start();
  await reaches(vm, 'running');
});
afterAll(async () => {
  gateway?.close();
  await vm.stop();
  place.remove();
});

test('it starts, and answers GUI RPC of the host, to who knows the password', async () => {
  const state = await startClient();
  expect(`${field(state, 'core_client_major_version')}.${field(state, 'core_client_minor_version')}`).toBe(
    '8.0',
  );
  expect(field(state, 'platform_name')).toBe('x86_64-pc-linux-gnu');
  expect(field(state, 'domain_name')).toBe('gleaner');
  expect(field(state, 'p_features').split(' ')).not.toContain('avx');
  expect(field(state, 'n_usable_coprocs')).toBe('0');
  identity = field(state, 'host_cpid');
  expect(identity).toMatch(/^[0-9a-f]{32}$/);
  expect(statSync(socketPath()).mode & 0o777).toBe(0o600);
  await expect(RpcConnection.open(socketPath(), `${rpcPassword}?`)).rejects.toThrow('refused');
  // The test has other files there; these are the client's.
  expect(await session().agentStatus('boinc')).toEqual({ running: true, words: '' });
});

test('one connection after the other, and many at once, up to a bound', async () => {
  const open = await Promise.allSettled(Array.from({ length: 40 }, () => RpcConnection.open(socketPath())));
  const taken = open.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  expect(taken.length).toBeGreaterThan(0);
  expect(taken.length).toBeLessThanOrEqual(16);
  await Promise.all(taken.map((rpc) => rpc.ask('<get_state/>')));
  for (const rpc of taken) rpc.close();
  expect(field(await getState(), 'host_cpid')).toBe(identity);
});

test('asked to attach, it asks for the project through the host’s forward, and nowhere else', async () => {
  const asked = new Promise<string>((resolve) => {
    gateway = createServer((request, response) => {
      response.writeHead(403).end();
      resolve(`${request.method ?? ''} ${request.url ?? ''}`);
    });
  });
  await new Promise<void>((resolve) => gateway?.listen(join(place.dir, 'gateway'), resolve));
  const forward = { bindAddress: '127.0.0.1', port: 3128, toSocketPath: join(place.dir, 'gateway') };
  await session().forward(forward);
  const rpc = await answeredRpc(session(), socketPath());
  const url = 'http://project.example/test/';
  const attach = `<project_url>${url}</project_url><authenticator>key</authenticator><project_name>Test</project_name>`;
  expect(await rpc.ask(`<project_attach>${attach}</project_attach>`)).toContain('<success/>');
  expect(await asked).toBe(`GET ${url}`);
  expect(await rpc.ask('<get_project_status/>')).toContain(`<master_url>${url}</master_url>`);
  expect(await rpc.ask(`<project_detach><project_url>${url}</project_url></project_detach>`)).toContain(
    '<success/>',
  );
  rpc.close();
});

test('it goes on after the VM was saved and brought back', async () => {
  const before = await getState();
  await vm.freeze();
  await vm.save();
  expect(vm.status().phase).toBe('saved');
  const { header } = await readHeader(folderOf(join(place.dir, 'vms'), 'test').statePath);
  expect(header.disks.map(({ name }) => name)).toEqual(['scratch', 'in', 'out', 'data']);
  await vm.restore();
  expect(vm.status().restoredFrom).toBe(header.generation);
  await session().reach({ port: guiRpcPort, socketPath: socketPath() });
  const after = await getState();
  // The same process.
  expect(field(after, 'client_start_time')).toBe(field(before, 'client_start_time'));
  expect(Number(field(after, 'now'))).toBeGreaterThan(Number(field(before, 'now')));
  expect((await session().agentStatus('boinc')).running).toBe(true);
});

test('asked to end, it does, and its state is on the disk', async () => {
  // Where it ignored that, this would take longer than a test may.
  await session().stopAgent('boinc', graceSeconds);
  await expect(session().agentStatus('boinc')).rejects.toMatchObject({ code: 'not-found' });
  await expect(RpcConnection.open(socketPath())).rejects.toThrow();
  expect(field(await startClient(), 'host_cpid')).toBe(identity);
});

test('QEMU is killed, and it is who it was', async () => {
  const { pid } = vm.status();
  process.kill(pid ?? 0, 'SIGKILL');
  await reaches(vm, 'backoff');
  expect(statSync(dataPath()).size).toBe(256 * MiB);
  await reaches(vm, 'running');
  expect(field(await startClient(), 'host_cpid')).toBe(identity);
});

test('a saved VM whose data disk was touched boots instead; the data stays', async () => {
  await vm.freeze();
  await vm.save();
  const { mtimeMs } = statSync(dataPath());
  utimesSync(dataPath(), new Date(), new Date(mtimeMs + 1000));
  await expect(vm.restore()).rejects.toMatchObject({ code: 'state-unfit' });
  expect(vm.status().problems[0]?.sentence).toContain('the disks are not those that belong to it');
  await reaches(vm, 'running');
  expect(vm.status().restoredFrom).toBeNull();
  expect(field(await startClient(), 'host_cpid')).toBe(identity);
});

test('a process of its user finds the project’s own data, and of others nothing', async () => {
  await session().stopAgent('boinc', graceSeconds);
  const as = { name: 'task', data: true, uid: 600, gid: 600 };
  const run = (line: string): Promise<string> => runAgent(session(), shellAgent(line, as));
  // It is the same user, so the password of GUI RPC is within its reach: nothing else of value may be here.
  expect(await run('cat gui_rpc_auth.cfg; echo')).toBe(`exit 0: ${rpcPassword}`);
  // The appliance's own files have the time 0.
  const foreign =
    'find / -path /proc -prune -o -path /dev -prune -o -type f -newermt 1971-01-01 -readable -print';
  expect(await run(`echo "[$(${foreign} 2>/dev/null | grep -v ^/data/ | tr '\\n' ' ')]"`)).toBe('exit 0: []');
  expect(await run(`${foreign} 2>/dev/null | grep -c ^/data/client_state`)).toMatch(/^exit 0: [1-9]/);
  expect(await run('ls -A / | tr "\\n" " "; echo')).toBe(
    'exit 0: bin boot data dev etc home lib lib64 proc root run sbin sys tmp usr var',
  );
  expect(await run('echo "[$(cat /proc/[0-9]*/comm | grep -vxE "sh|cat|grep|tr" | tr "\\n" " ")]"')).toBe(
    'exit 0: []',
  );
  expect(await run('cut -d " " -f 2 /proc/mounts | tr "\\n" " "; echo')).toBe(
    'exit 0: / /data /proc /dev /dev/shm /dev/pts',
  );
});

test('it trusts Debian’s authorities, and those that it is given', async () => {
  const count = (): Promise<string> =>
    runAgent(session(), shellAgent('grep -c BEGIN ca-bundle.crt', { data: true, uid: 600, gid: 600 }));
  const own = '-----BEGIN CERTIFICATE-----\nb3du\n-----END CERTIFICATE-----\n';
  const start = async (content: string): Promise<void> => {
    await session().startAgent(boincAgent([{ path: 'authorities.pem', content, mode: 0o600 }]));
    await getState();
    await session().stopAgent('boinc', graceSeconds);
  };
  await start(own);
  expect(Number((await count()).replace('exit 0: ', ''))).toBeGreaterThan(100);
  await start('');
  expect(await count()).toMatch(/^exit 2: .*ca-bundle.crt: No such file/);
});

test('the VM stops, and its data disk stays', async () => {
  const { mtimeMs } = statSync(dataPath());
  await vm.stop();
  expect(readdirSync(join(place.dir, 'vms'))).not.toContain('test');
  expect(statSync(dataPath()).size).toBe(256 * MiB);
  expect(statSync(dataPath()).mtimeMs).toBeGreaterThanOrEqual(mtimeMs);
  expect(() => statSync(socketPath())).toThrow('ENOENT');
});
