import { randomFillSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { tarBytes } from '../../electron/base/tar-write.ts';
import type { Vm } from '../../electron/vm/vm.ts';
import { reaches } from '../vm/harness.ts';
import { type Bench, median } from './figure.ts';
import { readyVm } from './world.ts';

const MiB = 1024 * 1024;
const rounds = 5;
/** What a job holds in memory that nothing can make smaller. */
const heldBytes = 64 * MiB;
const promise = (what: string): string => `${what} ≤ 2 × plain + 1 s`;

export const bench: Bench = {
  name: 'save',
  about:
    'saving a frozen VM with a job in it to disk, and bringing it back, against plain files of the same size',
  async run(report) {
    const { vm, dir, dispose } = await readyVm();
    try {
      await holdMemory(vm, dir);
      const took: Record<'save' | 'write' | 'restore' | 'read' | 'session' | 'bytes' | 'resident', number[]> =
        {
          save: [],
          write: [],
          restore: [],
          read: [],
          session: [],
          bytes: [],
          resident: [],
        };
      for (let round = 0; round < rounds; round += 1) {
        await vm.freeze();
        took.resident.push(vm.status().rssBytes ?? Number.NaN);
        took.save.push(await timed(() => vm.save()));
        const bytes = vm.status().savedBytes ?? Number.NaN;
        took.bytes.push(bytes);
        const plain = join(dir, 'vms', 'plain');
        const content = randomFillSync(Buffer.allocUnsafe(bytes));
        took.write.push(await timed(() => writePlain(plain, content)));
        took.read.push(await timed(() => readPlain(plain)));
        const began = performance.now();
        vm.start();
        await vcpusRun(vm);
        took.restore.push(performance.now() - began);
        await reaches(vm, 'running');
        took.session.push(performance.now() - began);
      }
      const middle = (name: keyof typeof took): number => median(took[name]);
      report({ metric: 'size of the saved state', value: middle('bytes') / MiB, unit: 'MiB' });
      report({ metric: 'memory returned', value: middle('resident') / MiB, unit: 'MiB' });
      report({
        metric: 'frozen → memory returned',
        value: middle('save'),
        unit: 'ms',
        baseline: middle('write'),
        promise: promise('save'),
        holds: middle('save') <= 2 * middle('write') + 1000,
      });
      report({
        metric: 'saved → job goes on',
        value: middle('restore'),
        unit: 'ms',
        baseline: middle('read'),
        promise: promise('restore'),
        holds: middle('restore') <= 2 * middle('read') + 1000,
      });
      report({ metric: 'saved → session open', value: middle('session'), unit: 'ms' });
    } finally {
      await dispose();
    }
  },
};

async function holdMemory(vm: Vm, dir: string): Promise<void> {
  const session = vm.session();
  if (!session) throw new Error('there is no session');
  const inputTarPath = join(dir, 'in.tar');
  writeFileSync(inputTarPath, tarBytes([]));
  const program = `import os,time; data = os.urandom(${heldBytes}); open('progress', 'w').write('0.5 held'); time.sleep(100000)`;
  await session.startJob({
    id: 'held',
    argv: ['python3', '-c', program],
    env: {},
    memoryBytes: 128 * MiB,
    processes: 4,
    vcpus: 1,
    logBytes: 1024,
    inputTarPath,
  });
  await new Promise<void>((resolve) => {
    const on = {
      progress: () => {
        resolve();
      },
      usage: () => undefined,
    };
    // It is ended with its machine.
    session.watchJob('held', on).catch(() => undefined);
  });
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** Resolves when the saved state is used up and the vCPUs are let go, before there is a session. */
function vcpusRun(vm: Vm): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      const { phase, restoring } = vm.status();
      if (restoring || phase === 'saved') return;
      off();
      resolve();
    };
    const off = vm.onChange(look);
    look();
  });
}

async function writePlain(path: string, content: Uint8Array): Promise<void> {
  const file = await open(path, 'w');
  for (let at = 0; at < content.length; at += MiB)
    await file.write(content, at, Math.min(MiB, content.length - at), at);
  await file.sync();
  await file.close();
}

async function readPlain(path: string): Promise<void> {
  const file = await open(path, 'r');
  const buffer = Buffer.allocUnsafe(MiB);
  while ((await file.read(buffer, 0, MiB)).bytesRead > 0);
  await file.close();
}
