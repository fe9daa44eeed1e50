import { temporaryDir } from '../vm/harness.ts';
import { addShellJob, ended, hostIn } from '../vm/host-world.ts';
import { type Bench, median } from './figure.ts';

const rounds = 5;

export const bench: Bench = {
  name: 'job',
  about: 'overhead of a job that does nothing, beyond the boot',
  async run(report) {
    const { dir, remove } = temporaryDir();
    const host = await hostIn(dir);
    try {
      const first = await addShellJob(host, ':');
      await host.start();
      await ended(host, first);
      const times: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const began = performance.now();
        const id = await addShellJob(host, ':');
        await ended(host, id);
        times.push(performance.now() - began);
      }
      report({ metric: 'submit to booked result of a no-op job, median', value: median(times), unit: 'ms' });
    } finally {
      await host.stop();
      remove();
    }
  },
};
