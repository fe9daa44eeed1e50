import { readFileSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Host } from '../../electron/host.ts';
import { addJob, type Ended, expectDone, program, resultOf, startedHost } from './host-jobs-fixture.ts';
import { ended } from './host-world.ts';
import { refusals } from './isolation.ts';

/** A job that tries every way out (programs/escape.py), and what of its machine can be seen from outside. */

interface Outcome {
  readonly refused: boolean;
  readonly why?: string;
  readonly got?: string;
}
interface Report {
  readonly facts: Readonly<Record<string, unknown>>;
  readonly [group: string]: Readonly<Record<string, unknown>>;
}

const mark = 'gleaner-trace';
let world: Awaited<ReturnType<typeof startedHost>> | undefined;
let escaped: Ended | undefined;
let report: Report | undefined;

beforeAll(async () => {
  world = await startedHost();
  const files = [{ path: 'in/program.py', content: program('escape.py') }];
  escaped = await ended(world.host, await addJob(world.host, 'exec python3 in/program.py', {}, files));
  expect(escaped.stderr).toBe('');
  expectDone(escaped);
  const result = await resultOf(world.host, escaped.job.id);
  report = JSON.parse(result.get('out/report.json') ?? '') as Report;
});
afterAll(async () => {
  await world?.end();
});

const running = (): { host: Host; dir: string; job: Ended['job']; report: Report } => {
  if (!world || !escaped || !report) throw new Error('no report');
  return { host: world.host, dir: world.dir, job: escaped.job, report };
};
const fact = (name: string): unknown => running().report.facts[name];

test.for(Object.entries(refusals))('every way out is refused: %s', ([group, expected]) => {
  const tried = Object.entries(running().report[group] ?? {}) as [string, Outcome][];
  const outcomes = tried.map(([name, { refused, why, got }]) => [name, refused ? why : `got ${got ?? ''}`]);
  const table = Object.entries(expected).flatMap(([error, names]) => names.map((name) => [name, error]));
  expect(Object.fromEntries(outcomes)).toEqual(Object.fromEntries(table));
});

test('the job is nobody, and can become nobody else', () => {
  const nobody = ['65534', '65534', '65534', '65534'];
  const none = ['0'.repeat(16)];
  expect(fact('status')).toEqual({
    ...{ Uid: nobody, Gid: nobody, Groups: [] },
    ...{ CapInh: none, CapPrm: none, CapEff: none, CapBnd: none, CapAmb: none },
    NoNewPrivs: ['1'],
  });
});

test('its network is an empty one of its own', () => {
  expect(fact('interfaces')).toEqual(['lo']);
  expect(fact('routes')).toEqual([]);
  expect(fact('unix sockets')).toEqual([]);
  // unix, inet, inet6, netlink
  expect(fact('families')).toEqual([1, 2, 10, 16]);
});

test('it sees itself and nothing else that runs, is open, shared or a device', () => {
  expect(fact('processes')).toEqual([fact('own process')]);
  const stream = (name: string): string => `/run/work/job-${running().job.id}/${name}.fifo`;
  expect(fact('descriptors')).toEqual({ 0: '/dev/null', 1: stream('stdout'), 2: stream('stderr') });
  expect(fact('other descriptors')).toEqual([]);
  expect(fact('shared memory')).toEqual([]);
  expect(fact('keys')).toEqual([]);
  expect(fact('block devices')).toEqual([]);
  expect(fact('devices')).toEqual([
    ...[
      'fd',
      'full',
      'null',
      'ptmx',
      'pts',
      'random',
      'shm',
      'stderr',
      'stdin',
      'stdout',
      'tty',
      'urandom',
      'zero',
    ],
  ]);
  expect(fact('cgroup')).toEqual(['0::/']);
  expect(fact('kernel symbols')).toEqual(['0'.repeat(16)]);
});

test('it sees its own file systems only', () => {
  expect(fact('root')).toEqual([
    ...['bin', 'boot', 'dev', 'etc', 'home', 'job', 'lib', 'lib64', 'proc', 'root', 'run', 'sbin', 'sys'],
    ...['tmp', 'usr', 'var'],
  ]);
  const mounts = fact('mounts') as [string, string][];
  expect(mounts.map(([point]) => point)).toEqual([
    ...['/', '/job', '/job/progress', '/proc', '/dev', '/dev/shm', '/dev/pts'],
  ]);
  for (const [point, how] of mounts) {
    expect(how).toMatch(/nosuid/);
    expect(how).toMatch(['/proc', '/dev'].includes(point) ? /^ro,/ : /^rw,/);
    if (!point.startsWith('/dev')) expect(how).toMatch(/nodev/);
  }
});

test('nothing tells it where it runs', () => {
  const { dir, job } = running();
  expect(fact('host name')).toBe('gleaner');
  expect(fact('kernel words')).toEqual(['console=ttyS0 quiet panic=-1 no_timer_check gleaner.role=local']);
  expect(fact('environment')).toEqual({
    ...{ HOME: '/job', PWD: '/job', OLDPWD: '/', SHLVL: expect.any(String) as string },
    ...{ PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8', TMPDIR: '/tmp' },
    ...{ GLEANER_JOB_ID: job.id, GLEANER_ATTEMPT: '1' },
  });
  const everything = JSON.stringify(running().report);
  // A computer or a home with a name that any Linux knows would prove nothing.
  const names = [basename(dir), process.cwd(), homedir(), hostname()];
  for (const name of names.filter((one) => one.length > 5 && !['localhost', 'debian'].includes(one))) {
    expect(everything).not.toContain(name);
  }
});

test('the next job finds nothing of the one before, and the disk itself was wiped', async () => {
  const { host, dir } = running();
  const files = [{ path: 'in/program.py', content: program('traces.py') }];
  const run = async (verb: string): Promise<Ended> => {
    const shown = await ended(host, await addJob(host, `python3 in/program.py ${verb} ${mark}`, {}, files));
    expect(shown.stderr).toBe('');
    expectDone(shown);
    return shown;
  };
  const left = await run('leave');
  for (const place of ['/job', '/tmp', '/dev/shm', 'shared memory']) {
    expect(left.stdout.split('\n')).toContain(place);
  }
  const looked = await run('look');
  expect((await resultOf(host, looked.job.id)).get('out/found')).toBe('');
  expect(readFileSync(join(dir, 'vms', 'local', 'scratch.raw')).includes(mark.repeat(2))).toBe(false);
});

test('from outside: QEMU has an empty environment, no secret in its words, and a bounded cache', async () => {
  const { host, dir } = running();
  const folder = join(dir, 'vms', 'local');
  const { processes } = JSON.parse(readFileSync(join(folder, 'qemu.pid.json'), 'utf8')) as {
    processes: { pid: number }[];
  };
  const { vms } = await host.call('status', {});
  const inside = processes.at(-1)?.pid ?? 0;
  expect(vms[0]).toMatchObject({ phase: 'running' });
  const boot = readFileSync(join(folder, 'boot.img'), 'latin1');
  const [, key = ''] = /ssh-ed25519 (\S{40,})/.exec(boot) ?? [];
  expect(key).not.toBe('');
  for (const { pid } of processes) {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'latin1');
    expect(words).not.toContain(key);
    expect(words).not.toMatch(/PRIVATE KEY|password|token|secret=/i);
    if (vms[0]?.accelerator?.name === 'tcg') expect(words).toMatch(/tb-size=\d+\0/);
  }
  if (vms[0]?.isolation === 'full') {
    expect(readFileSync(`/proc/${inside}/environ`, 'latin1').replace(/^PWD=\/\0/, '')).toBe('');
  }
});
