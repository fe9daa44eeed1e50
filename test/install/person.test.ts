import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { Disposer } from '../../electron/base/disposal.ts';
import { commands } from '../../electron/contract/commands.ts';
import { checkoutDir } from '../../resources/dev/console.mjs';
import { newerVersion, ownVersion } from '../../resources/dev/package/version.ts';
import { must } from '../condor/exec.ts';
import { ReadmeBlocks, readmeSection } from '../fixtures/readme.ts';
import { type Computer, until } from './computer.ts';
import { Desktop } from './desktop.ts';
import { bootLab, inventory, packageIn, packagesDir, processesOf } from './estate.ts';

/**
 * "Deploy silently" of the README, block by block as it stands there, on a Debian that was booted for it, with its own systemd and
 * logind. What is not as at a reader's: the package is on the disk already, and not pressed; the person is a test.
 */
const disposer = new Disposer();
const readme = new ReadmeBlocks('Deploy silently');
let computer: Computer;
let alice: Desktop;
let before: readonly string[];
/** A folder that is /mnt/packages on the computer. */
let shelf: string;

/** Types a block in the folder with the packages and profiles, with nobody at the keyboard and no display. */
async function type(where: string): Promise<string> {
  return await computer.must(['sh', '-euc', `cd /mnt/packages && ${readme.take(where)}`]);
}

/** Lays a package out, as the only one. */
function shelve(deb: string): Promise<string> {
  for (const name of readdirSync(shelf).filter((file) => file.endsWith('.deb'))) rmSync(join(shelf, name));
  return must(['cp', deb, shelf]);
}

const older = packageIn(packagesDir, 'deb');
const newer = packageIn(join(packagesDir, 'newer'), 'deb');

