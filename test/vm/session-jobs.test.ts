import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createDoor } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tarBytes } from '../../electron/base/tar-write.ts';
import type { GuestSession } from '../../electron/vm/session/client.ts';
import type { GuestJob } from '../../electron/vm/session/messages.ts';
import { patientBounds } from './patience.ts';
import { type BareVm, bootBareVm, bootLimitMs, inputTarPath } from './session-fixture.ts';

const MiB = 1024 * 1024;
let vm: BareVm | undefined;
let session: GuestSession | undefined;
let gateway: Server | undefined;

beforeAll(async () => {
  vm = await bootBareVm();
  session = vm.session(patientBounds);
  await session.connect(bootLimitMs);
});
afterAll(async () => {
  gateway?.close();
  await session?.dispose();
  await vm?.end();
});

const running = (): { vm: BareVm; session: GuestSession } => {
  if (!vm || !session) throw new Error('no VM');
  return { vm, session };
};
const at = (name: string): string => join(running().vm.dir, name);
const quiet = { progress: () => undefined, usage: () => undefined };
const rate = (bytes: number, since: number): string =>
  `${(bytes / MiB / ((performance.now() - since) / 1000)).toFixed(1)} MiB/s`;
const inTar = (tarPath: string, name: string): Buffer =>
  execFileSync('tar', ['-xOf', tarPath, name], { maxBuffer: 200 * MiB });

function job(
  id: string,
  script: string,
  files: readonly { path: string; content: Uint8Array | string }[] = [],
): GuestJob {
  writeFileSync(inputTarPath(running().vm), tarBytes(files));
  return {
    id,
    argv: ['/bin/sh', '-c', script],
    env: { GLEANER_JOB_ID: id, GLEANER_ATTEMPT: '1' },
    memoryBytes: 192 * MiB,
    processes: 32,
    vcpus: 1,
    logBytes: 4096,
    inputTarPath: inputTarPath(running().vm),
  };
}

test('the guest’s own check finds no leak', async () => {
  const checks = await running().session.selfCheck();
  expect(checks.filter((check) => !check.ok)).toEqual([]);
  expect(checks.length).toBeGreaterThan(10);
});

test('a job runs from its input over a checkpoint to its result', async () => {
  const { session: s } = running();
  let tell: () => void = () => undefined;
  const told = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const door = createDoor((socket) => {
    socket.resume();
    void told.then(() => socket.end());
  });
  await new Promise<void>((resolve) => door.listen(at('door'), resolve));
  await s.forward({ bindAddress: '127.0.0.1', port: 3128, toSocketPath: at('door') });
  const script = [
    'set -e',
    'cat in/book.csv checkpoint/state',
    'echo "0.5 half way" >progress',
    'echo 43 >checkpoint/.new; mv checkpoint/.new checkpoint/state; echo secret >checkpoint/.hidden',
    'mkdir out/deep; echo "price ä" >out/deep/prices.csv; ln -s /etc/passwd out/link',
    // Until it is told to go on.
    `python3 -c 'import socket; socket.create_connection(("127.0.0.1", 3128)).recv(1)'`,
    'echo complaint >&2; head -c 10000 /dev/zero; exit 3',
  ].join('\n');
  const work = job('one', script, [
    { path: 'in/book.csv', content: 'id\n' },
    { path: 'checkpoint/state', content: '42\n' },
  ]);
  await s.startJob({ ...work, network: true });
  const progress: string[] = [];
  let cpu = 0;
  let published: () => void = () => undefined;
  const halfWay = new Promise<void>((resolve) => {
    published = resolve;
  });
  const watched = s.watchJob('one', {
    progress: (fraction, text) => {
      progress.push(`${fraction} ${text}`);
      published();
    },
    usage: (cpuSeconds) => {
      cpu = cpuSeconds;
    },
  });
  await halfWay;
  await expect(s.collectJob('one', at('early.tar'), MiB)).rejects.toMatchObject({ code: 'wrong-phase' });
  const checkpoint = await s.checkpointJob('one', at('checkpoint.tar'), MiB);
  expect(checkpoint?.digest).toBe(
    `sha256:${createHash('sha256')
      .update(readFileSync(at('checkpoint.tar')))
      .digest('hex')}`,
  );
  console.log(`the job stood still for ${checkpoint?.frozenMs ?? 0} ms`);
  expect(inTar(at('checkpoint.tar'), 'checkpoint/state').toString()).toBe('43\n');
  expect(execFileSync('tar', ['-tf', at('checkpoint.tar')], { encoding: 'utf8' })).not.toContain('hidden');
  tell();
  expect(await watched).toEqual({ kind: 'exit', code: 3, truncated: ['stdout'] });
  expect(progress).toContain('0.5 half way');
  expect(cpu).toBeGreaterThan(0);
  await s.collectJob('one', at('result.tar'), MiB);
  const listing = execFileSync('tar', ['-tf', at('result.tar'), '--quoting-style=literal'], {
    encoding: 'utf8',
  });
  expect(listing.split('\n').filter(Boolean).toSorted()).toEqual([
    'out/',
    'out/deep/',
    'out/deep/prices.csv',
    'stderr',
    'stdout',
  ]);
  expect(inTar(at('result.tar'), 'out/deep/prices.csv').toString()).toBe('price ä\n');
  expect(inTar(at('result.tar'), 'stderr').toString()).toContain('complaint');
  const stdout = inTar(at('result.tar'), 'stdout');
  expect(stdout.length).toBe(4096);
  expect(stdout.toString().startsWith('id\n42\n')).toBe(true);
  await expect(s.collectJob('one', at('small.tar'), 3)).rejects.toMatchObject({
    code: 'job-output-too-large',
  });
  expect(existsSync(at('small.tar'))).toBe(false);
  await s.cleanJob('one');
  await expect(s.watchJob('one', quiet)).rejects.toMatchObject({ code: 'not-found' });
  door.close();
});

