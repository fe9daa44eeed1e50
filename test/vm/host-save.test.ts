import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Settings } from '../../electron/contract/index.ts';
import { systemProcesses } from '../../electron/vm/proc.ts';
import { temporaryDir } from './harness.ts';
import { addCountingJob, chainAfter, keptCount, resultOf, story } from './host-faults-world.ts';
import { SaveHost, type SaveHostOptions, saveHostChild } from './save-host.ts';

let place: ReturnType<typeof temporaryDir>;
let host: SaveHost | undefined;
beforeAll(() => {
  place = temporaryDir();
});
afterAll(async () => {
  await host?.stop();
  place.remove();
});

const vmDir = (): string => join(place.dir, 'vms', 'local');
const statePath = (): string => join(vmDir(), 'state');
const running = (): SaveHost => {
  if (!host) throw new Error('no host');
  return host;
};
async function start(o: SaveHostOptions = {}): Promise<SaveHost> {
  host = await SaveHost.start(place.dir, o);
  return host;
}
const entries = (id: string) => running().ledger.entriesOf(id);

/** Pauses the VM that has a job in it, and saves it. */
async function save(): Promise<void> {
  running().allow(false);
  await running().until(() => running().vm.status().phase === 'frozen');
  await running().vm.save();
}

/** Its job counted on after it came back. */
async function comesBack(id: string): Promise<void> {
  const before = running().counted(id);
  running().allow(true);
  await running().until(() => running().counted(id) > before);
}

test('saved, its memory is returned; brought back by another host, the job ends as if nothing had been', async () => {
  await start();
  const id = await addCountingJob(running(), { steps: [40], pauseSeconds: 0.05, interval: 3600 });
  running().contribution.turn();
  await running().until(() => running().counted(id) >= 10);
  const { pid, rssBytes } = running().vm.status();
  expect(rssBytes).toBeGreaterThan(100e6);
  await save();
  expect(pid === null ? undefined : systemProcesses.stat(pid)).toBeUndefined();
  expect(running().vm.status()).toMatchObject({ phase: 'saved', pid: null, rssBytes: null });
  expect(running().vm.status().savedBytes).toBeGreaterThan(10e6);
  expect(readdirSync(vmDir()).toSorted()).toEqual(['in.raw', 'out.raw', 'scratch.raw', 'state']);
  expect(running().job(id)).toMatchObject({ state: 'running', attempt: 1 });
  const before = running().counted(id);
  expect(before).toBeGreaterThanOrEqual(10);
  await running().stop();
  expect(existsSync(statePath())).toBe(true);
  await start();
  expect(running().job(id)).toMatchObject({ state: 'running', attempt: 1 });
  await running().done(id);
  expect(running().job(id)).toMatchObject({ state: 'done', attempt: 1 });
  expect(resultOf(place.dir, id)).toEqual({ chain: chainAfter(40), began: 0 });
  expect(story(entries(id))).toEqual(['1 done 3']);
  expect(existsSync(statePath())).toBe(false);
  expect(existsSync(join(vmDir(), 'state.used'))).toBe(false);
  expect(running().grid.lostSeconds(0)).toBe(0);
  expect(await running().ledger.verify()).toMatchObject({ ok: true, entries: 1 });
});

test('a person who comes back in mid-save has their VM back at once, and nothing of a state is left', async () => {
  const id = await addCountingJob(running(), { steps: [400], pauseSeconds: 0.02, interval: 3600 });
  running().contribution.turn();
  await running().until(() => running().counted(id) >= 3);
  for (const begun of [() => true, () => existsSync(join(vmDir(), 'state.new'))]) {
    running().allow(false);
    await running().until(() => running().vm.status().phase === 'frozen');
    const { pid } = running().vm.status();
    const saving = running().vm.save();
    const refused = expect(saving).rejects.toMatchObject({ code: 'wrong-phase' });
    while (!begun()) await new Promise((resolve) => setImmediate(resolve));
    await comesBack(id);
    await refused;
    expect(running().vm.status()).toMatchObject({ phase: 'running', pid, savedBytes: null });
    expect(readdirSync(vmDir()).filter((name) => name.startsWith('state'))).toEqual([]);
  }
  // And then it is saved and comes back in the same host.
  await save();
  await comesBack(id);
  expect(running().job(id)).toMatchObject({ state: 'running', attempt: 1 });
  await running().grid.abort(id);
});

