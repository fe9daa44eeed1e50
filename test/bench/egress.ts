import type { Bench } from './figure.ts';
import { runInPrivateNet } from './private-net.ts';

export const bench: Bench = {
  name: 'egress',
  about: 'throughput and latency through the gateway, against a direct connection',
  async run(report) {
    await runInPrivateNet('./egress-inside.ts', report);
  },
};
