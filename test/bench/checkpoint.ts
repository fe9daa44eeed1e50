import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tarBytes } from '../../electron/base/tar-write.ts';
import { type Bench, median } from './figure.ts';
import { readyVm } from './world.ts';

const MiB = 1024 * 1024;
const rounds = 5;

export const bench: Bench = {
  name: 'checkpoint',
  about: 'collecting a published checkpoint from a running job',
  async run(report) {
    const { vm, dispose } = await readyVm();
    const dir = mkdtempSync(join(tmpdir(), 'gl-bench-'));
    try {
      const session = vm.session();
      if (!session) throw new Error('there is no session');
      const inputTarPath = join(dir, 'in.tar');
      writeFileSync(inputTarPath, tarBytes([]));
      for (const size of [1, 16]) {
        const id = `checkpoint-${size}`;
        const line = `head -c ${size * MiB} /dev/urandom > checkpoint/.new; mv checkpoint/.new checkpoint/state; echo 1 ready > progress; sleep 100000`;
        await session.startJob({
          id,
          argv: ['/bin/sh', '-c', line],
          env: {},
          memoryBytes: 64 * MiB,
          processes: 16,
          vcpus: 1,
          logBytes: 1024,
          inputTarPath,
        });
        let publish: () => void = () => undefined;
        const published = new Promise<void>((resolve) => {
          publish = resolve;
        });
        const end = session.watchJob(id, {
          progress: () => {
            publish();
          },
          usage: () => undefined,
        });
        await published;
        const whole: number[] = [];
        const frozen: number[] = [];
        for (let round = 0; round < rounds; round += 1) {
          const began = performance.now();
          const collected = await session.checkpointJob(id, join(dir, `${round}.tar`), 64 * MiB);
          if (!collected) throw new Error('nothing was published');
          whole.push(performance.now() - began);
          frozen.push(collected.frozenMs);
        }
        report({
          metric: `${size} MiB, asked to written on the host, median`,
          value: median(whole),
          unit: 'ms',
        });
        report({ metric: `${size} MiB, job frozen for, median`, value: median(frozen), unit: 'ms' });
        await session.killJob(id);
        await end;
        await session.cleanJob(id);
      }
    } finally {
      await dispose();
      rmSync(dir, { recursive: true, force: true });
    }
  },
};
