import type { Bench } from './figure.ts';
import { startSpinner } from './spinner.ts';
import { cpuMs, readyVm, span } from './world.ts';

/** Time for the feedback to settle, then the measured span. */
const settleMs = 15_000;
const measureMs = 20_000;

export const bench: Bench = {
  name: 'cap',
  about: 'CPU share of a guest at full load against host CPU time',
  async run(report) {
    const { vm, dispose } = await readyVm();
    try {
      const pid = vm.status().pid;
      const session = vm.session();
      if (pid === null || !session) throw new Error('the VM has no process or no session');
      const spinning = await startSpinner(session, 'while :; do :; done');
      for (const percent of [25, 50, 75]) {
        vm.setShare(percent / 100);
        await span(settleMs);
        const [cpu, began] = [cpuMs(pid), performance.now()];
        await span(measureMs);
        const measured = ((cpuMs(pid) - cpu) / (performance.now() - began)) * 100;
        report({
          metric: `share, asked ${percent} %`,
          value: measured,
          unit: '%',
          promise: '± 2 points of host CPU time',
          holds: Math.abs(measured - percent) <= 2,
        });
      }
      await spinning.stop();
    } finally {
      await dispose();
    }
  },
};