test('50 MiB in and 50 MiB out come through unharmed', async () => {
  const { session: s } = running();
  const content = randomBytes(50 * MiB);
  const work = job('bulk', 'cp in/data out/data', [{ path: 'in/data', content }]);
  let since = performance.now();
  await s.startJob(work);
  console.log(`50 MiB in, until the job runs: ${rate(content.length, since)}`);
  expect(await s.watchJob('bulk', quiet)).toMatchObject({ kind: 'exit', code: 0 });
  since = performance.now();
  await s.collectJob('bulk', at('bulk.tar'), 64 * MiB);
  console.log(`50 MiB out: ${rate(content.length, since)}`);
  expect(inTar(at('bulk.tar'), 'out/data').equals(content)).toBe(true);
  await s.cleanJob('bulk');
});

test('a job goes on while its session is lost; the watch comes back to it', async () => {
  const { vm: v, session: s } = running();
  const children = v.children.length;
  await s.startJob(job('lost', 'sleep 1000'));
  let seen: () => void = () => undefined;
  let seenAnew: () => void = () => undefined;
  const firstNews = new Promise<void>((resolve) => {
    seen = resolve;
  });
  const newsAnew = new Promise<void>((resolve) => {
    seenAnew = resolve;
  });
  const watched = s.watchJob('lost', {
    ...quiet,
    usage: () => {
      // Nothing of a lost child's is heard any more when the next one is there.
      if (v.children.length > children) seenAnew();
      else seen();
    },
  });
  await firstNews;
  v.children.at(-1)?.kill();
  await newsAnew;
  await s.killJob('lost');
  expect(await watched).toMatchObject({ kind: 'killed' });
  expect(v.children).toHaveLength(children + 1);
  await s.cleanJob('lost');
});

test('a watch waits for a start that goes on, as one does in a machine that was saved meanwhile', async () => {
  await running().session.dispose();
  const { ssh } = await running().vm.raw({ fresh: false });
  const sh = async (script: string, stdin?: string): Promise<string> => {
    const { code, stdout } = await ssh.exec(`sh -c '${script}'`, { stdin });
    expect(code, script).toBe(0);
    return stdout;
  };
  const begin = async (id: string): Promise<void> => {
    await sh(`mkfifo /run/${id}; sleep 1000 >/run/${id} 2>/dev/null & echo $! >/run/${id}.held
      ctl job-start ${id} </run/${id} >/dev/null 2>&1 &`);
    await sh(`until [ -s /run/work/job-${id}/starter ]; do usleep 10000; done`);
  };
  await begin('slow');
  let ended = false;
  const watch = ssh.exec('ctl job-watch slow').finally(() => (ended = true));
  await sh('ctl usage');
  expect(ended).toBe(false);
  const words = ['/bin/sh', '-c', 'true'].map((word) => `arg ${Buffer.from(word).toString('base64')}`);
  const request = ['input 0', ...words, 'memory 67108864', 'pids 32', 'cpu max 100000', 'end', ''].join('\n');
  await sh('cat >/run/slow; kill $(cat /run/slow.held)', request);
  expect((await watch).stdout).toMatch(/^end exit 0/m);
  await sh('ctl job-clean slow');
  // One whose start is over has never begun.
  await begin('dead');
  await sh('kill -9 $(cat /run/work/job-dead/starter) $(cat /run/dead.held)');
  expect((await ssh.exec('ctl job-watch dead')).stderr).toMatch(/^unknown-job: /);
  await sh('rm -r /run/work/job-dead');
  ssh.end();
  session = running().vm.session(patientBounds);
  await session.connect(bootLimitMs);
});

