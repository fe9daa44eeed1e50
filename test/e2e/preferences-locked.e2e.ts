import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type ElectronApplication, expect, type Page } from '@playwright/test';
import { SettingsDocument } from '../../electron/contract/settings.ts';
import { violations } from './support/axe.ts';
import { changesIn, type GalleryRun, openGallery, test } from './support/gallery.ts';
import { firstWindow, type Home, launch, makeHome } from './support/launch.ts';
import { PreferencesPage } from './support/pages.ts';

test.describe('preferences under an administrator', () => {
  let gallery: GalleryRun;
  let preferences: PreferencesPage;
  test.beforeEach(async () => {
    gallery = await openGallery({});
    preferences = new PreferencesPage(gallery.page);
    await preferences.open();
    await preferences.showAll();
  });
  test.afterEach(() => gallery.close());

  test('follow an administrator who locks and unlocks a value', async () => {
    await gallery.app.evaluate(() => {
      globalThis.gallery.lock({ 'pauseOn.call': false });
    });
    await expect(preferences.control('A call')).toBeDisabled();
    await expect(preferences.control('A call')).not.toBeChecked();
    await expect(preferences.row('A call')).toContainText('set by Acme Research');
    await expect(preferences.control('A program that fills the screen')).toBeEnabled();
    await gallery.app.evaluate(() => {
      globalThis.gallery.lock({});
    });
    await expect(preferences.control('A call')).toBeEnabled();
    await expect(preferences.control('A call')).toBeChecked();
  });

  test('of a service of the machine are all shown, disabled, with no bar for changes', async () => {
    const { app, page } = gallery;
    await expect(page.getByText('Changes hold at once; here you can undo them.')).toBeVisible();
    await app.evaluate(() => {
      globalThis.gallery.serve('everyone');
    });
    await expect(page.getByText('This computer’s administrator alone changes these values.')).toBeVisible();
    await expect(page.getByText('Changes hold at once; here you can undo them.')).toHaveCount(0);
    await expect(preferences.preset('Balanced')).toBeDisabled();
    const controls = page.locator('.setting').locator('input, select, textarea, .pick-button');
    expect(await controls.count()).toBeGreaterThan(40);
    await expect(controls.and(page.locator(':enabled'))).toHaveCount(0);
    expect(await violations(page)).toEqual([]);
  });

  test('show what is locked by whom, and disable all of it', async () => {
    await gallery.app.evaluate(() => {
      globalThis.gallery.lock({
        preset: 'generous',
        'schedule.windows': [{ days: ['sat'], from: '08:00', to: '12:00' }],
        'ui.language': 'en',
        'ui.startAtLogin': true,
        'notify.firstCredit': false,
        'notify.attention': true,
        'notify.denied': true,
        'notify.finished': false,
        'energy.wattsPerCore': 10,
        'energy.pricePerKwh': 0.3,
        'energy.currency': 'EUR',
        'pools.shareEnergyPrice': false,
        'grids.boinc': [],
        'grids.pools': [],
        'host.place': 'session',
        'service.mayPause': 'everyone',
        'updates.mode': 'automatic',
        'updates.channel': 'stable',
        'removal.keepRecord': true,
      });
    });
    await expect(preferences.group('Notifications')).toContainText('4 values set by Acme Research');
    await preferences.show('Exact times');
    const rows = gallery.page.locator('.setting');
    await expect(rows.filter({ hasText: 'set by Acme Research' })).toHaveCount(await rows.count());
    await expect(rows.locator('input:enabled, select:enabled, textarea:enabled')).toHaveCount(0);
    await expect(rows.getByRole('button', { disabled: false })).toHaveText(['Exact times']);
    await expect(gallery.page.getByRole('grid')).toHaveAttribute('aria-disabled', 'true');
    await gallery.page.getByRole('gridcell', { name: 'Saturday 08:00: allowed' }).click({ force: true });
    await gallery.page.keyboard.press('Space');
    expect(await changesIn(gallery)).toEqual([]);
  });

  test('lock a preset for everybody', async () => {
    await gallery.app.evaluate(() => {
      globalThis.gallery.lock({ preset: 'generous' });
    });
    await expect(preferences.preset('Generous')).toBeChecked();
    await expect(preferences.preset('Gentle')).toBeDisabled();
    await expect(gallery.page.getByRole('group', { name: 'How polite it is' })).toContainText(
      'Set by Acme Research.',
    );
  });

  test('show the host’s refusal of a value that was locked since the page looked', async () => {
    await gallery.app.evaluate(() => {
      const { host } = globalThis.gallery;
      const old = host.settings.list();
      host.settings.list = () => old;
      globalThis.gallery.lock({ 'pauseOn.call': true });
    });
    await preferences.control('A call').click();
    await expect(preferences.row('A call').getByRole('alert')).toHaveText(
      '"pauseOn.call" is set by Acme Research and cannot be changed here. Ask whoever looks after this computer.',
    );
    await expect(preferences.control('A call')).toBeChecked();
  });

  test('are refused by the host to a page that asks past the controls', async () => {
    await gallery.app.evaluate(() => {
      globalThis.gallery.lock({ 'idle.share': 0.5 });
    });
    const answers = await gallery.page.evaluate(async () => [
      await window.gleaner.call('settings.set', { key: 'idle.share', value: 1 }),
      await window.gleaner.call('settings.unset', { key: 'idle.share' }),
      await window.gleaner.call('settings.set', { key: 'idle.sharing', value: 1 }),
      await window.gleaner.call('settings.set', { key: 'inUse.share', value: 7 }),
    ]);
    expect(answers.map((answer) => (answer.ok ? 'ok' : answer.failure.code))).toEqual([
      'setting-locked',
      'setting-locked',
      'setting-unknown',
      'setting-invalid',
    ]);
  });
});

