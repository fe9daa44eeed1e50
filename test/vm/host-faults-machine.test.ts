import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Snapshot } from '../../electron/contract/index.ts';
import type { Host } from '../../electron/host.ts';
import { systemProcesses } from '../../electron/vm/proc.ts';
import { SkippingClock } from '../fakes/skipping-clock.ts';
import { temporaryDir } from './harness.ts';
import {
  addCountingJob,
  allGone,
  chainAfter,
  counted,
  jobIn,
  keptCount,
  phaseIn,
  qemuPid,
  rememberingLog,
  resultOf,
  story,
  vmPids,
} from './host-faults-world.ts';
import { ended, hostIn, sees } from './host-world.ts';

const hourMs = 3_600_000;
const clock = new SkippingClock();
const log = rememberingLog();
let place: ReturnType<typeof temporaryDir>;
let host: Host | undefined;
/** The job that is paused and goes on over two hosts. */
let paused = '';

const running = (): Host => {
  if (!host) throw new Error('no host');
  return host;
};

beforeAll(async () => {
  place = temporaryDir();
  host = await hostIn(place.dir, { clock, log });
});
afterAll(async () => {
  await host?.stop();
  place.remove();
});

test('kill -9 of QEMU in mid-job: the job goes on from its last checkpoint, booked once', async () => {
  const id = await addCountingJob(running(), { steps: [20, 20], pauseSeconds: 0.02, interval: 5 });
  await running().start();
  await sees(running(), (snapshot) => (jobIn(snapshot, id)?.checkpointAt ?? null) !== null);
  const kept = keptCount(place.dir, id);
  const pids = vmPids(place.dir);
  process.kill(qemuPid(place.dir), 'SIGKILL');
  const told = await sees(running(), (snapshot) => phaseIn(snapshot) === 'backoff');
  expect(told.contribution).toMatchObject({ state: 'starting' });
  expect(told.contribution.sentence).toContain('SIGKILL');
  await allGone(pids);
  const { job, entries } = await ended(running(), id);
  expect(job).toMatchObject({ state: 'done', attempt: 2, earned: { amount: 3, unit: 'points' } });
  expect(story(entries)).toEqual(['1 interrupted -', '2 done 3']);
  const { chain, began } = resultOf(place.dir, id);
  expect(began).toBe(kept);
  expect(began).toBeGreaterThan(0);
  expect(chain).toBe(chainAfter(began + 20));
  const { today } = await running().call('status', {});
  expect(today).toMatchObject({ jobsDone: 1, earned: [{ settled: 3, pending: 0 }] });
  expect(await running().call('ledger.verify', {})).toMatchObject({ ok: true, entries: 2 });
});

test('paused: QEMU stands still, however long, and no time limit of the job runs out', async () => {
  const pausing = { steps: [100_000, 10], pauseSeconds: 0.1, interval: 3600, wall: 1800 };
  // The ladder's further steps have tests of their own.
  for (const key of ['ladder.saveAfterSeconds', 'ladder.offAfterSeconds']) {
    await running().call('settings.set', { key, value: null });
  }
  paused = await addCountingJob(running(), pausing);
  await sees(running(), (snapshot) => counted(snapshot, paused) >= 3);
  const pid = qemuPid(place.dir);
  await running().call('pause', { length: 'manual' });
  const frozen = await sees(
    running(),
    (snapshot) => phaseIn(snapshot) === 'frozen' && snapshot.yields.count === 1,
  );
  expect(frozen.contribution.state).toBe('paused');
  const before = systemProcesses.stat(pid)?.cpuMs;
  clock.skip(hourMs);
  // Something to do meanwhile that takes its time: programs are run.
  await running().call('doctor', {});
  expect(systemProcesses.stat(pid)?.cpuMs).toBe(before);
  await running().call('resume', {});
  const since = counted(frozen, paused);
  const resumed = await sees(running(), (snapshot) => counted(snapshot, paused) > since);
  expect(jobIn(resumed, paused)).toMatchObject({ state: 'running', attempt: 1 });
  expect(qemuPid(place.dir)).toBe(pid);
});

test('a pause outlives the host: the next one starts no VM until it is resumed', async () => {
  await running().call('pause', { length: 'manual' });
  await sees(running(), (snapshot) => phaseIn(snapshot) === 'frozen');
  await running().stop();
  // Frozen machines deliver nothing.
  expect(keptCount(place.dir, paused)).toBeUndefined();
  const next = await hostIn(place.dir, { clock, log });
  host = next;
  await next.start();
  const still: Snapshot = await next.call('status', {});
  expect(still.contribution).toMatchObject({ state: 'paused', pause: { length: 'manual' } });
  expect(phaseIn(still)).toBe('stopped');
  expect(jobIn(still, paused)).toMatchObject({ state: 'queued', attempt: 1 });
  expect(existsSync(join(place.dir, 'vms', 'local'))).toBe(false);
  await next.call('resume', {});
  const { job, entries } = await ended(next, paused);
  expect(job.state).toBe('done');
  expect(story(entries)).toEqual(['1 interrupted -', '2 done 3']);
  const bodyOfAttempt = (n: number) => entries.find(({ body }) => body.attempt === n)?.body;
  const [interrupted, done] = [bodyOfAttempt(1), bodyOfAttempt(2)];
  expect(interrupted?.frozenSeconds).toBeGreaterThanOrEqual(3600);
  expect(interrupted?.wallSeconds).toBeLessThan(1800);
  expect(done?.frozenSeconds).toBe(0);
  expect(resultOf(place.dir, paused).chain).toBe(chainAfter(10));
});
