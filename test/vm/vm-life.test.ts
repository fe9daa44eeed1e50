import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tarBytes } from '../../electron/base/tar-write.ts';
import { systemProcesses } from '../../electron/vm/proc.ts';
import type { GuestSession } from '../../electron/vm/session/client.ts';
import type { Vm } from '../../electron/vm/vm.ts';
import { reaches, temporaryVm, testUid } from './harness.ts';

const MiB = 1024 * 1024;
const isRoot = process.getuid?.() === 0;

let vm: Vm;
let dir: string;
let dispose: () => Promise<void>;

beforeAll(async () => {
  ({ vm, dir, dispose } = temporaryVm({ vcpus: 1 }));
  vm.start();
  await reaches(vm, 'running');
});
afterAll(async () => {
  await dispose();
});

function pid(): number {
  const found = vm.status().pid;
  if (found === null) throw new Error('no QEMU');
  return found;
}

function session(): GuestSession {
  const found = vm.session();
  if (!found) throw new Error('no session');
  return found;
}

const cpuMs = (): number => systemProcesses.stat(pid())?.cpuMs ?? Number.NaN;
/** A span of real time in which something is measured. */
const span = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Runs a shell line as the job `busy`; `onProgress` hears what it writes to its progress file. */
async function startJob(
  line: string,
  onProgress: (text: string) => void = () => undefined,
): Promise<() => Promise<void>> {
  const inputTarPath = join(dir, 'in.tar');
  writeFileSync(inputTarPath, tarBytes([]));
  await session().startJob({
    id: 'busy',
    argv: ['/bin/sh', '-c', line],
    env: {},
    memoryBytes: 64 * MiB,
    processes: 16,
    vcpus: 1,
    logBytes: 1024,
    inputTarPath,
  });
  const ended = session().watchJob('busy', {
    progress: (_fraction, text) => {
      onProgress(text);
    },
    usage: () => undefined,
  });
  return async () => {
    await session().killJob('busy');
    await ended;
    await session().cleanJob('busy');
  };
}

describe('QEMU, seen from outside', () => {
  const status = (): string => readFileSync(`/proc/${pid()}/status`, 'utf8');

  it('is isolated fully where the system lets an ordinary user have namespaces', () => {
    const who = isRoot ? { uid: testUid, gid: testUid } : {};
    const allowed =
      spawnSync('bwrap', ['--unshare-all', '--ro-bind', '/', '/', '--', '/bin/true'], who).status === 0;
    expect(vm.status().isolation).toBe(allowed ? 'full' : 'reduced');
  });

  it('has no privilege: not root, no group, no capability, no way to gain one, a system call filter', () => {
    const uid = isRoot ? testUid : process.getuid?.();
    expect(status()).toMatch(new RegExp(`^Uid:(\\s+${uid}){4}$`, 'm'));
    if (isRoot) expect(status()).toMatch(/^Groups:\s*$/m);
    for (const set of ['Inh', 'Prm', 'Eff', 'Amb'])
      expect(status()).toMatch(new RegExp(`^Cap${set}:\\s+0{16}$`, 'm'));
    expect(status()).toMatch(/^NoNewPrivs:\s+1$/m);
    expect(status()).toMatch(/^Seccomp:\s+2$/m);
  });

  it('shares no namespace with us', () => {
    if (vm.status().isolation !== 'full') return;
    for (const kind of ['user', 'pid', 'mnt', 'net', 'ipc', 'uts', 'cgroup']) {
      const theirs = readlinkSync(`/proc/${pid()}/ns/${kind}`);
      expect(theirs).not.toBe(readlinkSync(`/proc/self/ns/${kind}`));
    }
  });

  it('sees its own files and devices only, and cannot write outside of its disks', () => {
    if (vm.status().isolation !== 'full') return;
    const root = `/proc/${pid()}/root`;
    expect(
      readdirSync(root)
        .filter((name) => !['lib', 'lib64', 'usr', 'etc'].includes(name))
        .toSorted(),
    ).toEqual(['dev', 'images', 'vm']);
    expect(readdirSync(`${root}/dev`).toSorted()).toEqual(['null', 'urandom', 'zero']);
    expect(readdirSync(`${root}/etc`)).toEqual(['ld.so.cache']);
    expect(readdirSync(`${root}/usr/bin`)).toEqual(['qemu-system-x86_64']);
    const mounts = readFileSync(`/proc/${pid()}/mountinfo`, 'utf8').trim().split('\n');
    const writable = mounts
      .map((line) => line.split(' '))
      .filter(([, , , , , how]) => how?.split(',')[0] === 'rw');
    expect(writable.map((fields) => fields[4]).toSorted()).toEqual([
      '/dev/null',
      '/dev/urandom',
      '/dev/zero',
      '/vm/out.raw',
      '/vm/run',
      '/vm/scratch.raw',
    ]);
  });

  it('has no network: no card in the guest, and only a loopback of its own around it', () => {
    const words = readFileSync(`/proc/${pid()}/cmdline`, 'utf8').split('\0');
    expect(words[words.indexOf('-nic') + 1]).toBe('none');
    expect(words.join(' ')).not.toMatch(/-netdev|virtio-net|e1000/);
    if (vm.status().isolation !== 'full') return;
    const interfaces = readFileSync(`/proc/${pid()}/net/dev`, 'utf8').trim().split('\n').slice(2);
    expect(interfaces.map((line) => line.trim().split(':')[0])).toEqual(['lo']);
  });

  it('holds no descriptor that somebody left open in us', () => {
    const targets = readdirSync(`/proc/${pid()}/fd`).map((fd) => readlinkSync(`/proc/${pid()}/fd/${fd}`));
    const known =
      /^(\/dev\/null|socket:.*|anon_inode:.*|\/vm\/.*|\/images\/.*|\/.*\.(raw|img|squashfs)|pipe:.*)$/;
    expect(targets.filter((target) => !known.test(target))).toEqual([]);
  });

  it('gets the processor and the disk only when nobody else wants them', () => {
    expect(execFileSync('chrt', ['-p', String(pid())], { encoding: 'utf8' })).toContain('SCHED_IDLE');
    expect(execFileSync('ionice', ['-p', String(pid())], { encoding: 'utf8' }).trim()).toBe('idle');
  });
});

