import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../electron/base/clock.ts';
import { silentLog } from '../../electron/base/log.ts';
import { folderOf } from '../../electron/vm/folder.ts';
import { gone, readPidFile } from '../../electron/vm/orphans.ts';
import { systemProcesses } from '../../electron/vm/proc.ts';
import { Supervisor } from '../../electron/vm/supervisor.ts';
import { createVm, reapLeftovers } from '../../electron/vm/vm.ts';
import { reaches, temporaryDir, vmOptions } from './harness.ts';

let place: ReturnType<typeof temporaryDir>;
const toStop: { stop(): Promise<void> }[] = [];
const parents: ChildProcess[] = [];

beforeEach(() => {
  place = temporaryDir();
});
afterEach(async () => {
  for (const vm of toStop.splice(0)) await vm.stop();
  for (const parent of parents.splice(0)) parent.kill('SIGKILL');
  place.remove();
});

it('tells a guest that never becomes ready from a QEMU that failed', async () => {
  const initramfsPath = join(place.dir, 'not-an-initramfs');
  writeFileSync(initramfsPath, '');
  const o = vmOptions(place.dir);
  const vm = createVm({
    ...o,
    accelerator: 'tcg',
    images: async () => ({ ...(await o.images()), initramfsPath }),
  });
  toStop.push(vm);
  vm.start();
  await reaches(vm, 'backoff');
  expect(vm.status()).toMatchObject({
    failure: { code: 'guest-not-ready', sentence: 'The guest system ended by itself.' },
    pid: null,
  });
});

it('gives up a guest that says nothing at its time limit', async () => {
  const o = vmOptions(place.dir);
  const vm = createVm({ ...o, accelerator: 'tcg', bootLimitMs: { emulated: 500, accelerated: 500 } });
  toStop.push(vm);
  vm.start();
  await reaches(vm, 'backoff');
  expect(vm.status().failure).toMatchObject({ code: 'guest-not-ready' });
});

describe('an accelerator that starts and never boots', () => {
  it('gives way to software emulation, with the reason, and is not tried again', async () => {
    const qemuPath = join(place.dir, 'qemu');
    copyFileSync(fileURLToPath(new URL('../fakes/qemu-without-kvm.sh', import.meta.url)), qemuPath);
    chmodSync(qemuPath, 0o755);
    const supervise = (): Supervisor => {
      const supervisor = new Supervisor({
        ...vmOptions(place.dir),
        qemuPath,
        // A script finds no shell inside the wrapper.
        allowReducedIsolation: true,
        table: systemProcesses,
        bootId: systemProcesses.bootId(),
        kvmAccess: () => Promise.resolve({ gid: undefined }),
        bootLimitMs: { emulated: 180_000, accelerated: 2000 },
      });
      toStop.push(supervisor);
      return supervisor;
    };
    const started = (supervisor: Supervisor): Promise<void> =>
      new Promise((resolve) => {
        supervisor.onChange(() => {
          if (['running', 'failed', 'backoff'].includes(supervisor.state.phase)) resolve();
        });
        supervisor.command('start');
      });
    const first = supervise();
    const tried: unknown[] = [];
    first.onChange(() => {
      if (first.state.phase === 'starting') tried.push(first.prepared?.accelerator.name);
    });
    await started(first);
    expect(first.state.phase).toBe('running');
    expect(new Set(tried)).toEqual(new Set(['kvm', 'tcg']));
    expect(first.prepared?.accelerator.reason).toBe(
      'KVM did not boot a guest here, so software emulation is used: slower.',
    );
    await first.stop();
    const second = supervise();
    await started(second);
    expect(second.state).toMatchObject({ phase: 'running', run: 1 });
    expect(second.prepared).toMatchObject({ accelerator: { name: 'tcg' }, proven: true });
  });
});

describe('kill -9 of the host', () => {
  /** A host of its own process, once its QEMU lives. */
  async function parent(how: 'tied' | 'untied'): Promise<{ qemu: number; kill: () => Promise<void> }> {
    const script = fileURLToPath(new URL('vm-parent.ts', import.meta.url));
    const child = spawn(process.execPath, [script, place.dir, how], { stdio: ['ignore', 'pipe', 'inherit'] });
    parents.push(child);
    const said = await new Promise<string>((resolve, reject) => {
      child.stdout.once('data', (chunk: Buffer) => {
        resolve(chunk.toString());
      });
      child.once('exit', (code) => {
        reject(new Error(`the host ended with exit code ${code ?? 'unknown'}`));
      });
    });
    return {
      qemu: Number(said),
      kill: () =>
        new Promise((resolve) => {
          child.once('exit', () => {
            resolve();
          });
          child.kill('SIGKILL');
        }),
    };
  }
  const lives = (pid: number): boolean => systemProcesses.stat(pid) !== undefined;
  const o = { clock: systemClock, log: silentLog };

  it('takes QEMU with it', async () => {
    const { qemu, kill } = await parent('tied');
    expect(lives(qemu)).toBe(true);
    await kill();
    await gone(() => !lives(qemu), systemClock);
    await expect(reapLeftovers(join(place.dir, 'vms'), o)).resolves.toEqual([]);
    expect(existsSync(join(place.dir, 'vms', 'test'))).toBe(false);
  });

  it('leaves an orphan where nothing ties the two, which the next host ends', async () => {
    const { qemu, kill } = await parent('untied');
    await kill();
    expect(lives(qemu)).toBe(true);
    const { pidFilePath } = folderOf(join(place.dir, 'vms'), 'test');
    expect(readPidFile(pidFilePath)?.processes).toMatchObject([{ pid: qemu }]);
    await expect(reapLeftovers(join(place.dir, 'vms'), o)).resolves.toEqual([qemu]);
    expect(lives(qemu)).toBe(false);
    expect(existsSync(join(place.dir, 'vms', 'test'))).toBe(false);
  });

  it('is survived by no QEMU when a VM of the same name is started instead', async () => {
    const { qemu, kill } = await parent('untied');
    await kill();
    const vm = createVm({ ...vmOptions(place.dir), accelerator: 'tcg' });
    toStop.push(vm);
    vm.start();
    await reaches(vm, 'starting');
    expect(lives(qemu)).toBe(false);
  });
});
