import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { tarBytes } from '../../electron/base/tar-write.ts';
import { folderOf } from '../../electron/vm/folder.ts';
import { type PrepareOptions, prepareSaved } from '../../electron/vm/prepare.ts';
import { systemProcesses } from '../../electron/vm/proc.ts';
import type { GuestSession } from '../../electron/vm/session/client.ts';
import { createVm, type Vm } from '../../electron/vm/vm.ts';
import { reaches, temporaryDir, vmOptions } from './harness.ts';

const MiB = 1024 * 1024;
const isRoot = process.getuid?.() === 0;

const sessionOf = (vm: Vm): GuestSession => {
  const session = vm.session();
  if (!session) throw new Error('no session');
  return session;
};

/** Runs a shell line as the job `kept`; resolves when it has written something to its progress file. */
async function startJob(vm: Vm, dir: string, line: string): Promise<void> {
  const inputTarPath = join(dir, 'in.tar');
  writeFileSync(inputTarPath, tarBytes([]));
  await sessionOf(vm).startJob({
    id: 'kept',
    argv: ['/bin/sh', '-c', line],
    env: {},
    memoryBytes: 200 * MiB,
    processes: 16,
    vcpus: 1,
    logBytes: 1024,
    inputTarPath,
  });
  await new Promise<void>((resolve, reject) => {
    const on = {
      progress: () => {
        resolve();
      },
      usage: () => undefined,
    };
    // It ends with its machine, which is no concern of this.
    sessionOf(vm).watchJob('kept', on).catch(reject);
  });
}

describe('a saved VM', () => {
  let place: ReturnType<typeof temporaryDir>;
  let vm: Vm;
  const folder = () => folderOf(join(place.dir, 'vms'), 'test');
  const stateFiles = (): string[] => readdirSync(folder().dir).filter((name) => name.startsWith('state'));

  beforeAll(async () => {
    place = temporaryDir();
    vm = createVm(vmOptions(place.dir));
    vm.start();
    await reaches(vm, 'running');
  });
  afterAll(async () => {
    await vm.stop();
    place.remove();
  });

  async function save(): Promise<void> {
    await vm.freeze();
    await vm.save();
  }

  /** Its saved state is given up for a boot, with this reason. */
  async function isRefused(why: string): Promise<void> {
    await expect(vm.restore()).rejects.toMatchObject({ code: 'state-unfit' });
    const [problem] = vm.status().problems;
    expect(problem?.sentence).toContain(why);
    expect(problem?.hint).toBe('Its job goes on from its last checkpoint.');
    expect(vm.status()).toMatchObject({ savedBytes: null, generation: null });
    await reaches(vm, 'running');
    expect(vm.status().restoredFrom).toBeNull();
    expect(stateFiles()).toEqual([]);
  }

  it('leaves nothing to read: no key, no socket, nothing of the guest’s memory as it is', async () => {
    await startJob(
      vm,
      place.dir,
      'secret=only-$(printf in)-memory; echo "0.5 $secret" > progress; sleep 10000',
    );
    await save();
    expect(vm.status()).toMatchObject({ phase: 'saved', pid: null });
    expect(vm.status().savedBytes).toBe(statSync(folder().statePath).size);
    expect(readdirSync(folder().dir).toSorted()).toEqual(['in.raw', 'out.raw', 'scratch.raw', 'state']);
    expect(statSync(folder().statePath).mode & 0o777).toBe(0o600);
    const state = readFileSync(folder().statePath);
    for (const word of ['only-in-memory', 'OPENSSH PRIVATE KEY', 'ssh-ed25519']) {
      expect(state.includes(word), word).toBe(false);
    }
  });

  it('fits only what it was saved under, and says what differs; nothing of it is touched by the asking', async () => {
    const before = readdirSync(folder().dir).map((name) => [
      name,
      statSync(join(folder().dir, name)).ctimeMs,
    ]);
    const o: PrepareOptions = { ...vmOptions(place.dir), bootId: systemProcesses.bootId() };
    const otherRoot = async () => ({ ...(await o.images()), rootDigest: 'sha256:another' });
    const otherKey = { key: () => Promise.resolve(new Uint8Array(32).fill(8)) };
    const cases: [Partial<PrepareOptions>, string][] = [
      [{ memoryBytes: 400 * MiB }, 'the size of the memory has changed (402653184, now 419430400)'],
      [{ vcpus: 2 }, 'the number of virtual processors has changed (1, now 2)'],
      [{ diskBytes: 300 * MiB }, 'the disks have changed'],
      [{ grid: 'boinc' }, 'the guest is started with other words'],
      [{ images: otherRoot }, 'the images have changed'],
      [
        { accelerator: vm.status().accelerator?.name === 'tcg' ? 'kvm' : 'tcg' },
        'its accelerator cannot be used any more',
      ],
      [{ secrets: otherKey }, 'it is damaged, or was saved under another key'],
    ];
    for (const [change, why] of cases) {
      const prepared = prepareSaved({ ...o, ...change });
      await expect(prepared, why).rejects.toMatchObject({ code: 'state-unfit' });
      await expect(prepared).rejects.toThrow(why);
    }
    expect(
      readdirSync(folder().dir).map((name) => [name, statSync(join(folder().dir, name)).ctimeMs]),
    ).toEqual(before);
  });

  it('can be taken back while it comes back, as often as one likes, and is whole still', async () => {
    const { generation } = vm.status();
    // No QEMU yet.
    vm.start();
    expect(vm.status()).toMatchObject({ phase: 'preparing', restoring: true });
    await vm.freeze();
    expect(vm.status()).toMatchObject({ phase: 'saved', generation });
    // A QEMU that takes the state in.
    vm.start();
    await reaches(vm, 'starting');
    await vm.freeze();
    expect(vm.status()).toMatchObject({ phase: 'frozen', restoring: true, generation });
    const saved = statSync(folder().statePath).mtimeMs;
    await vm.save();
    expect(vm.status()).toMatchObject({ phase: 'saved', generation, pid: null });
    expect(statSync(folder().statePath).mtimeMs).toBe(saved);
    // Frozen, and then let go.
    vm.start();
    await reaches(vm, 'starting');
    await vm.freeze();
    await vm.thaw();
    await reaches(vm, 'running');
    expect(vm.status()).toMatchObject({ restoredFrom: generation, generation: null, problems: [] });
    expect(stateFiles()).toEqual([]);
    const { kind } = await Promise.all([
      sessionOf(vm).watchJob('kept', { progress: () => undefined, usage: () => undefined }),
      sessionOf(vm).killJob('kept'),
    ]).then(([end]) => end);
    expect(kind).toBe('killed');
    await sessionOf(vm).cleanJob('kept');
  });

  it('is never brought back with the disks of another time', async () => {
    await save();
    copyFileSync(folder().statePath, join(place.dir, 'older'));
    await vm.restore();
    await startJob(vm, place.dir, 'echo "0.5 now" > progress; sleep 10000');
    await save();
    renameSync(folder().statePath, join(place.dir, 'newer'));
    renameSync(join(place.dir, 'older'), folder().statePath);
    await isRefused('the disks are not those that belong to it');
  });

  it('is refused when a bit of it is another, and the guest boots', async () => {
    await save();
    const file = openSync(folder().statePath, 'r+');
    const at = Math.floor(statSync(folder().statePath).size / 2);
    const byte = Buffer.alloc(1);
    readSync(file, byte, 0, 1, at);
    byte.writeUInt8(byte.readUInt8(0) ^ 1);
    writeSync(file, byte, 0, 1, at);
    closeSync(file);
    await isRefused('it is damaged, or was saved under another key');
  });

  it('is refused when it is cut off', async () => {
    await save();
    truncateSync(folder().statePath, statSync(folder().statePath).size - 1024);
    await isRefused('it is damaged, or was saved under another key');
  });

  it('whose QEMU dies in the save is no saved VM', async () => {
    await vm.freeze();
    const { pid } = vm.status();
    const saving = vm.save();
    const refused = expect(saving).rejects.toBeDefined();
    while (!existsSync(folder().newStatePath)) await new Promise((resolve) => setImmediate(resolve));
    process.kill(pid ?? 0, 'SIGKILL');
    await refused;
    await reaches(vm, 'backoff');
    expect(vm.status()).toMatchObject({ savedBytes: null, failure: { code: 'qemu-exited' } });
  });
});