describe('freezing', () => {
  it('stops all use of the processor, and the guest’s clock is right afterwards', async () => {
    const heard: { guest: number; host: number }[] = [];
    let next: () => void = () => undefined;
    const stop = await startJob('while :; do echo "0.5 $(date +%s)" >/job/progress; done', (text) => {
      heard.push({ guest: Number(text), host: Date.now() / 1000 });
      next();
    });
    const hear = (): Promise<void> =>
      new Promise((resolve) => {
        next = resolve;
      });
    await hear();
    await vm.freeze();
    // Threads that ran at that instant have a little left to do; from then on it is nothing.
    await span(200);
    const before = cpuMs();
    await span(5000);
    expect(cpuMs() - before).toBeLessThanOrEqual(10);
    expect(vm.status().frozenMsTotal).toBeGreaterThan(5000);
    await vm.thaw();
    const known = heard.length;
    while (heard.length < known + 3) await hear();
    const last = heard.at(-1);
    expect(Math.abs((last?.guest ?? 0) - (last?.host ?? 0))).toBeLessThan(4);
    await stop();
  });
});

describe('the CPU share of a busy guest', () => {
  let stop: () => Promise<void>;
  beforeAll(async () => {
    stop = await startJob('while :; do :; done');
  });
  afterAll(async () => {
    vm.setShare(1);
    await stop();
  });

  async function usedDuring(ms: number): Promise<number> {
    const [cpu, since] = [cpuMs(), performance.now()];
    await span(ms);
    return (cpuMs() - cpu) / (performance.now() - since);
  }

  /** The share of a whole window, as soon as there is one. */
  function measured(): Promise<number> {
    return new Promise((resolve) => {
      const look = (): void => {
        const { shareMeasured } = vm.status();
        if (shareMeasured === null) return;
        off();
        resolve(shareMeasured);
      };
      const off = vm.onChange(look);
      look();
    });
  }

  it.each([0.25, 0.5])('is not above %d when that is granted, without force', async (share) => {
    vm.setShare(share);
    // The first window is there to trim the guest's quota by.
    await measured();
    const used = await usedDuring(8000);
    expect(used).toBeLessThan(share + 0.02);
    expect(used).toBeGreaterThan(share / 4);
    expect(vm.status().problems).toEqual([]);
    expect(await measured()).toBeCloseTo(used, 1);
  });

  it('is held by force when the guest does not keep to it, and by consent again afterwards', async () => {
    vm.setShare(0.3);
    await session().usage();
    await session().setCpu('max', 100_000);
    // A window until it is seen, and one to settle in.
    await span(15_000);
    expect(vm.status().problems).toEqual([]);
    expect(await usedDuring(8000)).toBeLessThan(0.32);
    await session().setCpu(25_000, 100_000);
    await span(11_000);
    expect(await usedDuring(8000)).toBeLessThan(0.32);
  });
});

describe('the end of QEMU', () => {
  it('by kill -9 is followed by another, with a session of its own', async () => {
    const [killed, old] = [pid(), vm.session()];
    process.kill(killed, 'SIGKILL');
    await reaches(vm, 'backoff');
    expect(vm.status().failure).toMatchObject({ code: 'qemu-exited' });
    await reaches(vm, 'running');
    expect(pid()).not.toBe(killed);
    expect(vm.session()).not.toBe(old);
    await expect(session().usage()).resolves.toBeDefined();
  });

  it('on request leaves no process, no disk and no key, and it starts again', async () => {
    const last = pid();
    await vm.stop();
    expect(systemProcesses.stat(last)).toBeUndefined();
    expect(existsSync(join(dir, 'vms', 'test'))).toBe(false);
    vm.start();
    await reaches(vm, 'running');
    expect(vm.status().failure).toBeNull();
  });
});
