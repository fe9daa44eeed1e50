import { mkdirSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Disposer } from '../../electron/base/disposal.ts';
import { commands } from '../../electron/contract/commands.ts';
import { type Computer, until } from './computer.ts';
import { Desktop } from './desktop.ts';
import { bootLab, packageIn, packagesDir } from './estate.ts';

/** Two people signed in at one screen, each with a host of their own: only that of whoever has the screen works. */
const disposer = new Disposer();
let computer: Computer;
let alice: Desktop;
let bob: Desktop;

beforeAll(async () => {
  ({ computer } = await bootLab(disposer, packagesDir));
  const settings = {
    ...{ 'ui.startAtLogin': true, 'inUse.share': 1, 'idle.share': 1 },
    ...{ 'pauseOn.load': null, 'pauseOn.remoteSession': true, 'resume.afterSeconds': 5 },
  };
  mkdirSync(computer.outside('/etc/gleaner'));
  writeFileSync(
    computer.outside('/etc/gleaner/locked.json'),
    JSON.stringify({ version: 2, organization: 'ACME', settings }),
  );
  await computer.must(['dpkg', '-i', `/mnt/packages/${basename(packageIn(packagesDir, 'deb'))}`]);
});

afterAll(async () => {
  await disposer.dispose();
});

async function job(person: Desktop) {
  const [first] = await person.ask(commands['jobs.list'].output, 'jobs', 'list');
  return first;
}

async function seen() {
  const { contribution, vms } = await alice.snapshot();
  return { phase: vms[0]?.phase, reasons: contribution.allowance.reasons.map(({ code }) => code) };
}

test('the host of who has the screen works', async () => {
  alice = await Desktop.signIn(computer, 'alice', ':1', 'seat0');
  await alice.hostAnswers();
  // It lasts until it is told to end.
  await alice.addJob(3000);
  await until(async () => (await job(alice))?.state === 'running' && (await seen()).phase === 'running', 200);
});

test('another one takes the screen: it stands still and says why, and the other one’s works', async () => {
  bob = await Desktop.signIn(computer, 'bob', ':2', 'seat0');
  await bob.hostAnswers();
  await bob.bringToFront();
  await until(async () => (await seen()).phase === 'frozen', 50);
  expect((await seen()).reasons).toContain('session-away');
  await bob.addJob(1);
  await until(async () => (await job(bob))?.state === 'done', 300);
  expect((await job(alice))?.state).toBe('running');
  expect((await seen()).reasons).toContain('session-away');
});

test('back at the screen, the same attempt goes on', async () => {
  await alice.bringToFront();
  await until(async () => (await seen()).phase === 'running', 50);
  const going = await job(alice);
  expect(going).toMatchObject({ state: 'running', attempt: 1 });
  await alice.must(['gleaner', 'jobs', 'abort', going?.id ?? '']);
  await until(async () => (await job(alice))?.state === 'aborted', 300);
});

test('a greeter that has the screen is nobody: who had it last goes on, and nobody else begins', async () => {
  await computer.must([
    ...[
      'systemd-run',
      '--quiet',
      '--collect',
      '--unit=greeter',
      '--property=User=bob',
      '--property=PAMName=login',
    ],
    ...['XDG_SESSION_TYPE=x11', 'XDG_SESSION_CLASS=greeter', 'XDG_SEAT=seat0'].map(
      (one) => `--setenv=${one}`,
    ),
    ...['sleep', 'infinity'],
  ]);
  const greeter = async (): Promise<string | undefined> => {
    const listed = await computer.must(['loginctl', 'list-sessions', '--no-legend']);
    for (const [id = ''] of listed.split('\n').map((line) => line.trim().split(/\s+/))) {
      const about = id === '' ? '' : await computer.must(['loginctl', 'show-session', id]);
      if (/^Class=greeter$/m.test(about)) return id;
    }
    return undefined;
  };
  await until(async () => (await greeter()) !== undefined);
  await computer.must(['loginctl', 'activate', (await greeter()) ?? '']);
  expect(await computer.must(['loginctl', 'show-seat', 'seat0'])).toContain(
    `ActiveSession=${await greeter()}\n`,
  );
  const id = await alice.addJob(2);
  await until(async () => {
    const jobs = await alice.ask(commands['jobs.list'].output, 'jobs', 'list');
    return jobs.find((one) => one.id === id)?.state === 'done';
  }, 300);
  expect((await seen()).reasons).not.toContain('session-away');
  const hers = (await bob.snapshot()).contribution.allowance.reasons;
  expect(hers.map(({ code }) => code)).toContain('session-away');
});

test('whoever works from afar keeps their own host still, and no other', async () => {
  await bob.signOut();
  bob = await Desktop.signInFromAfar(computer, 'bob', ':3', '192.0.2.7');
  await bob.hostAnswers();
  const his = await bob.addJob(2);
  await until(async () => {
    const { reasons } = (await bob.snapshot()).contribution.allowance;
    return reasons.some(({ code }) => code === 'remote-session');
  }, 50);
  const hers = await alice.addJob(4);
  await until(async () => {
    const jobs = await alice.ask(commands['jobs.list'].output, 'jobs', 'list');
    return jobs.find((one) => one.id === hers)?.state === 'done';
  }, 300);
  const jobs = await bob.ask(commands['jobs.list'].output, 'jobs', 'list');
  expect(jobs.find((one) => one.id === his)?.state).toBe('queued');
});
