import { join } from 'node:path';
import { Variant } from 'dbus-next';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Snapshot } from '../../electron/contract/index.ts';
import type { Host } from '../../electron/host.ts';
import { machineSensors } from '../../electron/policy/sensors/machine.ts';
import { FakeSystemBus, logind } from '../fakes/fake-system-bus.ts';
import { temporaryDir } from './harness.ts';
import {
  addCountingJob,
  chainAfter,
  counted,
  keptCount,
  phaseIn,
  resultOf,
  story,
} from './host-faults-world.ts';
import { ended, hostIn, sees } from './host-world.ts';

const manager = { path: '/org/freedesktop/login1', interface: 'org.freedesktop.login1.Manager' };
/** So many that it is far from its end when the system goes down. */
const steps = 2000;
const hourUsec = 3_600_000_000n;
let bus: FakeSystemBus;
let place: ReturnType<typeof temporaryDir>;
let home = '';
let host: Host;
let job = '';

beforeAll(async () => {
  bus = await FakeSystemBus.start();
  await bus.mock(logind);
  // What it grants: no test waits for its end.
  await bus.addProperties(logind, manager, { InhibitDelayMaxUSec: new Variant('t', 10n * hourUsec) });
  place = temporaryDir();
  home = join(place.dir, 'home');
  host = await newHost();
  await host.call('settings.set', { key: 'resume.afterSeconds', value: 5 });
  job = await addCountingJob(host, { steps: [steps], pauseSeconds: 0.02, interval: 3600 });
  await host.start();
  await sees(host, (seen) => counted(seen, job) >= 3);
  await holds(2);
});
afterAll(async () => {
  await host.stop();
  await bus.close();
  place.remove();
});

function newHost(): Promise<Host> {
  return hostIn(home, {
    sensors: (needs) =>
      machineSensors({ platform: process.platform, ...needs }).filter(({ name }) => name === 'login1'),
  });
}

/** Each question is a round trip on the bus, so that this is no busy loop. */
async function holds(locks: number): Promise<void> {
  while ((await bus.inhibitors()).length !== locks) await bus.roundTrip();
}

const prepare = (what: 'Sleep' | 'Shutdown', begins: boolean): Promise<void> =>
  bus.emit(logind, manager, `PrepareFor${what}`, new Variant('b', begins));
const isSaved = (seen: Snapshot): boolean => phaseIn(seen) === 'saved';

test('before a sleep the VM is frozen and saved, and only then the system is let go', async () => {
  await prepare('Sleep', true);
  await holds(0);
  const seen = await host.call('status', {});
  expect(isSaved(seen)).toBe(true);
  expect(seen.contribution).toMatchObject({
    state: 'yielding',
    sentence: 'Paused: this computer is going to sleep.',
  });
});

test('after it the lock is held again, and the job goes on where it stood', async () => {
  const before = counted(await host.call('status', {}), job);
  // Said for a few seconds only.
  const lingers = sees(host, ({ contribution }) => contribution.sentence.endsWith('(just ended).'));
  await prepare('Sleep', false);
  await lingers;
  await holds(2);
  await sees(host, (seen) => counted(seen, job) > before);
  expect((await host.call('status', {})).jobs[0]).toMatchObject({ state: 'running', attempt: 1 });
});

test('before a shutdown its checkpoint is kept, too; a host after it ends the job as if nothing had been', async () => {
  await prepare('Shutdown', true);
  await holds(0);
  expect(isSaved(await host.call('status', {}))).toBe(true);
  expect(keptCount(home, job)).toBeGreaterThan(0);
  await host.stop({ save: true });
  host = await newHost();
  await host.start();
  const { job: view, entries } = await ended(host, job);
  expect(view).toMatchObject({ state: 'done', attempt: 1 });
  expect(resultOf(home, job)).toEqual({ chain: chainAfter(steps), began: 0 });
  expect(story(entries)).toEqual(['1 done 3']);
  expect((await host.call('status', {})).lostSeconds).toBe(0);
});

test('a shutdown that is taken back lets work go on', async () => {
  const second = await addCountingJob(host, { steps: [100_000], pauseSeconds: 0.02, interval: 3600 });
  await sees(host, (seen) => counted(seen, second) >= 3);
  await holds(2);
  await prepare('Shutdown', true);
  await holds(0);
  const before = counted(await host.call('status', {}), second);
  await prepare('Shutdown', false);
  await holds(2);
  await sees(host, (seen) => counted(seen, second) > before);
});
