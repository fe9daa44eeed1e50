import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { z } from 'zod';
import { Disposer } from '../../electron/base/disposal.ts';
import { commands } from '../../electron/contract/commands.ts';
import { newerVersion, ownVersion } from '../../resources/dev/package/version.ts';
import { enrolment } from '../unit/condor-fixture.ts';
import { type Computer, until } from './computer.ts';
import { Desktop } from './desktop.ts';
import { bootLab, inventory, packageIn, packagesDir, processesOf } from './estate.ts';
import { jobOf } from './job.ts';

/**
 * The service of the machine as its package installs it, on a Debian with systemd and logind of its own: real units in their
 * hardening, a real VM in it, two people on two displays.
 */
const disposer = new Disposer();
let computer: Computer;
let before: readonly string[];
let alice: Desktop;
let bob: Desktop;

const profile = {
  version: 2,
  organization: 'ACME',
  settings: {
    'host.place': 'service',
    'ui.startAtLogin': true,
    'removal.keepRecord': false,
    'inUse.share': 0,
    'idle.share': 1,
    'idle.afterSeconds': 4,
    'resume.afterSeconds': 5,
    'pauseOn.load': null,
    'pauseOn.remoteSession': false,
  },
};

beforeAll(async () => {
  ({ computer, before } = await bootLab(disposer, packagesDir));
});

afterAll(async () => {
  await disposer.dispose();
});

/** What root is answered by the service. */
async function ask<T>(type: z.ZodType<T>, ...argv: readonly string[]): Promise<T> {
  return type.parse(JSON.parse(await computer.must(['gleaner', ...argv, '--json'])));
}

async function property(name: string): Promise<string> {
  return (
    await computer.must(['systemctl', 'show', 'gleaner.service', `--property=${name}`, '--value'])
  ).trim();
}

async function add(seconds: number): Promise<string> {
  const dir = `/root/job-${seconds}`;
  mkdirSync(computer.outside(dir));
  writeFileSync(computer.outside(`${dir}/job.json`), jobOf(seconds));
  const { id } = await ask(commands['jobs.add'].output, 'jobs', 'add', dir);
  return id ?? '';
}

async function job(id: string) {
  const jobs = await ask(commands['jobs.list'].output, 'jobs', 'list');
  return jobs.find((one) => one.id === id);
}

async function booked(id: string): Promise<number> {
  const entries = await ask(commands['ledger.list'].output, 'ledger', 'list');
  return entries.filter(({ body }) => JSON.stringify(body).includes(id)).length;
}

test('a package alone runs no service; the profile that comes later starts it', async () => {
  const installed = await computer.run([
    'dpkg',
    '-i',
    `/mnt/packages/${basename(packageIn(packagesDir, 'deb'))}`,
  ]);
  expect(installed, installed.stderr).toMatchObject({ code: 0 });
  await until(async () => (await property('Result')) === 'exec-condition');
  await until(async () => (await processesOf(computer)).length === 0);
  writeFileSync(computer.outside('/etc/gleaner/locked.json'), JSON.stringify(profile));
  await until(async () => (await property('ActiveState')) === 'active');
  expect(await property('StatusText')).toBe('Listening');
  expect(
    await computer.must(['stat', '-c', '%a %U %G', '/run/gleaner/control.sock', '/run/gleaner/admin.sock']),
  ).toBe('660 gleaner gleaner\n600 gleaner gleaner\n');
});

test('it works with nobody signed in, in a virtual machine within the unit’s bounds', async () => {
  const id = await add(1);
  await until(async () => (await job(id))?.state === 'done', 500);
  expect(await booked(id)).toBe(1);
  const status = await ask(commands.status.output, 'status');
  expect(status.vms.map(({ isolation }) => isolation)).toEqual(['full']);
  const checks = await ask(commands.doctor.output, 'doctor');
  expect(checks.filter(({ state }) => state === 'failed')).toEqual([]);
  expect(checks.find(({ id }) => id === 'sleep')).toMatchObject({ code: 'held' });
  const [pid = ''] = (await property('MainPID')).split('\n');
  const about = await computer.must(['cat', `/proc/${pid}/status`]);
  expect(about).toMatch(/^NoNewPrivs:\t1$/m);
  expect(about).toMatch(/^CapEff:\t0+$/m);
  expect(about).toMatch(/^Seccomp:\t2$/m);
  // By logind's leave, which asks polkit about whoever is not root.
  const locks = await computer.must(['systemd-inhibit', '--list', '--no-pager']);
  expect(locks).toMatch(/^Gleaner +\d+ gleaner .* sleep .* delay$/m);
  expect(locks).toMatch(/^Gleaner +\d+ gleaner .* shutdown .* delay$/m);
});

