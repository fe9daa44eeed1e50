import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LedgerEntry } from '../../electron/contract/index.ts';
import type { Host } from '../../electron/host.ts';
import { pidFileName, writePidFile } from '../../electron/vm/orphans.ts';
import { systemProcesses } from '../../electron/vm/proc.ts';
import { temporaryDir } from './harness.ts';
import { HostChild, runCli } from './host-child.ts';
import {
  addCountingJob,
  allGone,
  chainAfter,
  counted,
  jobIn,
  keptCount,
  phaseIn,
  resultOf,
  story,
  vmPids,
} from './host-faults-world.ts';
import { hostIn, sees } from './host-world.ts';
import { hangMs } from './patience.ts';

let place: ReturnType<typeof temporaryDir>;
let home = '';
let host: HostChild | undefined;
/** One in this process, which has time for a last checkpoint. */
let patient: Host | undefined;
/** Jobs in the order of their adding. */
const jobs: string[] = [];

beforeAll(() => {
  place = temporaryDir();
  home = join(place.dir, 'home');
});
afterAll(async () => {
  await patient?.stop();
  host?.signal('SIGKILL');
  await host?.ended;
  await allGone(vmPids(home));
  place.remove();
});

const running = (): HostChild => {
  if (!host) throw new Error('no host');
  return host;
};
const job = (index: number): string => jobs[index] ?? 'none';

/** A process that would run for ever. */
async function sleeper(): Promise<{ pid: number; ended: Promise<unknown>; kill: () => void }> {
  const child = spawn('sleep', ['1000']);
  const ended = once(child, 'exit');
  await once(child, 'spawn');
  return { pid: child.pid ?? 0, ended, kill: () => child.kill() };
}

test('kill -9 of the host in mid-job takes its QEMU along', async () => {
  host = await HostChild.start(home);
  jobs.push(await addCountingJob(running().client, { steps: [20, 20], pauseSeconds: 0.02, interval: 5 }));
  await running().sees((snapshot) => (jobIn(snapshot, job(0))?.checkpointAt ?? null) !== null);
  const pids = vmPids(home);
  expect(pids).toHaveLength(2);
  running().signal('SIGKILL');
  expect(await running().ended).toMatchObject({ signal: 'SIGKILL' });
  await allGone(pids);
  expect(keptCount(home, job(0))).toBeGreaterThan(0);
  // Nobody tidied up: this is what the next start has to cope with.
  expect(existsSync(join(home, 'vms', 'local', 'scratch.raw'))).toBe(true);
  expect(existsSync(running().paths.socketPath)).toBe(true);
});

test('the next start ends a QEMU that survived all the same, and never a recycled pid', async () => {
  const [survivor, bystander] = [await sleeper(), await sleeper()];
  const recycledDir = join(home, 'vms', 'recycled');
  mkdirSync(recycledDir);
  const recycledPath = join(recycledDir, pidFileName);
  writePidFile(join(home, 'vms', 'local', pidFileName), [survivor.pid], systemProcesses);
  writePidFile(recycledPath, [bystander.pid], systemProcesses);
  writeFileSync(
    recycledPath,
    readFileSync(recycledPath, 'utf8').replace(/"startTime":"\d+"/, '"startTime":"1"'),
  );
  host = await HostChild.start(home);
  expect(await survivor.ended).toEqual([null, 'SIGKILL']);
  expect(systemProcesses.stat(bystander.pid)).toBeDefined();
  bystander.kill();
  await bystander.ended;
  expect(existsSync(recycledDir)).toBe(false);
});

test('the next start goes on from the last checkpoint and books everything once', async () => {
  const kept = keptCount(home, job(0));
  await running().sees((snapshot) => jobIn(snapshot, job(0))?.state === 'done');
  const { job: view, entries } = await running().client.call('jobs.show', { id: job(0) });
  expect(view).toMatchObject({ attempt: 2, earned: { amount: 3, unit: 'points' } });
  expect(story(entries)).toEqual(['1 interrupted -', '2 done 3']);
  const { chain, began } = resultOf(home, job(0));
  expect(began).toBe(kept);
  expect(chain).toBe(chainAfter(began + 20));
  expect(await running().client.call('ledger.verify', {})).toMatchObject({ ok: true, entries: 2 });
});

