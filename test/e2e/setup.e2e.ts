import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type ElectronApplication, expect, type Page, test } from '@playwright/test';
import { electronBinary } from '../../resources/dev/electron-runtime.ts';
import { violations } from './support/axe.ts';
import { HealthPage, WelcomePage } from './support/health-pages.ts';
import {
  checkoutDir,
  firstWindow,
  type Home,
  type LaunchOptions,
  launch,
  makeHome,
} from './support/launch.ts';
import { MainPage } from './support/pages.ts';

const program = 'qemu-system-x86_64';

/**
 * Writes a program that becomes Electron where it finds no QEMU, although this computer has one; that lies at `elsewhere`
 * there, for whoever wants to install it.
 */
function writeElectronWithoutQemu(filePath: string, elsewhere: string): void {
  const dirs = [...(process.env['PATH'] ?? '').split(path.delimiter), '/usr/bin', '/bin', '/usr/local/bin'];
  const found = dirs.map((dir) => path.join(dir, program)).filter((one) => existsSync(one));
  const real = [...new Set(found.map((one) => realpathSync(one)))];
  writeFileSync(elsewhere, '');
  const command = [
    ...['bwrap', '--die-with-parent', '--dev-bind', '/', '/', '--ro-bind', real[0] ?? '', elsewhere],
    ...real.flatMap((one) => ['--bind', '/dev/null', one]),
    ...['--', electronBinary()],
  ];
  const words = command.map((word) => `'${word}'`).join(' ');
  writeFileSync(filePath, `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o755 });
}

/** Puts a program under QEMU's name in place of the one before. */
function install(dir: string, target: string): void {
  const link = path.join(dir, program);
  rmSync(link, { force: true });
  symlinkSync(target, link);
}

test.describe('the first start', () => {
  let home: Home;
  let app: ElectronApplication;
  let page: Page;

  test.beforeEach(() => {
    // No VM is needed to set one up.
    home = makeHome({ contribute: false });
  });
  test.afterEach(async ({}, info) => {
    await app.close();
    await home.keepLog(info);
    home.remove();
  });

  const begin = async (options: Pick<LaunchOptions, 'env' | 'executablePath'>): Promise<void> => {
    app = await launch({ homeDir: home.homeDir, ...options });
    page = await firstWindow(app);
  };

  test('without QEMU says what to type, takes QEMU up when it is there, and goes on to the first work', async () => {
    const binDir = path.join(home.homeDir, 'bin');
    const elsewhere = path.join(home.homeDir, 'a-new-qemu');
    mkdirSync(binDir);
    const executablePath = path.join(home.homeDir, 'electron');
    writeElectronWithoutQemu(executablePath, elsewhere);
    const before = process.env['PATH'] ?? '';
    await begin({ executablePath, env: { PATH: `${binDir}${path.delimiter}${before}` } });
    const welcome = new WelcomePage(page);
    const qemu = welcome.check('QEMU');
    await expect(qemu).toContainText('Needs attention');
    await expect(qemu).toContainText('QEMU is not installed.');
    await expect(welcome.command('QEMU')).toHaveText(/ qemu/);
    expect(await violations(page)).toEqual([]);
    await welcome.copyOf('QEMU').click();
    const command = await welcome.command('QEMU').textContent();
    await expect.poll(() => app.evaluate(({ clipboard }) => clipboard.readText())).toBe(command);

    install(binDir, path.join(checkoutDir, 'test', 'fakes', 'old-qemu.sh'));
    await welcome.lookAgain.click();
    await expect(qemu).toContainText('too old');
    await expect(qemu).toContainText('5.0.1');

    install(binDir, elsewhere);
    await welcome.lookAgain.click();
    await welcome.checked.click();
    await expect(qemu).toContainText(/In order.*QEMU \d+\.\d+\.\d+ is installed\./);
    await expect(welcome.check('Images')).toContainText('In order');
    // And the other page that shows it says the same.
    const health = new HealthPage(page);
    await health.open();
    await expect(health.check('QEMU')).toContainText('In order');
    await expect(health.card('Versions')).toContainText(/QEMU\d+\.\d+/);

    await new MainPage(page).openTab('Grids');
    await page.getByRole('button', { name: 'Welcome page' }).click();
    await welcome.toWork();
    await welcome.sample.click();
    await welcome.next.click();
    await welcome.preset('Gentle').check();
    await welcome.next.click();
    await welcome.agree.click();
    await expect(new MainPage(page).state).toHaveText('Paused');
    await new MainPage(page).openTab('Preferences');
    await expect(page.getByRole('radio', { name: /^Gentle/ })).toBeChecked();
  });

  test('shows its log, and saves a support bundle that tar can read', async () => {
    await begin({});
    const health = new HealthPage(page);
    await health.open();
    await health.showLog();
    await expect(health.lines).toContainText('host');
    const filePath = path.join(home.homeDir, 'help.tar.gz');
    await app.evaluate(({ dialog }, chosen) => {
      dialog.showSaveDialog = () => Promise.resolve({ canceled: false, filePath: chosen });
    }, filePath);
    await health.save.click();
    await expect(health.card('Support bundle').getByRole('status')).toHaveText('Saved as help.tar.gz.');
    const names = execFileSync('tar', ['-tzf', filePath], { encoding: 'utf8' });
    expect(names).toContain('gleaner-support/README.txt');
    expect(names).toContain('gleaner-support/doctor.json');
  });

  test('under a locked profile is one page that says what is set, and asks nothing', async () => {
    test.skip(process.getuid?.() !== 0, 'another place of profiles is root’s to choose');
    const profilesDir = mkdtempSync(path.join(tmpdir(), 'gl-profiles-'));
    try {
      chmodSync(profilesDir, 0o755);
      const settings = { preset: 'gentle', 'idle.share': 0.5, contribute: false };
      writeFileSync(
        path.join(profilesDir, 'locked.json'),
        JSON.stringify({ version: 2, organization: 'ACME', settings }),
        { mode: 0o644 },
      );
      await begin({ env: { GLEANER_PROFILES: profilesDir } });
      const welcome = new WelcomePage(page);
      await expect(welcome.heading('ACME has set up this computer')).toBeVisible();
      const set = welcome.part('What is set for you');
      await expect(set).toContainText('PresetGentle');
      await expect(set).toContainText('While it is idle50 %');
      await expect(welcome.part('What it works for')).toContainText('No project is named yet.');
      await expect(welcome.choose).toBeVisible();
      await expect(welcome.next).toHaveCount(0);
      await expect(page.getByRole('main').getByRole('radio')).toHaveCount(0);
      await page.getByRole('button', { name: 'See all settings' }).click();
      await expect(page.getByText('Set by ACME').first()).toBeVisible();
    } finally {
      rmSync(profilesDir, { recursive: true });
    }
  });
});