test('an enrolment file in the profile is read by the service’s account alone, and told nowhere', async () => {
  const token = 'c2VjcmV0.b2YtdGhlLWNvbXBhbnk.c2lnbmVk';
  const file = '/etc/gleaner/pool.json';
  const naming = {
    ...profile,
    settings: { ...profile.settings, 'grids.pools': [{ enrolment: file, share: 50 }] },
  };
  const lay = (organization: string, document: object = naming) => {
    writeFileSync(
      computer.outside('/etc/gleaner/locked.json'),
      JSON.stringify({ ...document, organization }),
    );
  };
  const enrolled = async () =>
    (await ask(commands['grids.list'].output, 'grids', 'list')).map(({ name }) => name);
  const inFile = JSON.stringify({ ...enrolment, token, expiresAt: Date.now() + 86_400_000 });
  writeFileSync(computer.outside('/root/pool.json'), inFile);
  // As a careless copy leaves it: everybody's to read.
  await computer.must(['install', '-m', '0644', '/root/pool.json', file]);
  lay('ACME');
  const refused = `A pool of your organization is not joined (${file})`;
  await until(async () => (await computer.must(['gleaner', 'status', '--json'])).includes(refused));
  expect(await enrolled()).not.toContain(enrolment.name);
  await computer.must(['install', '-o', 'gleaner', '-m', '0600', '/root/pool.json', file]);
  lay('ACME Ltd');
  await until(async () => (await enrolled()).includes(enrolment.name));
  await computer.must(['gleaner', 'support-bundle', '/root/bundle.tar.gz']);
  const told = await computer.must([
    ...['sh', '-euc'],
    'journalctl --no-pager -u gleaner; cat /var/lib/gleaner/logs/*; tar -xzOf /root/bundle.tar.gz',
  ]);
  expect(told.length).toBeGreaterThan(1000);
  for (const part of token.split('.')) expect(told).not.toContain(part);
  lay('ACME', profile);
  await until(async () => !(await enrolled()).includes(enrolment.name));
  for (const name of ['bundle.tar.gz', 'pool.json']) rmSync(computer.outside(`/root/${name}`));
});

test('two people sign in and see the same, of which they may do what policy lets them', async () => {
  for (const name of ['alice', 'bob'])
    await computer.must(['usermod', '--append', '--groups', 'gleaner', name]);
  alice = await Desktop.signIn(computer, 'alice', ':1');
  bob = await Desktop.signIn(computer, 'bob', ':2');
  // Two apps, and one host: neither person has one of their own.
  await until(async () => {
    const { stdout } = await computer.run([
      'pgrep',
      '--full',
      '--count',
      '^/opt/Gleaner/gleaner-app --hidden$',
    ]);
    return stdout.trim() === '2';
  });
  const [mine, hers] = [await bob.snapshot(), await alice.snapshot()];
  expect(mine.today).toEqual(hers.today);
  for (const refused of [
    ['settings', 'set', 'idle.share', '0.1'],
    ['jobs', 'sample'],
    ['ledger', 'export', '--csv'],
    ['support-bundle', '/tmp/bundle.tar.gz'],
  ]) {
    const { code, stderr } = await alice.run(['gleaner', ...refused]);
    expect({ refused, code, stderr }).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('not-permitted') as string,
    });
  }
  const second = await alice.run(['gleaner', 'run', '--headless']);
  expect(second.code).not.toBe(0);
  await alice.must(['gleaner', 'pause', '30m']);
  expect((await bob.snapshot()).contribution.state).toBe('paused');
  await bob.must(['gleaner', 'resume']);
  expect((await alice.snapshot()).contribution.state).not.toBe('paused');
});

