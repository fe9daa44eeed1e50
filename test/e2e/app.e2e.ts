import { existsSync } from 'node:fs';
import path from 'node:path';
import { type ElectronApplication, expect, type Page, test } from '@playwright/test';
import { resolvePaths } from '../../electron/base/paths.ts';
import { SocketClient } from '../../electron/control/socket-client.ts';
import { FakeTrayWatcher } from '../fakes/fake-tray-watcher.ts';
import { cli } from './support/cli.ts';
import { WelcomePage } from './support/health-pages.ts';
import { firstWindow, type Home, launch, makeHome, nextWindow } from './support/launch.ts';
import { MainPage } from './support/pages.ts';
import { cpuTicks, machinesOf, runToEnd } from './support/processes.ts';

/** The control socket of the app in `homeDir`. */
const clientOf = (homeDir: string): SocketClient =>
  new SocketClient(
    resolvePaths({
      platform: process.platform,
      home: '/',
      uid: process.getuid?.(),
      env: { GLEANER_HOME: homeDir },
    }),
  );

test.describe('the application', { tag: '@user' }, () => {
  test.describe.configure({ mode: 'serial' });

  const home = makeHome();
  let watcher: FakeTrayWatcher;
  let app: ElectronApplication;
  let page: Page;
  let main: MainPage;

  test.beforeAll(async () => {
    watcher = await FakeTrayWatcher.appear();
    app = await launch({ homeDir: home.homeDir });
    page = await firstWindow(app);
    main = new MainPage(page);
    // Nothing was ever done here.
    await expect(main.state).toHaveText('Welcome to Gleaner');
  });
  test.afterEach(async ({}, info) => {
    await home.keepLog(info);
  });
  test.afterAll(async () => {
    await app.close();
    await watcher.vanish();
    home.remove();
  });

  test('begins nothing before the person has agreed to it', async () => {
    const { jobs, vms } = await clientOf(home.homeDir).call('status', {});
    expect(jobs).toEqual([]);
    expect(vms.filter(({ phase }) => phase !== 'stopped')).toEqual([]);
  });

  test('is led to the sample, boots a VM, runs a job and shows what it earned', async () => {
    const welcome = new WelcomePage(page);
    await welcome.toWork();
    await welcome.sample.click();
    await welcome.next.click();
    await welcome.preset('Balanced').waitFor();
    await welcome.next.click();
    await welcome.agree.click();
    await expect(main.state).toHaveText('Working');
    await expect(main.progress).toBeVisible();
    await expect(main.card('Today')).toContainText(/Earned \(.+\)\d/);
    await expect(main.card('Today')).toContainText(/Jobs done[1-9]/);
    await expect(main.card('Processor')).toContainText('Full isolation');
    await main.openTab('Activity');
    await expect(page.getByRole('row').filter({ hasText: 'Done' }).first()).toContainText(
      /Option book, part \d+/,
    );
    await main.openTab('Home');
  });

  test('gives the computer back at a click, counts the pause down, and goes on', async () => {
    await main.pause('Pause for 30 minutes').click();
    await expect(main.state).toHaveText('Paused');
    await expect(main.card('Giving back')).toContainText(/Gave your computer back in [\d.]+ ms/);
    const pids = machinesOf(home.homeDir);
    expect(pids.length).toBeGreaterThanOrEqual(2);
    const before = cpuTicks(pids);
    // The countdown's own seconds are the clock of this test.
    for (let second = 0; second < 3; second += 1) {
      await expect(main.timer).not.toHaveText((await main.timer.textContent()) ?? '');
    }
    expect(cpuTicks(pids) - before).toBeLessThanOrEqual(3);
    await main.resume.click();
    await expect(main.state).toHaveText('Working');
    await expect.poll(() => cpuTicks(pids)).toBeGreaterThan(before + 20);
  });

  test('is steered from the tray, and the window follows', async () => {
    const labels = await watcher.labelsWhen((all) => all[0] === 'Working');
    expect(labels).toEqual(
      expect.arrayContaining(['Pause', 'Until tomorrow', 'Open Gleaner', 'Quit Gleaner']),
    );
    await watcher.click('Until I resume');
    await expect(main.state).toHaveText('Paused');
    await watcher.labelsWhen((all) => all[1] === 'Paused until you resume.');
    await watcher.click('Resume');
    await expect(main.state).toHaveText('Working');
  });

  test('lives on without its window; a second start opens it again and ends', async () => {
    const closed = page.waitForEvent('close');
    await app.evaluate(({ BrowserWindow }) => {
      BrowserWindow.getAllWindows()[0]?.close();
    });
    await closed;
    expect(await app.evaluate(({ webContents }) => webContents.getAllWebContents().length)).toBe(0);
    const status = await clientOf(home.homeDir).call('status', {});
    expect(status.contribution.pause).toBeNull();

    const hidden = await runToEnd({ homeDir: home.homeDir, args: ['--hidden'] });
    expect(hidden.code).toBe(0);
    expect(await app.evaluate(({ webContents }) => webContents.getAllWebContents().length)).toBe(0);

    const opened = nextWindow(app);
    const second = await runToEnd({ homeDir: home.homeDir });
    expect(second.code).toBe(0);
    page = await opened;
    main = new MainPage(page);
    await expect(main.state).toHaveText(/Working|Starting/);
  });

  test('quits from the tray and leaves nothing running', async () => {
    const exited = new Promise((resolve) => app.process().once('exit', resolve));
    await watcher.labelsWhen((all) => all.includes('Quit Gleaner'));
    await watcher.click('Quit Gleaner');
    expect(await exited).toBe(0);
    expect(machinesOf(home.homeDir)).toEqual([]);
    expect(existsSync(path.join(home.homeDir, 'run', 'control.sock'))).toBe(false);
  });
});

