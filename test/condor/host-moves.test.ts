import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { JobEvent } from './job-log.ts';
import { countingJob, countingResult, countingScript } from './jobs.ts';
import type { Submitted } from './pool.ts';
import { PoolHost } from './pool-host.ts';
import { PoolSide } from './pool-side.ts';

/** Jobs that move from one computer of a company to another, or should not: these tests follow one another. */

/** Seconds that a job takes, but for what it waits for. */
const steps = 12;
/** How long the pool waits for a computer that is silent, for the jobs that say so. */
const leaseSeconds = 20;
/** A computer that stands still for longer gives its memory back. */
const saveAfterSeconds = 5;

let side: PoolSide;
let first: PoolHost;
let second: PoolHost;

beforeAll(async () => {
  side = await PoolSide.start(['--core-hour', '36']);
  const settings = { 'ladder.saveAfterSeconds': saveAfterSeconds };
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

/** Resolves with the host of a job when it runs there and has handed over a checkpoint. */
async function handedOver(job: Submitted): Promise<PoolHost> {
  const host = await hostOf(job);
  await host.sees(({ running }) => running === 1);
  await side.pool.untilJob(job, (events) =>
    events.some(({ text }) => /Finished transferring output/.test(text)),
  );
  return host;
}

/**
 * Submits a job with a lease of its own that ends only when it was taken anew; resolves when it runs and has handed over a
 * checkpoint.
 */
async function runningJob(): Promise<{ job: Submitted; host: PoolHost }> {
  const description = countingJob({ steps, perCheckpoint: 8, until: 'anew' });
  const job = await side.pool.submit(
    description.replace('\nqueue\n', `\njob_lease_duration = ${leaseSeconds}\nqueue\n`),
    countingScript,
  );
  return { job, host: await handedOver(job) };
}

/** Submits one that has the pool's lease, of 40 minutes, and ends only once its computer stood frozen; resolves when it runs. */
async function waitingJob(): Promise<{ job: Submitted; host: PoolHost }> {
  const job = await side.pool.submit(
    countingJob({ steps, perCheckpoint: 8, until: 'frozen' }),
    countingScript,
  );
  // Until it ends, it has nothing more to hand over.
  return { job, host: await handedOver(job) };
}

const starts = (events: readonly JobEvent[]): number => events.filter(({ code }) => code === 1).length;

/** Resolves when the pool has let it in, and it has no job. */
async function ready(host: PoolHost): Promise<void> {
  await host.sees(({ state, sentence }) => state === 'waiting' && sentence.includes('ready'));
}

/**
 * Freezes the computer of a job that waits for that.
 * @returns the job's events when it is done, or starts anew
 */
async function doneOnceFrozen(job: Submitted, host: PoolHost): Promise<readonly JobEvent[]> {
  // However long it stands still, it is not handed back.
  await host.host.call('settings.set', { key: 'ladder.saveAfterSeconds', value: null });
  await host.host.call('pause', { length: 'manual' });
  await host.sees((_, { vms }) =>
    vms.some(({ name, phase }) => name.startsWith('condor') && phase === 'frozen'),
  );
  // Less than a second is told to nobody.
  await delay(2000);
  await host.host.call('resume', {});
  const events = await side.pool.untilJob(
    job,
    (seen) => starts(seen) > 1 || seen.some(({ code }) => code === 5),
  );
  await host.host.call('settings.set', { key: 'ladder.saveAfterSeconds', value: saveAfterSeconds });
  return events;
}

const otherThan = (host: PoolHost): PoolHost => (host === first ? second : first);

test('soak: a job whose computer is not given back for long is handed back, and finished elsewhere with the same result', async () => {
  const { job, host } = await runningJob();
  await host.host.call('pause', { length: 'manual' });
  await host.sees((_, { vms }) =>
    vms.some(({ name, phase }) => name.startsWith('condor') && phase === 'stopped'),
  );
  const { pool } = await host.detail();
  expect(pool?.executions).toMatchObject([{ state: 'evicted' }]);
  await side.pool.untilDone(job);
  expect(await hostOf(job, 2)).toBe(otherThan(host));
  expect(side.pool.output(job, 'out')).toBe(countingResult(steps));
  await host.host.call('resume', {});
  await ready(host);
});

test('soak: a network quota that is used up waits until the job is handed back', async () => {
  const { job, host } = await runningJob();
  await host.host.call('settings.set', { key: 'network.quotaDayBytes', value: 1 });
  await host.sees(({ running, sentence }) => running === 0 && sentence.includes('quota is used up'));
  const { pool } = await host.detail();
  expect(pool?.executions[0]).toMatchObject({ name: `${job.cluster}.0`, state: 'evicted' });
  await side.pool.untilDone(job);
  expect(await hostOf(job, 2)).toBe(otherThan(host));
  expect(side.pool.output(job, 'out')).toBe(countingResult(steps));
  await host.host.call('settings.unset', { key: 'network.quotaDayBytes' });
  await ready(host);
});

test('a VM that is killed loses its job, which goes on from its checkpoint; it is booked as lost and not paid', async () => {
  const { job, host } = await runningJob();
  host.killVm();
  await host.sees((_, { jobs }) =>
    jobs.some(({ title, state }) => title.includes(`(${job.cluster}.0)`) && state === 'aborted'),
  );
  const { pool } = await host.detail();
  expect(pool?.executions[0]).toMatchObject({
    name: `${job.cluster}.0`,
    state: 'lost',
    earned: { amount: 0 },
  });
  expect(pool?.lost).toBe(1);
  const events = await side.pool.untilDone(job);
  // By this a statement knows it, too.
  expect(await side.pool.epochs()).toMatch(/^VacateReasonCode = 1008$/m);
  expect(starts(events)).toBe(2);
  expect(side.pool.output(job, 'out')).toBe(countingResult(steps));
  await ready(host);
});

test('a central manager that is killed and comes back costs no job that had nothing to hand over meanwhile', async () => {
  const { job, host } = await waitingJob();
  await side.pool.killAndReturn();
  // It takes the job up again, or gives it up.
  await side.pool.untilJob(job, (events) => events.some(({ code }) => code === 23 || code === 24));
  const events = await doneOnceFrozen(job, host);
  expect(starts(events)).toBe(1);
  expect(side.pool.output(job, 'out')).toBe(countingResult(steps));
});

test('a network that is away for less than the lease costs nothing', async () => {
  const { job, host } = await waitingJob();
  // However slow this computer is, the connection is not given up, which costs the job: HTCondor 23.9.6 cannot take its output then.
  await side.wait('patient');
  onTestFinished(() => side.wait('impatient'));
  await side.pool.cut();
  await delay(10_000);
  await side.pool.mend();
  const events = await doneOnceFrozen(job, host);
  expect(starts(events)).toBe(1);
  expect(side.pool.output(job, 'out')).toBe(countingResult(steps));
});

test('soak: a network that is away for longer than the lease costs what was not in a checkpoint', async () => {
  const { job, host } = await runningJob();
  const { hostCable } = side.pool.network;
  await hostCable.cut();
  await side.pool.untilJob(job, (events) => events.some(({ code }) => code === 24));
  await hostCable.mend();
  const events = await side.pool.untilDone(job);
  expect(starts(events)).toBe(2);
  expect(side.pool.output(job, 'out')).toBe(countingResult(steps));
  await ready(host);
});