test('whoever is busiest counts: input on either display freezes the machine', async () => {
  // It lasts until it is told to end.
  const id = await add(3000);
  const seen = async () => {
    const { vms, yields } = await ask(commands.status.output, 'status');
    return { phase: vms[0]?.phase, yields: yields.count };
  };
  for (const person of [alice, bob]) {
    await until(async () => (await job(id))?.state === 'running' && (await seen()).phase === 'running', 200);
    const before = (await seen()).yields;
    await person.touch();
    await until(async () => (await seen()).yields > before, 50);
  }
  await until(async () => (await seen()).phase === 'running', 200);
  expect(await job(id)).toMatchObject({ state: 'running', attempt: 1 });
  await computer.must(['gleaner', 'jobs', 'abort', id]);
  await until(async () => (await job(id))?.state === 'aborted', 200);
});

test('one who signs out is forgotten', async () => {
  await bob.touch();
  await bob.signOut();
  const id = await add(2);
  await until(async () => (await job(id))?.state === 'done', 500);
});

test('a profile without a service ends it and lets people’s own hosts begin; a broken one starts nothing; and back', async () => {
  const lay = (text: string) => {
    writeFileSync(computer.outside('/etc/gleaner/locked.json'), text);
  };
  const inSession = { ...profile, settings: { ...profile.settings, 'host.place': 'session' } };
  lay(JSON.stringify(inSession));
  await until(async () => (await property('ActiveState')) !== 'active');
  await alice.hostAnswers();
  lay('{');
  // It cannot be told what is wanted: whoever is there stays, and contributes nothing.
  await until(async () => (await alice.snapshot()).problems.some(({ code }) => code === 'profile-broken'));
  expect(await property('ActiveState')).not.toBe('active');
  lay(JSON.stringify(profile));
  await until(async () => (await property('ActiveState')) === 'active');
  await until(async () => (await alice.run(['gleaner', 'settings', 'set', 'idle.share', '0.1'])).code === 4);
  expect((await computer.run(['test', '-S', '/run/user/1001/gleaner/control.sock'])).code).toBe(1);
});

test('killed, it comes back by itself, and so do the trays', async () => {
  const pid = await property('MainPID');
  await computer.must(['kill', '-9', pid]);
  await until(
    async () => (await property('MainPID')) !== pid && (await property('ActiveState')) === 'active',
  );
  await until(async () => (await alice.run(['gleaner', 'status'])).code === 0);
});

test('a newer version replaces it in the middle of a job, which goes on', async () => {
  const id = await add(30);
  await until(async () => (await job(id))?.state === 'running', 500);
  const newer = basename(packageIn(join(packagesDir, 'newer'), 'deb'));
  const said = await computer.run(['dpkg', '-i', `/mnt/packages/newer/${newer}`]);
  expect(said, said.stderr).toMatchObject({ code: 0 });
  await until(async () => (await property('ActiveState')) === 'active');
  const { gleaner } = await ask(commands.versions.output, 'versions');
  expect(gleaner).toContain(newerVersion(ownVersion()));
  await until(async () => (await job(id))?.state === 'done', 500);
  expect(await job(id)).toMatchObject({ attempt: 1 });
  expect(await booked(id)).toBe(1);
  await computer.must(['gleaner', 'ledger', 'verify']);
});

test('it is taken off without a trace', async () => {
  const away = await computer.run(['apt-get', 'purge', '--yes', 'gleaner']);
  expect(away, away.stderr).toMatchObject({ code: 0 });
  expect(await processesOf(computer)).toEqual([]);
  await alice.signOut();
  for (const name of ['job-1', 'job-2', 'job-3000', 'job-30']) {
    rmSync(computer.outside(`/root/${name}`), { recursive: true });
  }
  rmSync(computer.outside('/usr/local/bin/desktop-session'));
  const left = (await inventory(computer)).filter((line) => !before.includes(line));
  expect(left).toEqual([]);
});
