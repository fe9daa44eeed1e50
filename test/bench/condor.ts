import { ensureCondorRoot } from '../../resources/dev/condor-root.ts';
import type { Bench } from './figure.ts';
import { runInPrivateNet } from './private-net.ts';

export const bench: Bench = {
  name: 'condor',
  about: 'a VM as an execute node of a real HTCondor pool, beside a node without a VM',
  async run(report) {
    // While there is a network.
    await ensureCondorRoot();
    await runInPrivateNet('./condor-inside.ts', report);
  },
};
