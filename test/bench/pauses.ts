import type { Host } from '../../electron/host.ts';
import { percentile } from '../../electron/ledger/yield-log.ts';
import { sees } from '../vm/host-world.ts';
import { span } from './world.ts';

/**
 * By the person's pause, as a host sees it: the VM of its joined grid acknowledges, and QEMU uses no CPU.
 * @param rounds as many as the host's record of yields has, 20, at most
 * @param resume lets it go on
 * @returns what, which percentile, ms
 */
export async function freezeFigures(
  host: Host,
  rounds: number,
  resume = async (): Promise<void> => {
    await host.call('resume', {});
  },
): Promise<[string, number, number][]> {
  for (let round = 0; round < rounds; round += 1) {
    await host.call('pause', { length: 'manual' });
    await sees(host, ({ vms }) => vms.some(({ grid, phase }) => grid !== 'local' && phase === 'frozen'));
    await span(100);
    await resume();
    await sees(host, ({ vms }) => vms.some(({ grid, phase }) => grid !== 'local' && phase === 'running'));
    await span(200);
  }
  const { latest } = await host.call('yields.report', {});
  const stopped = latest.slice(0, rounds).map(({ stoppedMs }) => stoppedMs);
  const quiet = latest.slice(0, rounds).flatMap(({ quietMs }) => (quietMs === null ? [] : [quietMs]));
  return [50, 95].flatMap((p): [string, number, number][] => [
    ['acknowledged', p, percentile(stopped, p / 100) ?? Number.NaN],
    ['QEMU idle', p, percentile(quiet, p / 100) ?? Number.NaN],
  ]);
}