beforeAll(async () => {
  shelf = mkdtempSync(join(tmpdir(), 'shelf-'));
  disposer.ownCallback(() => {
    rmSync(shelf, { recursive: true, force: true });
  });
  await shelve(older);
  // The README's profiles, by the sentence before each.
  for (const [, name = '', text = ''] of readmeSection('Deploy silently').matchAll(
    /`(defaults|locked)\.json`[^`]*?:\n\n```json\n([\s\S]*?)```/g,
  )) {
    writeFileSync(join(shelf, `${name}.json`), text);
  }
  ({ computer, before } = await bootLab(disposer, shelf));
});

afterAll(async () => {
  await disposer.dispose();
});

test('the command that makes the package is there', () => {
  const scripts = z.object({ scripts: z.record(z.string(), z.string()) });
  const manifest = scripts.parse(JSON.parse(readFileSync(join(checkoutDir, 'package.json'), 'utf8')));
  expect(readme.take('in the checkout')).toBe('npm run package -- --kinds deb\n');
  expect(manifest.scripts['package']).toBe('node resources/dev/package.mjs');
});

test('the profiles are tried before any computer gets them', async () => {
  const cli = `${process.execPath} ${join(checkoutDir, 'electron', 'cli.ts')}`;
  const lines = readme.take('where the profiles are written');
  const said = await must(['sh', '-euc', `cd ${shelf}; gleaner() { ${cli} "$@"; }; ${lines}`]);
  expect(said).toContain('ACME');
});

test('it is installed without a question, a display, a network or a look at the computer', async () => {
  // Whoever would try a virtual machine would leave a trace here.
  const wire = '/usr/local/bin/qemu-system-x86_64';
  writeFileSync(computer.outside(wire), '#!/bin/sh\necho "$0 $*" >> /tripped\nexit 1\n', { mode: 0o755 });
  await type('on each computer, as root: the profiles');
  const commandLine = readme.take('on each computer, as root: the package');
  const install = () => computer.run(['sh', '-euc', `cd /mnt/packages && ${commandLine}`]);
  const first = await install();
  expect(first, first.stderr).toMatchObject({ code: 0 });
  // Again, as software distributions do.
  expect(await install()).toMatchObject({ code: 0 });
  // The unit asks the profile whether there is to be a service, and rests.
  await until(async () => (await processesOf(computer)).length === 0);
  expect((await computer.run(['cat', '/tripped'])).code).toBe(1);
  rmSync(computer.outside(wire));
  const made = (await inventory(computer)).filter((line) => line.startsWith('/home'));
  expect(made).toEqual(before.filter((line) => line.startsWith('/home')));
  expect(await computer.must(['gleaner', '--version'])).toContain(ownVersion());
  // Root looks at it, too, and leaves something of its own.
  await computer.must(['gleaner', 'status']);
});

test('whoever signs in has it in the tray, within the profile', async () => {
  alice = await Desktop.signIn(computer, 'alice', ':1');
  await alice.hostAnswers();
  // This desktop has no tray: the window comes once, and says so; nothing else does.
  const { stdout } = await alice.run(['xdotool', 'search', '--onlyvisible', '--name', '.']);
  const titles = stdout
    .split('\n')
    .filter((id) => id !== '')
    .map((id) => alice.must(['xdotool', 'getwindowname', id]));
  expect((await Promise.all(titles)).filter((title) => !title.endsWith('· Gleaner\n'))).toEqual([]);
  const policy = await alice.ask(commands['policy.explain'].output, 'policy', 'explain');
  expect(policy).toMatchObject({ organization: 'ACME', preset: 'gentle' });
});

test('what is locked is refused on the command line', async () => {
  const refused = await alice.run(['gleaner', 'settings', 'set', 'idle.share', '0.1']);
  expect(refused.code).toBe(4);
  expect(refused.stderr).toContain('setting-locked');
  expect(refused.stderr).toContain('ACME');
});

test('and in the window', async () => {
  const port = '9333';
  await alice.must(['pkill', '--oldest', '-TERM', 'gleaner-app']);
  await until(async () => (await processesOf(computer)).length === 0);
  const command = `setsid /opt/Gleaner/gleaner-app --remote-debugging-port=${port} >/dev/null 2>&1 &`;
  await alice.must(['sh', '-c', command]);
  const looking = [process.execPath, join(checkoutDir, 'test', 'install', 'look-at-window.ts'), port];
  const seen: unknown = JSON.parse(await must([...computer.networkEntry(), ...looking]));
  expect(seen).toMatchObject({ result: { result: { value: 'setting-locked' } } });
});

async function stateOf(id: string) {
  const jobs = await alice.ask(commands['jobs.list'].output, 'jobs', 'list');
  return jobs.find((job) => job.id === id);
}

async function entries() {
  return await alice.ask(commands['ledger.list'].output, 'ledger', 'list');
}

test('a job is finished and booked', async () => {
  const id = await alice.addJob(1);
  await until(async () => (await stateOf(id))?.state === 'done', 500);
  expect((await entries()).filter(({ body }) => JSON.stringify(body).includes(id))).toHaveLength(1);
});

test('a newer version replaces it in the middle of a job, which goes on', async () => {
  const id = await alice.addJob(30);
  await until(async () => (await stateOf(id))?.state === 'running', 500);
  await shelve(newer);
  const said = await computer.run([
    'sh',
    '-euc',
    'cd /mnt/packages && apt-get install --yes ./gleaner_*_amd64.deb',
  ]);
  expect(said, said.stderr).toMatchObject({ code: 0 });
  // The same person's tray, by itself.
  await alice.hostAnswers();
  const { gleaner } = await alice.ask(commands.versions.output, 'versions');
  expect(gleaner).toContain(newerVersion(ownVersion()));
  await until(async () => (await stateOf(id))?.state === 'done', 500);
  expect(await stateOf(id)).toMatchObject({ attempt: 1 });
  await alice.must(['sh', '-c', `gleaner jobs result ${id} --out /home/alice/result`]);
  expect(await alice.must(['sh', '-c', 'cat $(find /home/alice/result -name beginnings)'])).toBe('1\n');
  expect((await entries()).filter(({ body }) => JSON.stringify(body).includes(id))).toHaveLength(1);
});

test('an older version is refused with the reason, and nothing is touched', async () => {
  const running = await alice.must(['pgrep', '--oldest', 'gleaner-app']);
  await shelve(older);
  const refused = await computer.run([
    'sh',
    '-euc',
    'cd /mnt/packages && apt-get install --yes --allow-downgrades ./gleaner_*_amd64.deb',
  ]);
  expect(refused.code).toBe(100);
  expect(refused.stderr + refused.stdout).toContain('is older: it could not read');
  const plain = await computer.run(['dpkg', '-i', `/mnt/packages/${basename(older)}`]);
  expect(plain.code).toBe(1);
  expect(await alice.must(['pgrep', '--oldest', 'gleaner-app'])).toBe(running);
  expect(await computer.must(['gleaner', '--version'])).toContain(newerVersion(ownVersion()));
  expect(await computer.must(['dpkg', '--audit'])).toBe('');
});

test('whoever opens it while its package is being replaced has it once that is over, and once only', async () => {
  const mark = computer.outside('/run/gleaner-upgrade');
  writeFileSync(mark, '');
  await alice.must(['pkill', '--oldest', '-TERM', 'gleaner-app']);
  await until(async () => (await processesOf(computer)).length === 0);
  await alice.must(['/opt/Gleaner/gleaner-app']);
  await until(async () => (await processesOf(computer)).length === 0);
  rmSync(mark);
  await alice.hostAnswers();
  const apps = ['pgrep', '--full', '--count', '^/opt/Gleaner/gleaner-app --hidden$'];
  await until(async () => (await alice.run(apps)).stdout.trim() === '1');
});

test('it is taken off without a trace, and leaves people their record', async () => {
  rmSync(computer.outside('/home/alice/result'), { recursive: true });
  for (const seconds of [1, 30]) rmSync(computer.outside(`/home/alice/job-${seconds}`), { recursive: true });
  await type('on each computer, as root: away');
  expect(await processesOf(computer)).toEqual([]);
  await alice.signOut();
  rmSync(computer.outside('/usr/local/bin/desktop-session'));
  const left = (await inventory(computer)).filter((line) => !before.includes(line));
  const record = /^\/home\/alice\/gleaner-record-\d{4}-\d\d-\d\d\.json$/;
  expect(left.filter((line) => !record.test(line))).toEqual([]);
  const [file = ''] = left.filter((line) => record.test(line));
  expect(JSON.parse(readFileSync(computer.outside(file), 'utf8'))).toMatchObject({
    entries: expect.any(Array) as unknown,
  });
  expect(readme.left).toEqual([]);
});