test('a second host on the same folder is refused and harms nothing', async () => {
  jobs.push(
    await addCountingJob(running().client, { steps: [15, 15, 15], pauseSeconds: 0.02, interval: 3600 }),
  );
  await running().sees((snapshot) => counted(snapshot, job(1)) === 15);
  const second = runCli(home, 'run', '--headless');
  let said = '';
  second.child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  expect(await second.ended).toMatchObject({ code: 4, signal: null });
  expect(said).toContain('already-running');
  expect(vmPids(home).every((pid) => systemProcesses.stat(pid) !== undefined)).toBe(true);
  const status = await running().client.call('status', {});
  expect(phaseIn(status)).toBe('running');
  expect(jobIn(status, job(1))).toMatchObject({ state: 'running', attempt: 1 });
});

/** The job is back where it stood when its machine was saved, and waits there. */
async function isBack(attempt: number, count: number): Promise<void> {
  host = await HostChild.start(home);
  await running().sees((snapshot) => phaseIn(snapshot) === 'running' && counted(snapshot, job(1)) === count);
  expect(jobIn(await running().client.call('status', {}), job(1))).toMatchObject({
    state: 'running',
    attempt,
  });
}

async function end(): Promise<void> {
  running().signal('SIGTERM');
  expect(await running().ended).toMatchObject({ code: 0, signal: null });
}

async function kill(): Promise<void> {
  const pids = vmPids(home);
  running().signal('SIGKILL');
  await running().ended;
  await allGone(pids);
}

/** Starts the one in this process, and ends it in order once the job has come so far. */
async function endPatiently(count: number): Promise<void> {
  patient = await hostIn(home, { lastCheckpointMs: hangMs });
  await patient.start();
  await sees(patient, (snapshot) => phaseIn(snapshot) === 'running' && counted(snapshot, job(1)) === count);
  await patient.stop({ save: true });
}

test('an orderly end saves the job where it stands', async () => {
  await end();
  expect(readdirSync(join(home, 'vms', 'local'))).toContain('state');
  await isBack(1, 15);
  await end();
});

test('it takes a last checkpoint, too, if there is the time', async () => {
  await endPatiently(15);
  expect(keptCount(home, job(1))).toBe(15);
  expect(readdirSync(join(home, 'vms', 'local'))).toContain('state');
  await isBack(1, 15);
});

test('killed after that, it goes on from its last checkpoint, which a saved machine does not take away', async () => {
  await kill();
  await endPatiently(30);
  expect(keptCount(home, job(1))).toBe(30);
  await isBack(2, 30);
  await kill();
});

test('until idle: the rest is done, then nothing of it is left', async () => {
  host = await HostChild.start(home, '--until-idle', '--json');
  await running().sees((snapshot) => phaseIn(snapshot) === 'running');
  const pids = vmPids(home);
  expect(pids).toHaveLength(2);
  const { code, stdout } = await running().ended;
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({ done: 1, failed: 0, aborted: 0 });
  for (const words of ['host started', 'control listening', 'vm running', 'host stopped']) {
    expect(running().log.some((line) => line.includes(words))).toBe(true);
  }
  await allGone(pids);
  expect(existsSync(running().paths.socketPath)).toBe(false);
  expect(readdirSync(join(home, 'vms'))).not.toContain('local');
  const { chain, began } = resultOf(home, job(1));
  expect(began).toBe(30);
  expect(chain).toBe(chainAfter(45));
});

test('the ledger that is left is whole', async () => {
  const verdict = await runCli(home, 'ledger', 'verify', '--json').ended;
  expect(verdict.code).toBe(0);
  expect(JSON.parse(verdict.stdout)).toMatchObject({ ok: true, entries: 5 });
  const listed = await runCli(home, 'ledger', 'list', '--json').ended;
  expect(story(LedgerEntry.array().parse(JSON.parse(listed.stdout)))).toEqual([
    '1 interrupted -',
    '2 done 3',
    '1 interrupted -',
    '2 interrupted -',
    '3 done 3',
  ]);
});