test.describe('the application, alone', () => {
  let home: Home;
  let running: ElectronApplication | undefined;

  test.beforeEach(() => {
    home = makeHome();
  });
  test.afterEach(async ({}, info) => {
    await running?.close();
    running = undefined;
    await home.keepLog(info);
    expect(machinesOf(home.homeDir)).toEqual([]);
    home.remove();
  });

  test('leaves no VM when it is killed, and goes on with the job at its next start', async () => {
    const client = clientOf(home.homeDir);
    await cli(home.homeDir, 'jobs', 'sample');
    running = await launch({ homeDir: home.homeDir });
    const before = new MainPage(await firstWindow(running));
    await before.openTab('Home');
    await expect(before.progress).toBeVisible();
    const interrupted = (await client.call('status', {})).jobs.find(({ state }) => state === 'running');
    const id = interrupted?.id ?? '';
    expect(id).not.toBe('');
    const killed = running.waitForEvent('close', { timeout: 0 });
    running.process().kill('SIGKILL');
    await killed;
    running = undefined;
    await expect.poll(() => machinesOf(home.homeDir)).toEqual([]);

    running = await launch({ homeDir: home.homeDir });
    const main = new MainPage(await firstWindow(running));
    await main.openTab('Home');
    await expect(main.card('Today')).toContainText(/Jobs done[1-9]/);
    await expect.poll(async () => (await client.call('jobs.show', { id })).job.state).toBe('done');
    const { entries } = await client.call('jobs.show', { id });
    expect(entries.map(({ body }) => body.outcome).sort()).toEqual(['done', 'interrupted']);
    expect((await client.call('ledger.verify', {})).ok).toBe(true);
  });

  test('--demo runs one job, tells its story and ends', { tag: '@user' }, async () => {
    const { code, stdout, stderr } = await runToEnd({ homeDir: home.homeDir, args: ['--demo'] });
    expect(`${stdout}${stderr}`).toMatch(/Job: Option book/);
    expect(stdout).toMatch(/Accelerator: \w+\. /);
    expect(stdout).toMatch(/It was ready [\d.]+ s after its start, with full isolation\./);
    expect(stdout).toMatch(/100 %/);
    expect(stdout).toMatch(/Booked: entry \d+, attempt 1 done, earned [\d.]+ \w+/);
    expect(code).toBe(0);
  });
});
