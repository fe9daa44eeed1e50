import { chmodSync, copyFileSync, linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { systemClock } from '../../electron/base/clock.ts';
import { type Log, streamLog } from '../../electron/base/log.ts';
import type { VmPhase } from '../../electron/contract/snapshot.ts';
import { createVm, type Vm, type VmImages, type VmOptions } from '../../electron/vm/vm.ts';
import { forkWorkers } from '../../electron/workers.ts';
import { defaultOutDir } from '../../resources/guest/recipe.ts';

const MiB = 1024 * 1024;

/** The uid that QEMU gets in tests that run as root; nobody's on any system. */
export const testUid = 64_173;
const isRoot = process.getuid?.() === 0;

/** The guest image as set-up has built it, with one of its appliances; throws when it is not there. */
export function guestImages(appliance = 'base'): VmImages {
  const dir = defaultOutDir();
  const manifest = JSON.parse(readFileSync(join(dir, 'manifest.json'), 'utf8')) as {
    kernel: { file: string };
    initramfs: { file: string };
    appliances: Record<string, { file: string; digest: string }>;
  };
  const root = manifest.appliances[appliance];
  if (!root) throw new Error(`there is no appliance ${appliance}`);
  return {
    kernelPath: join(dir, manifest.kernel.file),
    initramfsPath: join(dir, manifest.initramfs.file),
    rootPath: join(dir, root.file),
    rootDigest: root.digest,
  };
}

/** The images where QEMU's own user can read them, wherever the checkout is: linked into `dir`, else copied. */
export function reachableImages(dir: string, appliance = 'base'): VmImages {
  const images = guestImages(appliance);
  if (!isRoot) return images;
  const imagesDir = join(dir, 'images');
  mkdirSync(imagesDir, { recursive: true });
  const bring = (path: string): string => {
    const to = join(imagesDir, basename(path));
    rmSync(to, { force: true });
    try {
      linkSync(path, to);
    } catch {
      copyFileSync(path, to);
    }
    return to;
  };
  const { kernelPath, initramfsPath, rootPath, rootDigest } = images;
  return {
    kernelPath: bring(kernelPath),
    initramfsPath: bring(initramfsPath),
    rootPath: bring(rootPath),
    rootDigest,
  };
}

/** The real workers, as children of Node. */
export const spawnWorker = forkWorkers({
  session: new URL('../../electron/vm/session/child.ts', import.meta.url),
});

/** Lines go to stderr with `GLEANER_TEST_LOG=1`. */
export const testLog: Log = streamLog(
  process.env['GLEANER_TEST_LOG'] ? process.stderr : { write: () => true },
);

/** A fresh folder that a VM's own user can pass through; the returned function deletes it. */
export function temporaryDir(): { dir: string; remove: () => void } {
  const dir = mkdtempSync(join(tmpdir(), 'gl-'));
  chmodSync(dir, 0o711);
  return {
    dir,
    remove: () => {
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Options for a small VM with everything in `dir`. */
export function vmOptions(dir: string, overrides: Partial<VmOptions> = {}): VmOptions {
  return {
    name: 'test',
    grid: 'local',
    vmsDir: join(dir, 'vms'),
    images: () => Promise.resolve(reachableImages(dir)),
    vcpus: 1,
    memoryBytes: 384 * MiB,
    diskBytes: 256 * MiB,
    transferBytes: 64 * MiB,
    accelerator: 'auto',
    spawnWorker,
    clock: systemClock,
    log: testLog,
    allowReducedIsolation: true,
    acceleratorMemoryPath: join(dir, 'accelerator.json'),
    secrets: { key: () => Promise.resolve(new Uint8Array(32).fill(7)) },
    ...(isRoot ? { uid: testUid } : {}),
    ...overrides,
  };
}

/** A VM with a folder of its own; `dispose` ends it and deletes the folder. */
export function temporaryVm(overrides: Partial<VmOptions> = {}): {
  vm: Vm;
  dir: string;
  dispose: () => Promise<void>;
} {
  const { dir, remove } = temporaryDir();
  const vm = createVm(vmOptions(dir, overrides));
  return {
    vm,
    dir,
    dispose: async () => {
      await vm.dispose();
      remove();
    },
  };
}

/** Resolves when the VM is in one of `phases`; rejects when it ends up in `failed` instead. */
export function reaches(vm: Vm, ...phases: VmPhase[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let off: () => void = () => undefined;
    const look = (): void => {
      const { phase, failure } = vm.status();
      if (phases.includes(phase)) {
        off();
        resolve();
      } else if (phase === 'failed') {
        off();
        reject(
          new Error(
            `the VM failed: ${failure?.code ?? ''} ${failure?.sentence ?? ''} ${failure?.hint ?? ''}`,
          ),
        );
      }
    };
    off = vm.onChange(look);
    look();
  });
}
