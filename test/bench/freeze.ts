import { readdirSync } from 'node:fs';
import { percentile } from '../../electron/ledger/yield-log.ts';
import type { Bench } from './figure.ts';
import { cpuNs, readyVm, span } from './world.ts';

const rounds = 100;
/** QEMU's CPU counters must stand still for so long before it counts as idle. */
const quietMs = 25;
const spinner = 'while :; do :; done';

export const bench: Bench = {
  name: 'freeze',
  about: `freeze and thaw of a guest at full load, ${rounds} times`,
  async run(report) {
    const { vm, dispose } = await readyVm();
    const acknowledged: number[] = [];
    const idle: number[] = [];
    const thawed: number[] = [];
    try {
      const pid = vm.status().pid;
      const session = vm.session();
      if (pid === null || !session) throw new Error('the VM has no process or no session');
      const { startSpinner } = await import('./spinner.ts');
      const spinning = await startSpinner(session, spinner);
      const threads = readdirSync(`/proc/${pid}/task`);
      for (let round = 0; round < rounds; round += 1) {
        const began = performance.now();
        acknowledged.push((await vm.freeze()).acknowledgedMs);
        let last = cpuNs(pid, threads);
        let changedAt = performance.now();
        while (performance.now() - changedAt < quietMs) {
          await span(1);
          const now = cpuNs(pid, threads);
          if (now !== last) changedAt = performance.now();
          last = now;
        }
        idle.push(changedAt - began);
        const asked = performance.now();
        await vm.thaw();
        thawed.push(performance.now() - asked);
        await span(20);
      }
      await spinning.stop();
    } finally {
      await dispose();
    }
    for (const [what, values] of [
      ['freeze acknowledged', acknowledged],
      ['freeze to CPU idle', idle],
      ['thaw to guest clock set', thawed],
    ] as const) {
      for (const p of [50, 95, 99]) {
        report({ metric: `${what}, p${p}`, value: percentile(values, p / 100) ?? Number.NaN, unit: 'ms' });
      }
    }
  },
};
