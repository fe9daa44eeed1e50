import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type ElectronApplication, expect, type Page, test } from '@playwright/test';
import type { PageBridge } from '../../renderer/bridge/page-bridge.ts';
import { FakePerson } from '../fakes/fake-person.ts';
import { FakeTrayWatcher } from '../fakes/fake-tray-watcher.ts';
import { cli } from './support/cli.ts';
import { firstWindow, type Home, launch, makeHome } from './support/launch.ts';
import { MainPage } from './support/pages.ts';
import { cpuTicks, machinesOf } from './support/processes.ts';
import { stays } from './support/stays.ts';

const inUse = 'Paused: you are using the computer.';

test.describe('the person at the computer', () => {
  test.describe.configure({ mode: 'serial' });

  const home = makeHome({
    preset: 'gentle',
    'quiet.enabled': false,
    'pauseOn.load': null,
    'idle.share': 1,
    'idle.afterSeconds': 5,
  });
  let profilesDir: string;
  let watcher: FakeTrayWatcher;
  let person: FakePerson;
  let app: ElectronApplication;
  let page: Page;
  let main: MainPage;

  test.beforeAll(async () => {
    profilesDir = mkdtempSync(path.join(tmpdir(), 'gl-profiles-'));
    chmodSync(profilesDir, 0o755);
    watcher = await FakeTrayWatcher.appear();
    person = new FakePerson();
    await cli(home.homeDir, 'jobs', 'sample');
    app = await launch({ homeDir: home.homeDir, env: { GLEANER_PROFILES: profilesDir } });
    page = await firstWindow(app);
    main = new MainPage(page);
    await main.openTab('Home');
  });
  test.afterEach(async ({}, info) => {
    await home.keepLog(info);
  });
  test.afterAll(async () => {
    await app.close();
    await person.leave();
    await watcher.vanish();
    home.remove();
    rmSync(profilesDir, { recursive: true });
  });

  test('a move of the mouse stops the VM, and tray, window and command line say the same sentence', async () => {
    await expect(main.state).toHaveText('Working');
    await stays(person, async () => {
      await expect(main.seen(inUse)).toBeVisible();
      await expect.poll(() => yieldsOf(page)).toBeGreaterThanOrEqual(1);
      const machines = machinesOf(home.homeDir);
      const before = cpuTicks(machines);
      expect((await watcher.labelsWhen((labels) => labels[1] === inUse))[1]).toBe(inUse);
      const told = JSON.parse(await cli(home.homeDir, 'status', '--json')) as {
        contribution: { sentence: string };
      };
      expect(told.contribution.sentence).toBe(inUse);
      expect(cpuTicks(machines)).toBe(before);
    });
  });

  test('work goes on when nobody uses the computer', async () => {
    await expect(main.state).toHaveText('Working');
  });

  test('how fast it was given back is told, with a histogram', async () => {
    const report = await cli(home.homeDir, 'policy', 'explain');
    expect(report).toContain('x11');
    await expect(main.card('Giving back')).toContainText(/\d+ ms/);
  });

  test('a thousand moves are one pause', async () => {
    await expect(main.state).toHaveText('Working');
    const before = await yieldsOf(page);
    for (let round = 0; round < 1000; round += 1) person.move();
    await expect(main.seen(inUse)).toBeVisible();
    await expect(main.state).toHaveText('Working');
    expect(await yieldsOf(page)).toBe(before + 1);
  });

  test('a locked profile that appears is in force, and the window and the command line refuse to change it', async () => {
    test.skip(process.getuid?.() !== 0, 'another place of profiles is root’s to choose');
    const lockedPath = path.join(profilesDir, 'locked.json');
    const profile = { version: 2, organization: 'ACME', settings: { 'idle.share': 0.5 } };
    writeFileSync(`${lockedPath}.new`, JSON.stringify(profile), { mode: 0o644 });
    renameSync(`${lockedPath}.new`, lockedPath);
    const sentence = 'Working at 50 %: the limit in the settings (set by ACME).';
    await expect(main.seen(sentence)).toBeVisible();
    const answer = await page.evaluate(async () => {
      const { gleaner } = globalThis as unknown as { gleaner: PageBridge };
      return await gleaner.call('settings.set', { key: 'idle.share', value: 1 });
    });
    expect(answer).toMatchObject({ ok: false, failure: { code: 'setting-locked' } });
    await expect(cli(home.homeDir, 'settings', 'set', 'idle.share', '1')).rejects.toMatchObject({ code: 4 });
    writeFileSync(lockedPath, 'not JSON');
    await expect(main.state).toHaveText('Needs attention');
    rmSync(lockedPath);
    await expect(main.state).toHaveText('Working');
  });
});

test.describe('a job that runs when the app quits', () => {
  let home: Home;
  test.beforeEach(() => {
    home = makeHome();
  });
  test.afterEach(async ({}, info) => {
    await home.keepLog(info);
    home.remove();
  });

  /** How soon the app quits: at once, which may be in the middle of the job's start; or when the job has told of itself. */
  for (const [when, shown] of [
    ['at once', 'Count to 200'],
    ['when it is half done', '50 %'],
  ] as const)
    test(`goes on where it stood, ${when}`, async () => {
      const jobDir = path.join(home.homeDir, 'job');
      mkdirSync(jobDir);
      writeFileSync(
        path.join(jobDir, 'job.json'),
        JSON.stringify({
          schema: 1,
          title: 'Count to 200',
          command: [
            '/bin/sh',
            '-c',
            'i=0; while [ $i -lt 200 ]; do i=$((i + 1)); echo $i >>out/steps; echo "0.5 $i" >progress; sleep 0.05; done',
          ],
          resources: { vcpus: 1, memory: 67_108_864, disk: 67_108_864 },
        }),
      );
      const { id } = JSON.parse(await cli(home.homeDir, 'jobs', 'add', jobDir, '--json')) as { id: string };
      const first = await launch({ homeDir: home.homeDir });
      const before = new MainPage(await firstWindow(first));
      await before.openTab('Home');
      await expect(before.progress).toBeVisible();
      await expect(before.card('Now')).toContainText(shown);
      await first.close();
      expect(machinesOf(home.homeDir)).toEqual([]);
      const second = await launch({ homeDir: home.homeDir });
      const after = new MainPage(await firstWindow(second));
      await after.openTab('Activity');
      await expect(after.job('Count to 200')).toContainText('Done');
      const story = JSON.parse(await cli(home.homeDir, 'jobs', 'show', id, '--json')) as {
        job: { attempt: number };
        entries: unknown[];
      };
      // One attempt: nothing was computed twice, and it is booked once.
      expect(story.job.attempt).toBe(1);
      expect(story.entries).toHaveLength(1);
      await second.close();
    });
});

async function yieldsOf(page: Page): Promise<number> {
  return await page.evaluate(async () => {
    const { gleaner } = globalThis as unknown as { gleaner: PageBridge };
    const answer = await gleaner.call('yields.report', {});
    return answer.ok ? answer.value.stats.count : -1;
  });
}
