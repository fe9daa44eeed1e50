import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resolvePaths } from '../../electron/base/paths.ts';
import type { Host } from '../../electron/host.ts';
import { SkippingClock } from '../fakes/skipping-clock.ts';
import { temporaryDir } from './harness.ts';
import {
  addCountingJob,
  counted,
  inTar,
  jobIn,
  keptCount,
  phaseIn,
  rememberingLog,
  story,
} from './host-faults-world.ts';
import { addShellJob, ended, hostIn, sees } from './host-world.ts';

const isRoot = process.getuid?.() === 0;
/** How long the host waits before it looks for room again. */
const lookMs = 30_000;
const clock = new SkippingClock();
const log = rememberingLog();
let place: ReturnType<typeof temporaryDir>;
let home = '';
let host: Host;
/** A job that goes on for long. */
let long = '';
/** More than the guest's clock can fall behind on its way, and too little for the VM to be saved. */
const aheadMs = 600_000;
/** A job that ends once the guest's clock, which is set whenever the VM goes on after a pause, was set ahead. */
const untilSetAhead = `
import time

def ahead():
    return time.time() - time.monotonic()

began = ahead()
open("progress", "w").write("0.5 waits")
while ahead() < began + ${aheadMs / 10_000}:
    time.sleep(0.1)
open("out/end", "w").write("told")
`;

/** Takes all the room on the data folder's disk. */
function fill(): void {
  for (const piece of [64 * 1024, 4096, 1]) {
    try {
      for (;;) appendFileSync(join(home, 'ballast'), new Uint8Array(piece));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    }
  }
}

function free(): void {
  rmSync(join(home, 'ballast'));
}

const problemCodes = async (): Promise<string[]> =>
  (await host.call('status', {})).problems.map(({ code }) => code);

function newHost(): Promise<Host> {
  const { platform } = process;
  const paths = resolvePaths({
    platform,
    home: homedir(),
    uid: process.getuid?.(),
    env: { GLEANER_HOME: home },
  });
  // The VM's own disks and the images lie elsewhere: what is full is where jobs and ledger are kept.
  const elsewhere = { vmsDir: join(place.dir, 'vms'), imagesDir: join(place.dir, 'images') };
  return hostIn(home, { clock, log, paths: { ...paths, ...elsewhere } });
}

// Only root can mount a small disk; what a full one does to the parts, anybody's unit tests show.
describe.skipIf(!isRoot)('a disk without room', () => {
  beforeAll(async () => {
    place = temporaryDir();
    home = join(place.dir, 'home');
    mkdirSync(home);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m,mode=711', 'tmpfs', home]);
    host = await newHost();
    long = await addCountingJob(host, { steps: [100_000], pauseSeconds: 0.1, interval: 5 });
  });
  afterAll(async () => {
    await host.stop();
    execFileSync('umount', ['-l', home]);
    place.remove();
  });

  test('no job is begun that could not be booked; with room again it is', async () => {
    fill();
    await host.start();
    const told = await sees(host, ({ problems }) => problems.some(({ code }) => code === 'disk-full'));
    expect(told.contribution).toMatchObject({ state: 'attention', sentence: 'The disk is full.' });
    expect(jobIn(told, long)).toMatchObject({ state: 'queued', attempt: 0 });
    free();
    clock.skip(lookMs);
    const begun = await sees(host, (snapshot) => counted(snapshot, long) > 0);
    expect(jobIn(begun, long)).toMatchObject({ attempt: 1 });
    await sees(host, ({ problems }) => problems.length === 0);
  });

  test('a checkpoint that cannot be kept is told; the job goes on, and the next one is kept', async () => {
    fill();
    const told = await sees(host, ({ problems }) => problems.some(({ code }) => code === 'disk-full'));
    expect(told.problems[0]?.sentence).toContain('No checkpoint was kept.');
    const since = counted(told, long);
    await sees(host, (snapshot) => counted(snapshot, long) > since);
    free();
    const mended = await sees(host, (snapshot) => (jobIn(snapshot, long)?.checkpointAt ?? null) !== null);
    expect(mended.problems).toEqual([]);
    expect(keptCount(home, long)).toBeGreaterThan(since);
  });

  test('what cannot be booked does not happen', async () => {
    fill();
    await expect(host.call('jobs.abort', { id: long })).rejects.toMatchObject({ code: 'disk-full' });
    expect(await host.call('jobs.show', { id: long })).toMatchObject({
      job: { state: 'running' },
      entries: [],
    });
    free();
    await host.call('jobs.abort', { id: long });
    const { entries } = await ended(host, long);
    expect(story(entries)).toEqual(['1 aborted -']);
  });

  test('a result waits for room', async () => {
    const words = { title: 'Wait', price: { amount: 3, unit: 'points' } };
    const id = await addShellJob(host, `python3 -c '${untilSetAhead}'`, words);
    await sees(host, (snapshot) => jobIn(snapshot, id)?.progressText === 'waits');
    await host.call('pause', { length: 'manual' });
    await sees(host, (snapshot) => phaseIn(snapshot) === 'frozen');
    clock.skip(aheadMs);
    fill();
    const waits = log.says('Waiting for room.');
    await host.call('resume', {});
    await waits;
    expect(await problemCodes()).toContain('disk-full');
    expect(await host.call('jobs.show', { id })).toMatchObject({ job: { state: 'running' }, entries: [] });
    free();
    clock.skip(lookMs);
    const { job, entries } = await ended(host, id);
    expect(job.earned).toEqual({ amount: 3, unit: 'points' });
    expect(story(entries)).toEqual(['1 done 3']);
    expect(inTar(join(home, 'jobs', id, 'result.tar'), 'out/end')).toBe('told');
    expect(await problemCodes()).toEqual([]);
    expect(await host.call('ledger.verify', {})).toMatchObject({ ok: true, entries: 2 });
  });

  test('a pause holds although it cannot be written down; that is told and mended', async () => {
    fill();
    await host.call('pause', { length: 'manual' });
    const told = await sees(host, ({ problems }) => problems.length > 0);
    expect(told.contribution.state).toBe('paused');
    expect(told.problems).toMatchObject([{ code: 'disk-full' }]);
    free();
    clock.skip(lookMs);
    await sees(host, ({ problems }) => problems.length === 0);
    await host.call('resume', {});
    await sees(host, ({ contribution }) => contribution.state === 'waiting');
    fill();
    await host.call('pause', { length: 'manual' });
    await sees(host, ({ problems }) => problems.length > 0);
    free();
    // At the latest when the host ends.
    await host.stop();
    host = await newHost();
    expect((await host.call('status', {})).contribution).toMatchObject({ state: 'paused' });
  });
});
