import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Disposer } from '../../electron/base/disposal.ts';
import { commands } from '../../electron/contract/commands.ts';
import { layOutAppDir } from '../../resources/dev/package/portable.ts';
import { ownVersion } from '../../resources/dev/package/version.ts';
import { type Computer, until } from './computer.ts';
import { Desktop } from './desktop.ts';
import { bootLab, packagesDir, processesBelow } from './estate.ts';

/** What runs from a person's own folder, with nothing installed and nobody who is root. */
const disposer = new Disposer();
let computer: Computer;
let alice: Desktop;

beforeAll(async () => {
  ({ computer } = await bootLab(disposer, packagesDir));
  alice = await Desktop.signIn(computer, 'alice', ':1');
});

afterAll(async () => {
  await disposer.dispose();
});

/** The app starts in the tray, answers, is well, does not update itself on this runtime, and ends. */
async function runs(dir: string, gleaner: readonly string[], start: string): Promise<void> {
  expect(await alice.must([...gleaner, '--version'])).toContain(ownVersion());
  await alice.must(['sh', '-euc', `setsid ${start} --hidden >/dev/null 2>&1 &`]);
  await alice.socketIsThere();
  const ask = async (...argv: readonly string[]) =>
    JSON.parse(await alice.must([...gleaner, ...argv, '--json'])) as unknown;
  const { contribution, update } = commands.status.output.parse(await ask('status'));
  expect(contribution.state).toBe('waiting');
  expect(update).toMatchObject({ state: 'off', reason: 'development' });
  const versions = commands.versions.output.parse(await ask('versions'));
  expect(versions.gleaner).toContain(ownVersion());
  const doctor = commands.doctor.output.parse(await ask('doctor'));
  expect(doctor.filter(({ state }) => state === 'failed')).toEqual([]);
  const [pid = ''] = await processesBelow(computer, dir);
  await computer.must(['kill', '-TERM', pid]);
  await until(async () => (await processesBelow(computer, dir)).length === 0);
}

describe('the archive', () => {
  test('runs where it is unpacked', async () => {
    const archive = readdirSync(packagesDir).find((name) => name.endsWith('.tar.gz')) ?? '';
    await alice.must(['tar', '-xzf', join('/mnt/packages', archive), '-C', '/home/alice']);
    const folder = readdirSync(computer.outside('/home/alice')).find((name) => name.startsWith('Gleaner-'));
    const dir = `/home/alice/${folder ?? ''}`;
    await runs(dir, [`${dir}/gleaner`], `${dir}/gleaner-app`);
    rmSync(computer.outside(dir), { recursive: true });
  });
});

describe('the folder of the AppImage', () => {
  test('runs by its AppRun, also as the command line', async () => {
    const linuxDir = join(packagesDir, 'linux');
    layOutAppDir({
      version: ownVersion(),
      unpackedDir: join(linuxDir, 'linux-unpacked'),
      rootDir: join(linuxDir, 'appimage'),
      papers: {},
      epoch: 0,
      feed: { keys: [] },
    });
    const dir = '/home/alice/AppDir';
    await alice.must(['cp', '-r', '/mnt/packages/linux/appimage', dir]);
    const gleaner = ['env', 'ARGV0=gleaner', 'APPIMAGE=/home/alice/Gleaner.AppImage', `${dir}/AppRun`];
    await runs(dir, gleaner, `${dir}/AppRun`);
  });
});
