import { afterAll, beforeAll, expect, test } from 'vitest';
import { countingJob, countingResult, countingScript } from './jobs.ts';
import type { Submitted } from './pool.ts';
import { PoolHost } from './pool-host.ts';
import { PoolSide } from './pool-side.ts';

/** A job that moves from one computer of a company to another. */

let side: PoolSide;
let first: PoolHost;
let second: PoolHost;

beforeAll(async () => {
  side = await PoolSide.start(['--core-hour', '36']);
  // One that stands still for longer gives its memory back.
  const settings = { 'ladder.saveAfterSeconds': 5 };
  first = await PoolHost.start('pc1', settings);
  second = await PoolHost.start('pc2', settings);
  await first.join(side);
  await second.join(side);
  await side.pool.untilSlots((slots) => slots.length === 2);
});
afterAll(async () => {
  await Promise.all([first.dispose(), second.dispose()]);
  await side.dispose();
});

/** Where it runs, once it does. */
async function hostOf(job: Submitted, executions = 1): Promise<PoolHost> {
  const events = await side.pool.untilJob(
    job,
    (seen) => seen.filter(({ code }) => code === 1).length >= executions,
  );
  const last = events.findLast(({ code }) => code === 1);
  return last?.text.includes('pc1.pool.test') ? first : second;
}

const otherThan = (host: PoolHost): PoolHost => (host === first ? second : first);

test('a job whose computer is not given back for long is handed back, and finished elsewhere with the same result', async () => {
  const job = await side.pool.submit(countingJob({ steps: 40, perCheckpoint: 10 }), countingScript);
  const host = await hostOf(job);
  await host.sees(({ running }) => running === 1);
  // Something is in its checkpoint.
  await side.pool.untilJob(job, (events) =>
    events.some(({ text }) => /Finished transferring output/.test(text)),
  );
  await host.host.call('pause', { length: 'manual' });
  await host.sees((_, { vms }) =>
    vms.some(({ name, phase }) => name.startsWith('condor') && phase === 'stopped'),
  );
  const { pool } = await host.detail();
  expect(pool?.executions).toMatchObject([{ state: 'evicted' }]);
  await side.pool.untilDone(job);
  expect(await hostOf(job, 2)).toBe(otherThan(host));
  expect(side.pool.output(job, 'out')).toBe(countingResult(40));
  await host.host.call('resume', {});
  await side.pool.untilSlots((slots) => slots.length === 2);
});
