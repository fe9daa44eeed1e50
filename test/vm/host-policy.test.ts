import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../electron/base/clock.ts';
import type { Snapshot } from '../../electron/contract/index.ts';
import type { Host } from '../../electron/host.ts';
import { machineSensors } from '../../electron/policy/sensors/machine.ts';
import { LinuxProfiles } from '../../electron/settings/profiles/linux.ts';
import { systemProcesses } from '../../electron/vm/proc.ts';
import { watchQuiet } from '../../electron/vm/quiet.ts';
import { FakeSensor } from '../fakes/fake-sensor.ts';
import { SkippingClock } from '../fakes/skipping-clock.ts';
import { temporaryDir } from './harness.ts';
import { addCountingJob, jobIn, phaseIn, qemuPid } from './host-faults-world.ts';
import { hostIn, sees } from './host-world.ts';

const clock = new SkippingClock();
const input = new FakeSensor('input', ['lastInputAt', 'inputSource', 'inputPollMs']);
const call = new FakeSensor('call', ['call']);
const load = new FakeSensor('load', ['otherLoad']);
let place: ReturnType<typeof temporaryDir>;
let home = '';
let profilesDir = '';
let host: Host;
let job = '';

beforeAll(async () => {
  place = temporaryDir();
  home = join(place.dir, 'home');
  profilesDir = join(place.dir, 'etc', 'gleaner');
  mkdirSync(home);
  writeFileSync(
    join(home, 'settings.json'),
    JSON.stringify({
      version: 2,
      settings: {
        preset: 'gentle',
        'quiet.enabled': false,
        'idle.afterSeconds': 60,
        'pauseOn.programs': ['busywork'],
      },
    }),
  );
  host = await hostIn(home, {
    clock,
    profiles: new LinuxProfiles({ profilesDir, clock: systemClock }),
    sensors: (needs) => [
      input,
      call,
      load,
      ...machineSensors({ platform: process.platform, ...needs }).filter(({ name }) => name === 'programs'),
    ],
  });
  job = await addCountingJob(host, { steps: [100_000], pauseSeconds: 0.01, interval: 30 });
  await host.start();
  await sees(host, works);
});
afterAll(async () => {
  await host.stop();
  place.remove();
});

const works = (seen: Snapshot): boolean =>
  seen.contribution.state === 'working' && (jobIn(seen, job)?.progressText ?? '') !== '';
const says = (sentence: string) => (seen: Snapshot) => seen.contribution.sentence === sentence;
const typed = (): void => {
  input.says({ lastInputAt: clock.monotonic(), inputSource: 'x11', inputPollMs: 0 });
};

async function usesNoCpu(): Promise<void> {
  const pid = qemuPid(home);
  expect(await watchQuiet(pid, systemProcesses, systemClock)).not.toBeNull();
}

test('input freezes the VM in Gentle, is measured, and work goes on when the person is gone', async () => {
  typed();
  const seen = await sees(host, (snapshot) => phaseIn(snapshot) === 'frozen');
  expect(seen.contribution).toMatchObject({
    state: 'yielding',
    sentence: 'Paused: you are using the computer.',
  });
  await usesNoCpu();
  await sees(host, ({ yields }) => yields.count === 1);
  const { latest } = await host.call('yields.report', {});
  expect(latest[0]).toMatchObject({ cause: 'input', polledMs: 0, inputSource: 'x11' });
  expect(latest[0]?.quietMs).toBeGreaterThanOrEqual(latest[0]?.stoppedMs ?? 0);
  clock.skip(60_000);
  await sees(host, works);
});

test('1,000 inputs in a row are one yield', async () => {
  const { count } = (await host.call('status', {})).yields;
  for (let round = 0; round < 1000; round += 1) typed();
  await sees(host, (snapshot) => phaseIn(snapshot) === 'frozen' && snapshot.yields.count === count + 1);
  clock.skip(60_000);
  await sees(host, works);
  expect((await host.call('status', {})).yields.count).toBe(count + 1);
});

test('a call and a load that lasts freeze it, too, and say so', async () => {
  call.says({ call: true });
  await sees(host, says('Paused: you are in a call.'));
  await usesNoCpu();
  call.says({ call: false });
  await sees(host, says('Paused: you are in a call (just ended).'));
  clock.skip(60_000);
  await sees(host, works);
  load.says({ otherLoad: 0.9 });
  expect((await host.call('status', {})).contribution.state).toBe('working');
  clock.skip(5000);
  await sees(host, says('Paused: other programs need the processor.'));
  await usesNoCpu();
  load.says({ otherLoad: 0.1 });
  clock.skip(60_000);
  clock.skip(60_000);
  await sees(host, works);
});

test('a named program that starts stops it', async () => {
  const programPath = join(place.dir, 'busywork');
  copyFileSync('/bin/sleep', programPath);
  chmodSync(programPath, 0o755);
  const program = spawn(programPath, ['1000'], { stdio: 'ignore' });
  await once(program, 'spawn');
  // The sensor looks every other second.
  clock.skip(3000);
  await sees(host, says('Paused: “busywork” is running.'));
  await usesNoCpu();
  program.kill();
  await once(program, 'exit');
  clock.skip(3000);
  await sees(host, says('Paused: “busywork” is running (just ended).'));
  clock.skip(60_000);
  await sees(host, works);
});

test('a boundary of the schedule stops it', async () => {
  // At the beginning of a minute, so that a whole one lies before each boundary.
  clock.skip(60_000 - (clock.now() % 60_000));
  await sees(host, works);
  const now = new Date(clock.now() + 60_000);
  const time = (date: Date): string => date.toTimeString().slice(0, 5);
  const until = time(now);
  const from = time(new Date(now.getTime() + 60_000));
  const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
  await host.call('settings.set', { key: 'schedule.windows', value: [{ days, from, to: until }] });
  expect((await host.call('status', {})).contribution.state).toBe('working');
  clock.skip(60_000);
  await sees(host, ({ contribution }) => contribution.state === 'waiting');
  const { sentence } = (await host.call('status', {})).contribution;
  expect(sentence).toBe(`Waiting until ${from}.`);
  await usesNoCpu();
  clock.skip(60_000);
  await sees(host, works);
  await host.call('settings.unset', { key: 'schedule.windows' });
});

test('a locked profile that appears is in force, refuses the person’s setting, and goes again', async () => {
  const locked = {
    version: 2,
    organization: 'ACME',
    settings: { 'idle.share': 0.5, 'inUse.share': 0.1 },
  };
  mkdirSync(profilesDir, { recursive: true });
  const lockedPath = join(profilesDir, 'locked.json');
  writeFileSync(`${lockedPath}.new`, JSON.stringify(locked), { mode: 0o644 });
  copyFileSync(`${lockedPath}.new`, lockedPath);
  await sees(host, says('Working at 50 %: the limit in the settings (set by ACME).'));
  await expect(host.call('settings.set', { key: 'idle.share', value: 1 })).rejects.toMatchObject({
    code: 'setting-locked',
  });
  writeFileSync(lockedPath, '{ not JSON');
  const broken = await sees(host, ({ contribution }) => contribution.state === 'attention');
  expect(broken.problems.map(({ code }) => code)).toContain('profile-broken');
  expect(broken.contribution.allowance.run).toBe(false);
  rmSync(lockedPath);
  await sees(host, works);
});
