import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tarBytes } from '../../electron/base/tar-write.ts';
import { systemProcesses } from '../../electron/vm/proc.ts';
import type { GuestSession } from '../../electron/vm/session/client.ts';
import type { Vm } from '../../electron/vm/vm.ts';
import { reaches, temporaryVm, testUid } from './harness.ts';
import { rememberingLog } from './host-faults-world.ts';
import { Quotas } from './vm-quotas.ts';
import { nextWindow, readingOf, waitedBetween } from './vm-windows.ts';

const MiB = 1024 * 1024;
const hourMs = 3_600_000;
const isRoot = process.getuid?.() === 0;
const log = rememberingLog();
const quotas = new Quotas();

let vm: Vm;
let dir: string;
let dispose: () => Promise<void>;

beforeAll(async () => {
  ({ vm, dir, dispose } = temporaryVm({ vcpus: 1, log, spawnWorker: quotas.spawnWorker }));
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

/** How far the wall clock is ahead of one that nobody sets, whenever both could be read at once. In s. */
const clockProgram = `
import time
while True:
    before = time.monotonic()
    now = time.time()
    if time.monotonic() - before < 0.1:
        with open('/job/progress', 'w') as file:
            file.write(f'0.5 {now - before}\\n')
`;

describe('freezing', () => {
  async function timed(work: Promise<unknown>): Promise<number> {
    const began = performance.now();
    await work;
    return performance.now() - began;
  }

  it('stops all use of the processor, and the guest’s clock is right afterwards', async () => {
    // So far behind that it is not right by chance, however long all this takes.
    const setMs = await timed(session().setClock(Date.now() - hourMs));
    let hear: (ahead: number) => void = () => undefined;
    const stop = await startJob(`exec python3 -c "${clockProgram}"`, (text) => {
      hear(Number(text));
    });
    const hears = (wanted: (ahead: number) => boolean): Promise<number> =>
      new Promise((resolve) => {
        hear = (ahead) => {
          if (wanted(ahead)) resolve(ahead);
        };
      });
    const before = await hears((ahead) => ahead > 0);
    const frozenBefore = vm.status().frozenMsTotal;
    const freezeMs = await timed(vm.freeze());
    // Threads that ran at that instant have a little left to do; from then on it is nothing.
    await span(200);
    const cpuBefore = cpuMs();
    await span(5000);
    expect(cpuMs() - cpuBefore).toBeLessThanOrEqual(10);
    const thawMs = await timed(vm.thaw());
    const frozenMs = vm.status().frozenMsTotal - frozenBefore;
    expect(frozenMs).toBeGreaterThan(5000);
    const after = await hears((ahead) => ahead > before + hourMs / 2000);
    const missing = (hourMs + frozenMs) / 1000 - (after - before);
    // Each time that was set is as late as its answer at most.
    expect(Math.abs(missing)).toBeLessThan(2 + (setMs + freezeMs + thawMs) / 1000);
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

  /**
   * What a window may come to: when others take the processor for a while and leave, `excess` at most can follow. Without
   * them it is the promise itself.
   * @param waited what they took since the grant
   */
  const atMost = (share: number, excess: number, waited: number): number =>
    share + 0.02 + Math.min(excess, 6 * waited);
  /** PWM opens up while others take the processor, and needs seconds to close again: 0.27 at worst, with their best timing. */
  const byForce = 0.3;
  /** A quota that was trimmed in such a time is the whole share, and what QEMU itself needs comes on top. */
  const byConsent = 0.05;

  // First of these: that it exceeds its share is told once.
  it('is held by force when the guest does not keep to it, and by consent again afterwards', async () => {
    quotas.ignored = true;
    const exceeds = log.says('exceeds its CPU share');
    const granted = readingOf(pid());
    vm.setShare(0.3);
    await exceeds;
    const forced = await nextWindow(vm);
    expect(forced.used).toBeLessThan(atMost(0.3, byForce, waitedBetween(granted, forced.last)));
    expect(vm.status().problems).toEqual([]);
    quotas.ignored = false;
    await quotas.taken();
    await session().setCpu(25_000, 100_000);
    const { used, last } = await nextWindow(vm);
    expect(used).toBeLessThan(atMost(0.3, byConsent, waitedBetween(granted, last)));
  });

  it.each([0.25, 0.5])('is not above %d when that is granted, without force', async (share) => {
    const granted = readingOf(pid());
    vm.setShare(share);
    await quotas.taken(share * 100_000);
    // The first window is there to trim the guest's quota by.
    await nextWindow(vm);
    const { used, waited, told, last } = await nextWindow(vm);
    expect(used).toBeLessThan(atMost(share, byConsent, waitedBetween(granted, last)));
    // One that is held back too much does not even wait.
    expect(used + waited).toBeGreaterThan(share / 4);
    expect(told).toBeCloseTo(used, 1);
    expect(vm.status().problems).toEqual([]);
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
