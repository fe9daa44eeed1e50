import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Snapshot } from '../../electron/contract/index.ts';
import { temporaryDir } from '../vm/harness.ts';
import { HostChild } from '../vm/host-child.ts';
import { allGone, qemuPid } from '../vm/host-faults-world.ts';
import { countingJob, countingResult, countingScript } from './jobs.ts';
import type { Submitted } from './pool.ts';
import { gridId } from './pool-host.ts';
import { PoolSide } from './pool-side.ts';

/** A computer whose program dies, or that sleeps, in the middle of a job: these tests follow one another. */

const leaseSeconds = 20;
const MiB = 1024 * 1024;

let side: PoolSide;
let home: ReturnType<typeof temporaryDir>;
let host: HostChild;

beforeAll(async () => {
  side = await PoolSide.start(['--core-hour', '36']);
  home = temporaryDir();
  host = await HostChild.start(home.dir);
  for (const [key, value] of [
    ['vm.memoryBytes', 512 * MiB],
    ['vm.vcpus', 1],
  ] as const) {
    await host.client.call('settings.set', { key, value });
  }
  const from = { kind: 'text', text: await side.enrolment('pc1') } as const;
  const { contacts } = await host.client.call('pools.lookup', { from });
  await host.client.call('pools.join', {
    from,
    contacts: contacts.map(({ host: name, port }) => ({ host: name, port })),
    share: 100,
  });
  await side.pool.untilSlots((slots) => slots.length === 1);
});
afterAll(async () => {
  // One that stands still takes no other signal.
  host.signal('SIGCONT');
  host.signal('SIGTERM');
  await host.ended;
  home.remove();
  await side.dispose();
});

const steps = 12;

/** Submits a job that ends only when it was taken anew; resolves when it runs and has handed over a checkpoint. */
async function runningJob(): Promise<Submitted> {
  const job = await side.pool.submit(
    countingJob({ steps, perCheckpoint: 8, until: 'anew' }).replace(
      '\nqueue\n',
      `\njob_lease_duration = ${leaseSeconds}\nqueue\n`,
    ),
    countingScript,
  );
  await side.pool.untilJob(job, (events) =>
    events.some(({ text }) => /Finished transferring output/.test(text)),
  );
  await host.sees(({ grids }) => grids.some(({ id, running }) => id === gridId && running === 1));
  return job;
}

const ended = ({ jobs }: Snapshot, { cluster }: Submitted, state: string): boolean =>
  jobs.some((job) => job.title === `count.sh (${cluster}.0)` && job.state === state);

test('a program that is killed takes its VM along; started again, it books the job as lost and takes it anew', async () => {
  const job = await runningJob();
  const qemu = qemuPid(home.dir, gridId);
  host.signal('SIGKILL');
  expect((await host.ended).signal).toBe('SIGKILL');
  await allGone([qemu]);
  await side.pool.untilJob(job, (events) => events.some(({ code }) => code === 24));
  host = await HostChild.start(home.dir);
  const events = await side.pool.untilDone(job);
  expect(events.filter(({ code }) => code === 1)).toHaveLength(2);
  expect(side.pool.output(job, 'out')).toBe(countingResult(steps));
  const snapshot = await host.sees((seen) => ended(seen, job, 'done'));
  expect(ended(snapshot, job, 'aborted')).toBe(true);
  const { pool } = await host.client.call('grids.show', { id: gridId });
  expect(pool?.lost).toBe(1);
  expect(pool?.executions.find(({ state }) => state === 'lost')).toMatchObject({ earned: { amount: 0 } });
  expect(await host.client.call('ledger.verify', {})).toMatchObject({ ok: true });
});

test('soak: a computer that slept for longer than the lease is back in the pool when it wakes, and takes the job anew', async () => {
  const job = await runningJob();
  const qemu = qemuPid(home.dir, gridId);
  const { hostCable } = side.pool.network;
  // All that is ours stands still at once, and the network with it, as in a sleep.
  await hostCable.cut();
  process.kill(qemu, 'SIGSTOP');
  host.signal('SIGSTOP');
  await side.pool.untilJob(job, (events) => events.some(({ code }) => code === 24));
  await hostCable.mend();
  host.signal('SIGCONT');
  process.kill(qemu, 'SIGCONT');
  const events = await side.pool.untilDone(job);
  expect(events.filter(({ code }) => code === 1)).toHaveLength(2);
  expect(side.pool.output(job, 'out')).toBe(countingResult(steps));
  await host.sees((seen) => ended(seen, job, 'done'));
  await side.pool.untilSlots((slots) => slots.some(({ State }) => State === 'Unclaimed'));
});