const bigger = { 'vm.memoryBytes': 460 * 1024 * 1024 };

describe('from host to host', () => {
  let id = '';

  /** A host of its own, to its death when it logs these words. */
  async function hostThatDiesAt(words: string, settings: Partial<Settings> = {}): Promise<void> {
    const args = [saveHostChild, place.dir, words, JSON.stringify(settings)];
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
  }

  /** The host ends and leaves the VM saved; how far the job had come. */
  async function endSaved(): Promise<number> {
    const far = running().counted(id);
    await running().stop({ save: true });
    host = undefined;
    expect(existsSync(statePath())).toBe(true);
    return far;
  }

  beforeAll(async () => {
    id = await addCountingJob(running(), {
      steps: [60, 60, 60, 60],
      pauseSeconds: 0.05,
      interval: 3600,
    });
    running().contribution.turn();
    await running().until(() => running().counted(id) >= 5);
  });

  test('the end of a host takes a last checkpoint and leaves the VM saved', async () => {
    const far = await endSaved();
    expect(keptCount(place.dir, id)).toBeGreaterThanOrEqual(far);
  });

  test('kill -9 while it comes back, before its state is used up: it comes back with the next host', async () => {
    const kept = readdirSync(vmDir());
    await hostThatDiesAt('starting');
    expect(existsSync(statePath())).toBe(true);
    await start({ run: false });
    expect(running().vm.status().phase).toBe('saved');
    expect(readdirSync(vmDir()).toSorted()).toEqual(kept.toSorted());
    expect(running().job(id)).toMatchObject({ state: 'running', attempt: 1 });
    await comesBack(id);
    expect(story(entries(id))).toEqual([]);
    await endSaved();
  });

  test('kill -9 when its state is used up, before the vCPUs run: nothing is doubled, on from the checkpoint', async () => {
    await hostThatDiesAt('the saved state is used up');
    expect(existsSync(statePath())).toBe(false);
    expect(existsSync(join(vmDir(), 'state.used'))).toBe(true);
    // Not even with the used state put back in its place.
    cpSync(join(vmDir(), 'state.used'), statePath());
    const kept = keptCount(place.dir, id) ?? 0;
    await start();
    expect(running().job(id)).toMatchObject({ attempt: 1 });
    expect(story(entries(id))).toEqual(['1 interrupted -']);
    await running().until(() => running().counted(id) > kept);
    expect(kept).toBeGreaterThan(0);
    await endSaved();
  });

  test('a state that does not fit any more is refused with the reason; on from the checkpoint', async () => {
    const kept = keptCount(place.dir, id) ?? 0;
    await start({ settings: bigger });
    await running().until(() => running().vm.status().problems.length > 0);
    const [problem] = running().vm.status().problems;
    expect(problem).toMatchObject({ code: 'state-unfit', hint: 'Its job goes on from its last checkpoint.' });
    expect(problem?.sentence).toContain('the size of the memory has changed');
    await running().until(() => running().job(id).attempt === 3 && running().counted(id) > kept);
    expect(story(entries(id))).toEqual(['1 interrupted -', '2 interrupted -']);
    // A last checkpoint was taken just before: next to nothing had to be done again.
    expect(running().grid.lostSeconds(0)).toBeLessThan(10);
    await endSaved();
  });

  test('kill -9 after the vCPUs run: the same', async () => {
    await hostThatDiesAt('running', bigger);
    expect(existsSync(statePath())).toBe(false);
    const kept = keptCount(place.dir, id) ?? 0;
    await start({ settings: bigger });
    await running().done(id);
    expect(story(entries(id))).toEqual([
      ...['1 interrupted -', '2 interrupted -', '3 interrupted -'],
      '4 done 3',
    ]);
    const { chain, began } = resultOf(place.dir, id);
    expect(began).toBe(kept);
    expect(chain).toBe(chainAfter(kept + 60));
    expect(await running().ledger.verify()).toMatchObject({ ok: true });
  });
});
