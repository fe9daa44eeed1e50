import { expect, type Locator } from '@playwright/test';
import type { GalleryService, GalleryUpdate } from '../fixtures/updates.ts';
import { type GalleryRun, openGallery, overflow, test } from './support/gallery.ts';
import { HealthPage } from './support/health-pages.ts';
import { MainPage } from './support/pages.ts';

let gallery: GalleryRun;
let main: MainPage;
test.beforeEach(async () => {
  gallery = await openGallery({});
  main = new MainPage(gallery.page);
  await gallery.show('working', 'Working');
});
test.afterEach(() => gallery.close());

const button = (name: string): Locator => gallery.page.getByRole('button', { name, exact: true });

test.describe('a newer version in the window', () => {
  const stands = async (how: GalleryUpdate): Promise<void> => {
    await gallery.app.evaluate((_electron, wanted) => {
      globalThis.gallery.update(wanted);
    }, how);
  };
  const asked = (): Promise<string[]> =>
    gallery.app.evaluate(() =>
      globalThis.gallery.host.asked.map(({ name }) => name).filter((name) => name.startsWith('update.')),
    );

  test('is one line on the home page while it is there and does not run yet', async () => {
    const line = main.card('Updates');
    for (const how of ['idle', 'checking', 'downloading', 'failed', 'package'] as const) {
      await stands(how);
      await expect(line).toHaveCount(0);
    }
    await stands('ready');
    await expect(line).toHaveText(/^Version 1\.3\.0 is here; it begins with a restart\./);
    await button('Restart to update').click();
    await expect.poll(asked).toEqual(['update.install']);
    // There it has to be weighed: Health says what.
    await stands('waiting');
    await expect(line).toHaveText('Version 1.3.0 waits for a good moment to begin.');
    await gallery.narrow();
    expect(await overflow(gallery.page)).toBe(0);
  });

  test('says why it was not done, until it stands otherwise', async () => {
    await stands('ready');
    await gallery.app.evaluate(() => {
      globalThis.gallery.host.failures.set('update.install', new Error('no room'));
    });
    await button('Restart to update').click();
    await expect(main.card('Updates')).toContainText('no room');
    await stands('installing');
    await expect(main.card('Updates')).not.toContainText('no room');
  });

  test('is looked for by the keyboard, which stays where it was', async () => {
    const { page } = gallery;
    await new HealthPage(page).open();
    await stands('idle');
    await button('Look for a newer version').press('Enter');
    await expect.poll(asked).toEqual(['update.check']);
    await stands('checking');
    await expect(button('Look for a newer version')).toBeFocused();
    await page.keyboard.press('Enter');
    await stands('downloading');
    await expect(main.card('Updates').getByRole('status')).toBeFocused();
    await page.keyboard.press('Tab');
    await expect(button('Not now')).toBeFocused();
    expect(await asked()).toEqual(['update.check']);
    await gallery.narrow();
    expect(await overflow(page)).toBe(0);
  });
});

test.describe('a service of the machine in the window', () => {
  const serve = async (how: GalleryService): Promise<void> => {
    await gallery.app.evaluate((_electron, wanted) => {
      globalThis.gallery.serve(wanted);
    }, how);
  };

  test('offers a person what is theirs, and says whose the rest is', async () => {
    await serve('everyone');
    await expect(main.pause('Pause for 1 hour')).toBeVisible();
    await serve('administrators');
    await expect(main.pause('Pause for 1 hour')).toHaveCount(0);
    await expect(main.seen('Pausing and resuming are up to your administrator.')).toBeVisible();
    await main.openTab('Grids');
    await expect(main.state).toHaveText('Grids');
    await expect(button('Join your company’s pool')).toHaveCount(0);
    const health = new HealthPage(gallery.page);
    await health.open();
    await expect(health.save).toHaveCount(0);
    await expect(
      main.seen('The log and the support bundle are for this computer’s administrator.'),
    ).toBeVisible();
  });

  test('offers nothing while it does not answer', async () => {
    await serve('away');
    await expect(main.state).toHaveText('Needs attention');
    await expect(main.seen('Start it with: systemctl start gleaner')).toBeVisible();
    await expect(main.seen('Pausing and resuming are up to your administrator.')).toHaveCount(0);
    await expect(button('Choose what for')).toHaveCount(0);
  });
});