test('what cannot be launched, is killed, or eats too much says so', async () => {
  const { session: s } = running();
  const missing = { ...job('missing', ''), argv: ['/no/such/program'] };
  await expect(s.startJob(missing)).rejects.toMatchObject({ code: 'launch-failed' });
  await s.startJob(job('kill', 'sleep 1000'));
  await expect(s.startJob(job('second', 'true'))).rejects.toMatchObject({ code: 'wrong-phase' });
  await s.killJob('kill');
  expect(await s.watchJob('kill', quiet)).toMatchObject({ kind: 'killed' });
  await s.cleanJob('kill');
  await s.startJob({ ...job('hog', 'tail /dev/zero'), memoryBytes: 32 * MiB });
  expect(await s.watchJob('hog', quiet)).toMatchObject({ kind: 'oom' });
  await s.cleanJob('hog');
});

test('an agent reaches its declared forward, and nothing else of the host or the control plane', async () => {
  const { session: s } = running();
  const reports: string[] = [];
  gateway = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      reports.push(body);
      response.end('thanks');
    });
  });
  await new Promise<void>((resolve) => gateway?.listen(at('gateway'), resolve));
  await s.forward({ bindAddress: '127.0.0.1', port: 3128, toSocketPath: at('gateway') });
  // What it tried, and what came of it, goes out through the one door there is.
  const script = `
import glob, http.client, json, os, socket
seen = {}
def attempt(name, act):
    try:
        seen[name] = repr(act())
    except Exception as error:
        seen[name] = type(error).__name__
attempt('keys', lambda: [p for p in ('/run/host_key', '/root/.ssh', '/etc/dropbear', '/run/boot') if os.path.exists(p)])
attempt('ports', lambda: glob.glob('/dev/virtio-ports/*') + glob.glob('/dev/vport*'))
attempt('disks', lambda: glob.glob('/dev/vd*'))
attempt('processes', lambda: [open('/proc/%s/comm' % p).read() for p in os.listdir('/proc') if p.isdigit() and p != str(os.getpid())])
attempt('interfaces', lambda: sorted(line.split(':')[0].strip() for line in open('/proc/net/dev').read().split('\\n')[2:] if line))
attempt('mknod', lambda: os.mknod('/tmp/disk', 0o60600, os.makedev(254, 0)))
attempt('user namespace', lambda: os.unshare(os.CLONE_NEWUSER))
attempt('mount namespace', lambda: os.unshare(os.CLONE_NEWNS))
attempt('other port', lambda: socket.create_connection(('127.0.0.1', 22), 2))
attempt('outside', lambda: socket.create_connection(('10.0.2.2', 80), 2))
attempt('vsock', lambda: socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM).connect((2, 22)))
attempt('uid', lambda: (os.getuid(), os.getgid(), os.getgroups()))
attempt('caps', lambda: [line.strip() for line in open('/proc/self/status') if line.startswith('Cap')])
connection = http.client.HTTPConnection('127.0.0.1', 3128)
connection.request('POST', '/', json.dumps(seen))
print(connection.getresponse().read())
`;
  await s.startAgent({
    name: 'probe',
    argv: ['/usr/bin/python3', '-c', script],
    env: {},
    memoryBytes: 128 * MiB,
    processes: 32,
    vcpus: 1,
    logBytes: 4096,
    capabilities: [],
    uid: 65_534,
    gid: 65_534,
    data: false,
    files: [],
  });
  // It ends when its report was taken, or when it failed before.
  while ((await s.agentStatus('probe')).running);
  const seen = JSON.parse(reports[0] ?? '{}') as Record<string, string>;
  console.log('the agent saw', seen);
  expect(seen['keys']).toBe('[]');
  expect(seen['ports']).toBe('[]');
  expect(seen['disks']).toBe('[]');
  expect(seen['interfaces']).toBe("['lo']");
  expect(seen['mknod']).toBe('PermissionError');
  expect(seen['user namespace']).toMatch(/Error$/);
  expect(seen['mount namespace']).toBe('PermissionError');
  expect(seen['other port']).toBe('ConnectionRefusedError');
  expect(seen['outside']).toBe('OSError');
  expect(seen['vsock']).toMatch(/Error$/);
  expect(seen['processes']).not.toMatch(/dropbear|relay|launcher|busybox/);
  expect(seen['caps']?.match(/0{16}/g)).toHaveLength(5);
  await expect(s.agentStatus('nobody')).rejects.toMatchObject({ code: 'not-found' });
  await s.stopAgent('probe');
});