// Only root can mount a small disk.
describe.skipIf(!isRoot)('a disk without room', () => {
  let place: ReturnType<typeof temporaryDir>;
  let vmsDir = '';
  let vm: Vm;
  beforeAll(async () => {
    place = temporaryDir();
    vmsDir = join(place.dir, 'vms');
    mkdirSync(vmsDir);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=420m,mode=711', 'tmpfs', vmsDir]);
    vm = createVm(vmOptions(place.dir));
    vm.start();
    await reaches(vm, 'running');
  });
  afterAll(async () => {
    await vm.stop();
    execFileSync('umount', ['-l', vmsDir]);
    place.remove();
  });

  const ballastPath = (): string => join(vmsDir, 'ballast');
  const isWhole = async (): Promise<void> => {
    expect(vm.status().phase).toBe('frozen');
    expect(vm.status().problems).toMatchObject([{ code: 'disk-full' }]);
    expect(vm.status().problems[0]?.sentence).toMatch(
      /was not saved, so it keeps its memory\. The disk is full/,
    );
    expect(readdirSync(join(vmsDir, 'test')).filter((name) => name.startsWith('state'))).toEqual([]);
    await vm.thaw();
    expect(vm.status().problems).toEqual([]);
    await expect(sessionOf(vm).usage()).resolves.toBeDefined();
  };

  test('is noticed before anything is written: it stays frozen, that is told, and it can be thawed', async () => {
    writeFileSync(ballastPath(), new Uint8Array(300 * MiB));
    await vm.freeze();
    await expect(vm.save()).rejects.toMatchObject({ code: 'disk-full' });
    await isWhole();
    rmSync(ballastPath());
    await vm.freeze();
    await vm.save();
    await vm.restore();
  });

  test('is noticed in mid-save just as well', async () => {
    // More than the save before lets expect.
    await startJob(
      vm,
      place.dir,
      `python3 -c 'import os,time; data = os.urandom(${120 * MiB}); open("progress","w").write("0.5 held"); time.sleep(10000)'`,
    );
    const { bytes } = vm.saveEstimate();
    await vm.freeze();
    const room = Number(
      execFileSync('df', ['--output=avail', '-B1', vmsDir], { encoding: 'utf8' }).split('\n')[1],
    );
    appendFileSync(ballastPath(), new Uint8Array(room - bytes - 40 * MiB));
    await expect(vm.save()).rejects.toMatchObject({ code: 'disk-full' });
    await isWhole();
  });
});
