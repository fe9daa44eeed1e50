import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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
  const id = await addCountingJob(running(), { steps: [60], pauseSeconds: 0.05, interval: 3600 });
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
  expect(resultOf(place.dir, id)).toEqual({ chain: chainAfter(60), began: 0 });
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

describe('kill -9 of the host', () => {
  let id = '';

  /** A host of its own, to its death when it logs these words. */
  async function hostThatDiesAt(words: string): Promise<void> {
    const child = spawn(process.execPath, [saveHostChild, place.dir, words], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
  }

  beforeAll(async () => {
    id = await addCountingJob(running(), { steps: [100, 100, 100], pauseSeconds: 0.05, interval: 5 });
    running().contribution.turn();
    await running().until(() => running().job(id).checkpointAt !== null);
    await save();
    await running().stop();
    host = undefined;
  });

  test('while it prepares to bring it back: it comes back with the next', async () => {
    const kept = readdirSync(vmDir());
    await hostThatDiesAt('starting');
    expect(existsSync(statePath())).toBe(true);
    await start({ run: false });
    expect(running().vm.status().phase).toBe('saved');
    expect(readdirSync(vmDir()).toSorted()).toEqual(kept.toSorted());
    expect(running().job(id)).toMatchObject({ state: 'running', attempt: 1 });
    await comesBack(id);
    expect(story(entries(id))).toEqual([]);
    await save();
    await running().stop();
    host = undefined;
  });

  test('before the vCPUs run, the state used up: nothing is doubled, the job goes on from its checkpoint', async () => {
    await hostThatDiesAt('the saved state is used up');
    expect(existsSync(statePath())).toBe(false);
    expect(existsSync(join(vmDir(), 'state.used'))).toBe(true);
    // Not even with the used state put back in its place.
    cpSync(join(vmDir(), 'state.used'), statePath());
    const kept = keptCount(place.dir, id);
    await start();
    expect(running().job(id)).toMatchObject({ state: 'queued', attempt: 1 });
    expect(story(entries(id))).toEqual(['1 interrupted -']);
    expect(running().grid.lostSeconds(0)).toBeGreaterThan(0);
    await running().until(() => running().counted(id) > (kept ?? 0));
    expect(kept).toBeGreaterThan(0);
    await running().until(() => running().job(id).checkpointAt !== null);
    await save();
    await running().stop();
    host = undefined;
  });

  test('after the vCPUs run: the same', async () => {
    await hostThatDiesAt('running');
    expect(existsSync(statePath())).toBe(false);
    const kept = keptCount(place.dir, id) ?? 0;
    await start();
    await running().done(id);
    expect(story(entries(id))).toEqual(['1 interrupted -', '2 interrupted -', '3 done 3']);
    const { chain, began } = resultOf(place.dir, id);
    expect(began).toBe(kept);
    expect(chain).toBe(chainAfter(kept + 100));
    expect(await running().ledger.verify()).toMatchObject({ ok: true });
  });
});
