import type { Bench } from './figure.ts';
import { runInPrivateNet } from './private-net.ts';

export const bench: Bench = {
  name: 'boinc',
  about: 'joining a stand-in project, its VM’s memory, and freezes of a running task',
  async run(report) {
    await runInPrivateNet('./boinc-inside.ts', report);
  },
};
