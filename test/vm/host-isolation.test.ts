import { readFileSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Host } from '../../electron/host.ts';
import { addJob, type Ended, expectDone, program, resultOf, startedHost } from './host-jobs-fixture.ts';
import { ended } from './host-world.ts';

/** A job that tries every way out (programs/escape.py), and what of its machine can be seen from outside. */

/** Every attempt by its name, under the error that the guest's kernel refuses it with. */
const refusals: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  network: {
    ENETUNREACH: [
      "tcp to the emulator's usual gateway",
      "tcp to the emulator's usual name server",
      "tcp to the guest's own loopback",
      'tcp to the internet',
      'udp to the internet',
      'udp broadcast',
    ],
    EADDRNOTAVAIL: ["tcp to the guest's own IPv6 loopback"],
    EAFNOSUPPORT: ['vsock to the host'],
    EPERM: [
      'packet socket',
      'raw socket',
      'interface up by netlink',
      'new interface by netlink',
      'route by netlink',
      'interface up by ioctl',
    ],
  },
  privilege: {
    EPERM: [
      ...['setuid', 'setgid', 'setgroups', 'setresuid', 'raise capabilities', 'ambient capability'],
      ...['own file to root', 'file capabilities', 'trusted attribute', 'higher priority'],
      ...['realtime scheduling', 'higher limits'],
    ],
    EINVAL: ['no-new-privileges off'],
    ENOENT: ['setuid files'],
    EROFS: ['lower oom score'],
  },
  namespaces: {
    EPERM: [
      ...['mnt', 'cgroup', 'uts', 'ipc', 'pid', 'net', 'time'].map((kind) => `unshare ${kind}`),
      ...['join by pidfd', 'bind mount', 'remount /proc writable', 'unmount /proc', 'unmount /job/progress'],
      ...['tmpfs', 'proc', 'sysfs', 'cgroup2', 'devtmpfs'].map((kind) => `mount ${kind}`),
      ...['fsopen', 'open_tree', 'mount_setattr', 'pivot_root', 'chroot', 'open by handle'],
    ],
    ENOSPC: ['unshare user'],
    ENOENT: [
      ...['mnt', 'net', 'pid', 'user'].map((kind) => `join the first process's ${kind}`),
      'climb above the root',
    ],
  },
  kernel: {
    EPERM: [
      ...['init_module', 'finit_module', 'delete_module', 'kexec_load', 'kexec_file_load'],
      ...['bpf program', 'bpf map', 'userfaultfd', 'io_uring_setup', 'fanotify', 'syslog', 'reboot'],
      ...['sethostname', 'settimeofday', 'swapon', 'acct', 'iopl', 'ioperm', 'vhangup'],
    ],
    EACCES: ['perf_event_open'],
    ENOKEY: ['keyctl', 'add_key'],
  },
  processes: {
    EPERM: [
      ...['signal', 'ptrace', 'renice', 'move', 'limit'].map((verb) => `${verb} the first process`),
      "read the first process's memory",
      "take the first process's descriptor",
    ],
    ENOENT: ['root', 'cwd', 'exe', 'fd', 'environ', 'mem', 'maps', 'ns', 'status', 'cmdline'].map(
      (name) => `see /proc/1/${name}`,
    ),
  },
  files: {
    EACCES: [
      ...['kcore', 'kmsg', 'kpagecount', 'vmallocinfo', 'slabinfo', 'timer_list'].map(
        (name) => `read /proc/${name}`,
      ),
      ...['/etc/passwd', '/bin/sh', '/usr/bin/python3'].map((path) => `write ${path}`),
      ...['/evil', '/etc/evil', '/usr/bin/evil', '/dev/pts/evil', '/run/evil', '/root/evil'].map(
        (path) => `create ${path}`,
      ),
      "move the job's folder",
    ],
    ENOENT: [
      ...['mem', 'port', 'kmsg', 'vda', 'ttyS0', 'hvc0', 'vport0p1', 'virtio-ports/ssh', 'kvm', 'fuse'].map(
        (name) => `read /dev/${name}`,
      ),
      ...['net/tun', 'loop-control', 'hwrng'].map((name) => `read /dev/${name}`),
      ...['class/dmi/id/product_name', 'class/dmi/id/product_uuid', 'firmware/dmi/tables/DMI', 'block'].map(
        (name) => `read /sys/${name}`,
      ),
      ...['/sys/firmware/qemu_fw_cfg/by_name', '/etc/shadow', '/proc/config.gz'].map(
        (path) => `read ${path}`,
      ),
      ...['kernel/uevent_helper', 'fs/cgroup/cgroup.procs', 'fs/cgroup/memory.max'].map(
        (name) => `write /sys/${name}`,
      ),
      'create /proc/evil',
      ...[
        '/control',
        '/kit',
        '/.kit',
        '/.old',
        '/new',
        '/modules',
        '/init',
        '/run/*',
        '/root/.*',
        '/root/*',
      ].map((path) => `find ${path}`),
      ...['/etc/dropbear', '/sys/*', '/dev/vd*', '/dev/vport*', '/dev/virtio-ports', '/dev/disk'].map(
        (path) => `find ${path}`,
      ),
      ...['/home/*', '/boot/*'].map((path) => `find ${path}`),
    ],
    EROFS: [
      ...['kernel/core_pattern', 'kernel/modprobe', 'kernel/hostname', 'kernel/yama/ptrace_scope'].map(
        (name) => `write /proc/sys/${name}`,
      ),
      ...['vm/overcommit_memory', 'net/ipv4/ip_forward'].map((name) => `write /proc/sys/${name}`),
      ...['uid_map', 'setgroups', 'loginuid', 'attr/current'].map((name) => `write /proc/self/${name}`),
      ...['write /proc/sysrq-trigger', 'create /dev/evil', 'change /dev/null'],
    ],
    EPERM: ['disk', 'memory', 'console', 'serial port'].map((name) => `make a node for ${name}`),
    ENXIO: ['read /dev/tty'],
  },
};

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
  expect(fact('host name')).toBe('(none)');
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