test.describe('preferences of a whole host', () => {
  let home: Home;
  let profilesDir: string;
  let app: ElectronApplication;
  let page: Page;
  let preferences: PreferencesPage;
  test.beforeEach(() => {
    // No VM is needed to set something.
    home = makeHome({ contribute: false });
    profilesDir = mkdtempSync(path.join(tmpdir(), 'gl-profiles-'));
    chmodSync(profilesDir, 0o755);
  });
  test.afterEach(async ({}, info) => {
    await app.close();
    await home.keepLog(info);
    home.remove();
    rmSync(profilesDir, { recursive: true });
  });

  const begin = async (): Promise<void> => {
    app = await launch({ homeDir: home.homeDir, env: { GLEANER_PROFILES: profilesDir } });
    page = await firstWindow(app);
    preferences = new PreferencesPage(page);
    await preferences.open();
  };
  /** What the person's own file holds. */
  const own = (name: string): unknown => {
    const text = readFileSync(path.join(home.homeDir, 'settings.json'), 'utf8');
    const { settings } = SettingsDocument.parse(JSON.parse(text));
    return Object.entries(settings).find(([key]) => key === name)?.[1];
  };
  const hour = (name: string) => page.getByRole('gridcell', { name: new RegExp(`^${name}:`) });

  test('are painted by mouse and by keyboard, kept in the person’s file, and taken back', async () => {
    await begin();
    await preferences.show('When');
    await hour('Monday 08:00').hover();
    await page.mouse.down();
    await hour('Friday 17:00').hover();
    await page.mouse.up();
    const free = [
      { days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sun'], from: '18:00', to: '08:00' },
      { days: ['sat', 'sun'], from: '00:00', to: '24:00' },
    ];
    await expect.poll(() => own('schedule.windows')).toEqual(free);
    await hour('Wednesday 12:00').focus();
    await page.keyboard.press('Space');
    const noon = { days: ['wed'], from: '12:00', to: '13:00' };
    await expect.poll(() => own('schedule.windows')).toEqual([free[0], noon, free[1]]);
    await page.keyboard.press('ControlOrMeta+z');
    await expect.poll(() => own('schedule.windows')).toEqual(free);
    await page.keyboard.press('ControlOrMeta+z');
    await expect.poll(() => own('schedule.windows')).toBeUndefined();
    await expect(preferences.undo).toHaveCount(0);
  });

  test('keep a value that was refused, and say in words why', async () => {
    await begin();
    await preferences.show('Network');
    await preferences.control('Proxy').fill('nonsense');
    await preferences.control('Proxy').press('Enter');
    await expect(preferences.row('Proxy').getByRole('alert')).toContainText(
      'network.proxy cannot be "nonsense". It may hold system, none, http://HOST:PORT',
    );
    await expect(preferences.control('Proxy')).toHaveValue('');
    expect(own('network.proxy')).toBeUndefined();
  });

  test('show what a locked profile sets, and whose it is', async () => {
    test.skip(process.getuid?.() !== 0, 'another place of profiles is root’s to choose');
    const settings = {
      'idle.share': 0.5,
      'schedule.windows': [{ days: ['sat'], from: '08:00', to: '12:00' }],
    };
    writeFileSync(
      path.join(profilesDir, 'locked.json'),
      JSON.stringify({ version: 2, organization: 'ACME', settings }),
      { mode: 0o644 },
    );
    await begin();
    await expect(preferences.group('When')).toContainText('Sa 08:00–12:00');
    await expect(preferences.group('When')).toContainText('1 value set by ACME');
    await preferences.show('How much', 'When');
    await expect(preferences.control('While it is idle')).toBeDisabled();
    await expect(preferences.row('While it is idle')).toContainText('set by ACME');
    await hour('Sunday 08:00').focus();
    await page.keyboard.press('Space');
    await expect(hour('Sunday 08:00')).toHaveAccessibleName('Sunday 08:00: not allowed');
    expect(own('schedule.windows')).toBeUndefined();
  });
});
