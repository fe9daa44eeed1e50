import { chmodSync, copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../electron/base/clock.ts';
import type { Log } from '../../electron/base/log.ts';
import { systemProcesses } from '../../electron/vm/proc.ts';
import { Supervisor } from '../../electron/vm/supervisor.ts';
import { createVm, type Vm, type VmOptions } from '../../electron/vm/vm.ts';
import { FakeSessions } from '../fakes/fake-sessions.ts';
import { reaches, temporaryDir, vmOptions } from '../vm/harness.ts';

/** Real time, but what takes seconds (waits after failures, patience) takes a fiftieth of them. */
const hasty: Clock = {
  ...systemClock,
  after: (ms, callback) => systemClock.after(ms >= 1000 ? ms / 50 : ms, callback),
};

let place: ReturnType<typeof temporaryDir>;
let sessions: FakeSessions;
let qemuPath: string;
const vms: { stop(): Promise<void> }[] = [];
const lines: string[] = [];
const log: Log = {
  info: (_topic, words) => lines.push(words),
  warn: (_topic, words) => lines.push(words),
};

beforeEach(() => {
  place = temporaryDir();
  sessions = new FakeSessions();
  lines.length = 0;
  // A copy, because the user that QEMU runs as may not see the checkout.
  qemuPath = join(place.dir, 'fake-qemu');
  copyFileSync(fileURLToPath(new URL('../fakes/fake-qemu.sh', import.meta.url)), qemuPath);
  chmodSync(qemuPath, 0o755);
});
afterEach(async () => {
  for (const vm of vms.splice(0)) await vm.stop();
  place.remove();
});

function options(kernel: string, overrides: Partial<VmOptions> = {}): VmOptions {
  const kernelPath = join(place.dir, kernel);
  writeFileSync(kernelPath, '');
  const images = { kernelPath, initramfsPath: kernelPath, rootPath: kernelPath, rootDigest: '' };
  return vmOptions(place.dir, {
    images: () => Promise.resolve(images),
    qemuPath,
    spawnWorker: sessions.spawnWorker,
    clock: hasty,
    log,
    allowReducedIsolation: true,
    accelerator: 'tcg',
    ...overrides,
  });
}

function make(kernel: string, overrides: Partial<VmOptions> = {}): Vm {
  const vm = createVm(options(kernel, overrides));
  vms.push(vm);
  return vm;
}

async function running(kernel = 'boots', overrides: Partial<VmOptions> = {}): Promise<Vm> {
  const vm = make(kernel, overrides);
  vm.start();
  await reaches(vm, 'running');
  return vm;
}

function pidOf(vm: Vm): number {
  const { pid } = vm.status();
  if (pid === null) throw new Error('no QEMU');
  return pid;
}

/** Looks again with every turn of the event loop; the test's own time limit ends it. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

const failureOf = async (vm: Vm): Promise<unknown> => {
  vm.start();
  await reaches(vm, 'running').catch(() => undefined);
  return vm.status().failure;
};

describe('a VM', () => {
  it('starts, tells what it is, and leaves nothing behind', async () => {
    const vm = await running();
    const status = vm.status();
    expect(status).toMatchObject({
      phase: 'running',
      accelerator: { name: 'tcg', reason: 'The settings ask for software emulation.' },
      isolation: 'reduced',
      failure: null,
      problems: [],
    });
    expect(status.isolationReason).toContain('bubblewrap');
    expect(status.bootMs).toBeGreaterThan(0);
    expect(vm.session()).toBe(vm.session());
    const pid = pidOf(vm);
    expect(systemProcesses.stat(pid)).toBeDefined();
    await vm.stop();
    expect(systemProcesses.stat(pid)).toBeUndefined();
    expect(vm.status()).toMatchObject({ phase: 'stopped', pid: null });
    expect(vm.session()).toBeUndefined();
    expect(existsSync(join(place.dir, 'vms', 'test'))).toBe(false);
  });

  it('refuses what its phase does not allow, with a code', async () => {
    const vm = make('boots');
    await expect((async () => vm.freeze())()).rejects.toMatchObject({ code: 'wrong-phase' });
    await expect(vm.thaw()).rejects.toMatchObject({ code: 'wrong-phase' });
    await expect(vm.save()).rejects.toMatchObject({ code: 'wrong-phase' });
  });

  it('is not launched when it was stopped while it prepared', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const o = options('boots');
    const vm = createVm({ ...o, images: () => held.then(o.images) });
    vms.push(vm);
    vm.start();
    expect(vm.status().phase).toBe('preparing');
    const stopped = vm.stop();
    expect(vm.status().phase).toBe('stopped');
    release();
    await stopped;
    expect(lines).not.toContain('starting');
    expect(existsSync(join(place.dir, 'vms', 'test'))).toBe(false);
  });

  it('starts again after it was stopped and started in one breath', async () => {
    const vm = await running();
    const first = pidOf(vm);
    const stopped = vm.stop();
    vm.start();
    await stopped;
    await reaches(vm, 'running');
    expect(pidOf(vm)).not.toBe(first);
    expect(systemProcesses.stat(first)).toBeUndefined();
  });
});

describe('freezing', () => {
  it('counts the frozen time and sets the guest’s clock afterwards', async () => {
    const vm = await running();
    const { acknowledgedMs } = await vm.freeze();
    expect(acknowledgedMs).toBeGreaterThan(0);
    expect(vm.status()).toMatchObject({ phase: 'frozen', shareMeasured: 0 });
    const before = vm.status().frozenMsTotal;
    await new Promise((resolve) => setImmediate(resolve));
    expect(vm.status().frozenMsTotal).toBeGreaterThan(before);
    sessions.verbs.length = 0;
    await vm.thaw();
    expect(vm.status().phase).toBe('running');
    expect(sessions.verbs).toContain('clock');
    const after = vm.status().frozenMsTotal;
    expect(vm.status().frozenMsTotal).toBe(after);
    await expect(vm.freeze()).resolves.toBeDefined();
    await expect(vm.freeze()).resolves.toEqual({ acknowledgedMs: 0 });
  });

  it('works on a guest that still boots, which becomes ready in its time', async () => {
    sessions.mute = true;
    const vm = make('boots');
    vm.start();
    await reaches(vm, 'starting');
    await vm.freeze();
    expect(vm.status().phase).toBe('frozen');
    expect(vm.session()).toBeUndefined();
    await vm.thaw();
    expect(vm.status().phase).toBe('starting');
    // Only a child that was asked to open can answer; it is asked once QEMU's monitor is ready.
    await until(() => sessions.workers.length > 0);
    sessions.speak();
    await reaches(vm, 'running');
    expect(vm.session()).toBeDefined();
  });

  it('stops the process itself when QEMU does not answer, and lets it go on', async () => {
    const vm = await running('deaf');
    const pid = pidOf(vm);
    await vm.freeze();
    // A signal takes effect when the process is next scheduled, and this one has idle priority.
    await until(() => systemProcesses.stat(pid)?.state === 'T');
    expect(lines).toContain('QEMU is slow to stop its guest: the process is stopped');
    vm.thaw().catch(() => undefined);
    await until(() => systemProcesses.stat(pid)?.state !== 'T');
  });

  it('saves nothing that does not stand still for certain; that is told until it goes on', async () => {
    const vm = await running();
    await vm.freeze();
    await expect(vm.save()).rejects.toMatchObject({ code: 'state-unavailable' });
    expect(vm.status()).toMatchObject({ phase: 'frozen', savedBytes: null });
    expect(vm.status().problems[0]?.sentence).toContain('was not saved, so it keeps its memory');
    await vm.thaw();
    expect(vm.status().problems).toEqual([]);
  });
});

describe('a QEMU that ends', () => {
  it('by a kill is started again', async () => {
    const vm = await running();
    const pid = pidOf(vm);
    const seen: unknown[] = [];
    const off = vm.onChange(() => {
      const { phase, failure } = vm.status();
      if (phase === 'backoff') seen.push(failure);
    });
    process.kill(pid, 'SIGKILL');
    await reaches(vm, 'backoff');
    await reaches(vm, 'running');
    off();
    expect(seen[0]).toMatchObject({
      code: 'qemu-exited',
      sentence: 'The virtual machine’s QEMU was ended by SIGKILL.',
    });
    expect(pidOf(vm)).not.toBe(pid);
    expect(vm.status().failure).toBeNull();
  });

  it('at once, five times, is given up with its last words, until somebody starts it anew', async () => {
    const vm = make('exits');
    expect(await failureOf(vm)).toEqual({
      code: 'qemu-exited',
      sentence: 'The virtual machine’s QEMU ended with exit code 3.',
      hint: 'QEMU said: fake-qemu: there is a reason',
    });
    expect(lines.filter((line) => line === 'starting')).toHaveLength(5);
    vm.start();
    expect(vm.status().phase).toBe('preparing');
  });

  it('because its guest did, is told from a QEMU that failed', async () => {
    sessions.mute = true;
    expect(await failureOf(make('panics'))).toMatchObject({ code: 'guest-not-ready' });
  });

  it('only by force is ended by force', async () => {
    const vm = await running('deaf');
    const pid = pidOf(vm);
    await vm.stop();
    expect(systemProcesses.stat(pid)).toBeUndefined();
    expect(vm.status().phase).toBe('stopped');
  });

  it('is started again when its session is lost for good', async () => {
    const vm = await running();
    const pid = pidOf(vm);
    while (vm.status().phase === 'running') {
      sessions.workers.at(-1)?.exit(1);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await reaches(vm, 'running');
    expect(pidOf(vm)).not.toBe(pid);
  });
});

describe('what only a person can mend', () => {
  it('is told at once: no QEMU', async () => {
    const vm = make('boots', { qemuPath: join(place.dir, 'no-such-qemu') });
    expect(await failureOf(vm)).toMatchObject({ code: 'qemu-missing', sentence: 'QEMU is not installed.' });
    expect(vm.status().failure?.hint).toContain('apt-get install');
  });

  it('is told at once: an old QEMU', async () => {
    writeFileSync(qemuPath, readFileSync(qemuPath, 'utf8').replace('7.2.0}', '6.1.0}'));
    expect(await failureOf(make('boots'))).toMatchObject({ code: 'qemu-too-old' });
  });

  it('is told at once: no wrapper, where one is demanded', async () => {
    const vm = make('boots', { allowReducedIsolation: false });
    expect(await failureOf(vm)).toMatchObject({ code: 'isolation-unavailable' });
  });

  it('is told at once: QEMU as root', async () => {
    const o = options('boots');
    Reflect.deleteProperty(o, 'uid');
    const vm = createVm(o);
    vms.push(vm);
    vm.start();
    const outcome = await reaches(vm, 'running').catch(() => vm.status().failure?.code);
    expect(outcome).toBe(process.getuid?.() === 0 ? 'isolation-unavailable' : undefined);
  });

  it('is told at once: a data folder whose sockets would have too long a path', async () => {
    const vm = make('boots', { vmsDir: join(place.dir, 'x'.repeat(100)) });
    expect(await failureOf(vm)).toMatchObject({ code: 'storage-failed' });
  });
});

describe('accelerators', () => {
  const limits = { emulated: 60_000, accelerated: 60_000 };
  function supervise(kernel: string, overrides: Partial<VmOptions>): Supervisor {
    const supervisor = new Supervisor({
      ...options(kernel, overrides),
      table: systemProcesses,
      bootId: 'this boot',
      kvmAccess: () => Promise.resolve({ gid: undefined }),
      bootLimitMs: limits,
    });
    vms.push(supervisor);
    return supervisor;
  }
  const settled = (supervisor: Supervisor): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (['running', 'failed'].includes(supervisor.state.phase)) resolve();
      };
      supervisor.onChange(look);
      look();
    });
  const tries = (): number => lines.filter((line) => line === 'KVM did not boot a guest here').length;

  it('that do not boot give way to the next at once, which is remembered', async () => {
    const first = supervise('kvm-exits', { accelerator: 'auto' });
    first.command('start');
    await settled(first);
    expect(first.state.phase).toBe('running');
    expect(first.prepared?.accelerator).toEqual({
      name: 'tcg',
      reason: 'KVM did not boot a guest here, so software emulation is used: slower.',
      said: { code: 'accelerator.no-boot', values: { accelerator: 'kvm' } },
    });
    expect(lines).not.toContain('backoff');
    await first.stop();
    const second = supervise('kvm-exits', { accelerator: 'auto' });
    second.command('start');
    await settled(second);
    expect(second.prepared).toMatchObject({ accelerator: { name: 'tcg' }, proven: true });
    expect(tries()).toBe(1);
  });

  it('that are forced have no next, and fail in so many words', async () => {
    const forced = supervise('kvm-exits', { accelerator: 'kvm' });
    forced.command('start');
    await settled(forced);
    expect(forced.state).toMatchObject({
      phase: 'failed',
      failure: { code: 'accelerator-unusable', hint: 'Set the accelerator to “auto”.' },
    });
  });

  it('are not blamed when nothing boots', async () => {
    const hopeless = supervise('exits', { accelerator: 'auto' });
    hopeless.command('start');
    await settled(hopeless);
    expect(hopeless.state).toMatchObject({ phase: 'failed', failure: { code: 'qemu-exited' } });
    expect(existsSync(join(place.dir, 'accelerator.json'))).toBe(false);
  });
});

it('what it is made of is asked anew before every boot, and not while it runs', async () => {
  const shape = { memoryBytes: 256 * 1024 * 1024 };
  const vm = await running('boots', { reshape: () => shape });
  expect(vm.status().memoryBytes).toBe(256 * 1024 * 1024);
  shape.memoryBytes = 512 * 1024 * 1024;
  expect(vm.status().memoryBytes).toBe(256 * 1024 * 1024);
  await vm.stop();
  vm.start();
  await reaches(vm, 'running');
  expect(vm.status().memoryBytes).toBe(512 * 1024 * 1024);
});
