import { copyFileSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Failure, type FailureCode, type Snapshot } from '../../electron/contract/index.ts';
import type { Host, HostOptions } from '../../electron/host.ts';
import { inspectQemu } from '../../electron/vm/qemu.ts';
import { defaultBounds } from '../../electron/vm/session/keeper.ts';
import { SkippingClock } from '../fakes/skipping-clock.ts';
import { temporaryDir } from './harness.ts';
import { flipByte, OwnImages } from './host-faults-images.ts';
import { phaseIn, rememberingLog } from './host-faults-world.ts';
import { addShellJob, ended, hostIn, sees } from './host-world.ts';

const bootLimitMs = 180_000;
const oldQemu = fileURLToPath(new URL('../fakes/old-qemu.sh', import.meta.url));
const clock = new SkippingClock();
const log = rememberingLog();
let place: ReturnType<typeof temporaryDir>;
let home = '';
let qemuPath = '';
let images: OwnImages;
let host: Host;
let job = '';

beforeAll(async () => {
  place = temporaryDir();
  home = join(place.dir, 'home');
  qemuPath = join(place.dir, 'qemu');
  images = new OwnImages(join(place.dir, 'images'));
  host = await newHost();
  job = await addShellJob(host, 'echo well >out/said');
});
afterAll(async () => {
  await host.stop();
  place.remove();
});

function newHost(more: Partial<HostOptions> = {}): Promise<Host> {
  return hostIn(home, { clock, log, qemuPath, imageSourceDir: () => Promise.resolve(images.dir), ...more });
}

/** A new host in the same place: the next try of the one before could come at any time, and with the old image. */
async function startAnew(withImages: OwnImages): Promise<void> {
  await host.stop();
  images = withImages;
  host = await newHost();
  await host.start();
}

/** The Snapshot in which contribution has given up for this reason, which has to be told to the person. */
async function givenUp(code: FailureCode): Promise<Failure> {
  const snapshot = await sees(
    host,
    (seen) => phaseIn(seen) === 'failed' && seen.vms[0]?.failure?.code === code,
  );
  const told = snapshot.problems.find((problem) => problem.code === code);
  if (!told) throw new Error('the problem is not told');
  expect(snapshot.contribution).toMatchObject({ state: 'attention', sentence: told.sentence });
  expect(snapshot.grids[0]).toMatchObject({ queued: 1, running: 0, failed: 0 });
  return told;
}

const vmFailure = (code: FailureCode) => (snapshot: Snapshot) => snapshot.vms[0]?.failure?.code === code;
const imagesCheck = async () => (await host.call('doctor', {})).find(({ id }) => id === 'images');

test('QEMU is missing: told, and the host lives', async () => {
  await host.start();
  const failure = await givenUp('qemu-missing');
  expect(failure.hint).toContain('apt-get install qemu-system-x86');
  expect((await host.call('doctor', {})).find(({ id }) => id === 'qemu')).toMatchObject({ state: 'failed' });
});

test('QEMU is too old: told with what is there and what is needed', async () => {
  copyFileSync(oldQemu, qemuPath);
  await host.call('resume', {});
  const { sentence } = await givenUp('qemu-too-old');
  expect(sentence).toContain('5.0.1');
  expect(sentence).toContain('6.2');
});

test('a stored image that is damaged is refused by its digest and imported again', async () => {
  // A real QEMU from here on.
  const { path } = await inspectQemu({
    qemuPath: undefined,
    platform: process.platform,
    env: process.env,
    uid: undefined,
  });
  rmSync(qemuPath);
  symlinkSync(path, qemuPath);
  // Doctor would find it, and work would begin.
  await host.call('pause', { length: 'manual' });
  const stored = images.storedPath(join(home, 'images'), 'initramfs');
  const good = readFileSync(stored);
  flipByte(stored);
  // They share a file: the source is as good as before only when it is mended.
  expect(readFileSync(images.path('initramfs')).equals(good)).toBe(false);
  rmSync(images.path('initramfs'));
  copyFileSync(stored, images.path('initramfs'));
  flipByte(images.path('initramfs'));
  expect(await imagesCheck()).toMatchObject({ state: 'ok' });
  expect(log.lines).toContain('appliance a stored image is damaged');
  expect(readFileSync(stored).equals(good)).toBe(true);
});

test('damaged at its source, too: told, nothing boots, and the host lives', async () => {
  // The store's copy is a link to the source.
  flipByte(images.path('initramfs'));
  await host.call('resume', {});
  const failure = await givenUp('image-damaged');
  expect(failure.sentence).toContain('initramfs');
  expect(failure.hint).toContain('npm start');
  expect(await imagesCheck()).toMatchObject({ state: 'failed' });
  await host.stop();
});

test('damaged, and it can be rebuilt: done once, with the reason', async () => {
  const why: Failure[] = [];
  host = await newHost({
    rebuildImages: (failure) => {
      why.push(failure);
      images = new OwnImages(join(place.dir, 'rebuilt'));
      return Promise.resolve(images.dir);
    },
  });
  expect(await imagesCheck()).toMatchObject({ state: 'failed', code: 'damaged' });
  expect(why).toEqual([]);
  const fixed = await host.call('doctor.fix', { id: 'images' });
  expect(fixed).toMatchObject({ outcome: 'done', check: { state: 'ok' } });
  expect(await imagesCheck()).toMatchObject({ state: 'ok' });
  expect(why.map(({ code }) => code)).toEqual(['image-damaged']);
});

test('a guest that ends before it is ready is no guest: told, tried again', async () => {
  images.replaceInitramfs(readFileSync(images.path('initramfs')).subarray(0, 1000));
  await host.start();
  const seen = await sees(host, (snapshot) => phaseIn(snapshot) === 'backoff');
  expect(seen.vms[0]?.failure).toMatchObject({ code: 'guest-not-ready' });
  expect(seen.contribution.sentence).toContain('Starting the virtual machine again.');
});

test('a guest does not go on with what it could unpack of a damaged initramfs', async () => {
  const cut = new OwnImages(join(place.dir, 'cut'));
  // All but the last program of the control plane.
  cut.replaceInitramfs(readFileSync(cut.path('initramfs')).subarray(0, -4096));
  await startAnew(cut);
  const seen = await sees(host, vmFailure('guest-not-ready'));
  expect(seen.vms[0]?.failure?.sentence).toContain('ended by itself');
});

test('a guest that is never ready is given up in time and tried again', async () => {
  await startAnew(new OwnImages(join(place.dir, 'whole')));
  // The first attempt at a session: nothing else waits just as long while a guest boots.
  await clock.armed(defaultBounds.openMs - 1000, defaultBounds.openMs);
  // It is on its way, but for whoever counts the time it took too long.
  clock.skip(bootLimitMs);
  const seen = await sees(host, vmFailure('guest-not-ready'));
  expect(seen.vms[0]?.failure?.sentence).toContain('did not become ready');
});

test('as soon as nothing is wrong any more the job is done', async () => {
  const { job: view, entries } = await ended(host, job);
  expect(view).toMatchObject({ state: 'done', attempt: 1 });
  expect(entries).toHaveLength(1);
  expect((await host.call('status', {})).problems).toEqual([]);
});
