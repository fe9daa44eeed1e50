import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type ElectronApplication, expect, type Page, test } from '@playwright/test';
import { resolvePaths } from '../../electron/base/paths.ts';
import { type Place, placeOfFragment } from '../../electron/contract/place.ts';
import { SocketClient } from '../../electron/control/socket-client.ts';
import { FakeTrayWatcher } from '../fakes/fake-tray-watcher.ts';
import { checkoutDir, firstWindow, type Home, launch, makeHome, nextWindow } from './support/launch.ts';
import { runToEnd } from './support/processes.ts';

const link = 'gleaner://join/https%3A%2F%2Forchard.example%2Fproject%2F';
const joining: Place = { page: 'join', url: 'https://orchard.example/project/' };

test.describe('starting', () => {
  let home: Home;
  let watcher: FakeTrayWatcher;
  let app: ElectronApplication;
  let client: SocketClient;
  let env: Record<string, string>;

  test.beforeEach(async () => {
    watcher = await FakeTrayWatcher.appear();
    // No VM is needed to open a window.
    home = makeHome({ contribute: false });
    env = { XDG_CONFIG_HOME: path.join(home.homeDir, 'config') };
    client = new SocketClient(
      resolvePaths({
        platform: process.platform,
        home: '/',
        uid: process.getuid?.(),
        env: { GLEANER_HOME: home.homeDir },
      }),
    );
  });
  test.afterEach(async ({}, info) => {
    await app.close();
    await watcher.vanish();
    await home.keepLog(info);
    home.remove();
  });

  const begin = async (...args: readonly string[]): Promise<void> => {
    app = await launch({ homeDir: home.homeDir, args, env });
  };
  const startAgain = async (...args: readonly string[]): Promise<void> => {
    expect((await runToEnd({ homeDir: home.homeDir, args, env })).code).toBe(0);
  };
  const place = (page: Page): Place | null => placeOfFragment(new URL(page.url()).hash);
  const windows = (): Promise<number> =>
    app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length);

  test('hidden opens no window; a link that is followed later does, and joins nothing', async () => {
    await begin('--hidden');
    await watcher.labelsWhen((all) => all.includes('Paused'));
    expect(await windows()).toBe(0);
    const opened = nextWindow(app);
    await startAgain(link);
    const page = await opened;
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(place(page)).toEqual(joining);
    expect((await client.call('grids.list', {})).map(({ id }) => id)).toEqual(['local']);

    // As macOS hands one over. The window is open: it goes there as it is.
    await page.evaluate(() => {
      document.documentElement.dataset['same'] = 'yes';
    });
    await app.evaluate(({ app: electron }) => {
      electron.emit(
        'open-url',
        { preventDefault: () => undefined },
        'gleaner://join?url=http://meadow.example/',
      );
    });
    await expect.poll(() => place(page)).toEqual({ page: 'join', url: 'http://meadow.example/' });
    await expect(page.locator('html')).toHaveAttribute('data-same', 'yes');
    expect(await windows()).toBe(1);
  });

  test('with a link opens the window there', async () => {
    await begin('--hidden', link);
    const page = await firstWindow(app);
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(place(page)).toEqual(joining);
  });

  test('with a link that nobody should follow opens the window, and no more', async () => {
    await begin('gleaner://join/https://me:secret@orchard.example/');
    const page = await firstWindow(app);
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(place(page)).toEqual({ page: 'refused-link' });
    await expect(page.getByText('leads nowhere in Gleaner')).toBeVisible();
    const log = readFileSync(path.join(home.homeDir, 'logs', 'gleaner.log'), 'utf8');
    expect(log).toContain('refused a link');
    expect(log).not.toContain('secret');
  });

  test('at login is the desktop’s entry, as long as the setting says so', async () => {
    await begin('--hidden');
    const entryPath = path.join(env['XDG_CONFIG_HOME'] ?? '', 'autostart', 'gleaner.desktop');
    await watcher.labelsWhen((all) => all.includes('Paused'));
    expect(existsSync(entryPath)).toBe(false);
    await client.call('settings.set', { key: 'ui.startAtLogin', value: true });
    await expect.poll(() => existsSync(entryPath)).toBe(true);
    const exec = /^Exec=(.*)$/m.exec(readFileSync(entryPath, 'utf8'))?.[1] ?? '';
    expect(exec).toContain(`GLEANER_HOME=${home.homeDir}`);
    expect(exec.endsWith(`${checkoutDir} --hidden`)).toBe(true);
    await client.call('settings.set', { key: 'ui.startAtLogin', value: false });
    await expect.poll(() => existsSync(entryPath)).toBe(false);
  });
});
