import { expect } from '@playwright/test';
import { placeOfFragment } from '../../electron/contract/place.ts';
import type { SettingsLayer } from '../../electron/contract/settings.ts';
import { FakeNotifications } from '../fakes/fake-notifications.ts';
import type { GalleryState } from '../fixtures/snapshots.ts';
import { type GalleryRun, openGallery, test } from './support/gallery.ts';
import { nextWindow } from './support/launch.ts';

test.describe('notifications', () => {
  let desktop: FakeNotifications | undefined;
  let gallery: GalleryRun;

  test.afterEach(async () => {
    await gallery.close();
    await desktop?.vanish();
    desktop = undefined;
  });

  /** With nobody at the window, which would see everything there. */
  async function begin(state: GalleryState, wishes: SettingsLayer = {}): Promise<void> {
    gallery = await openGallery({ alone: true, state });
    const closed = gallery.page.waitForEvent('close');
    await gallery.app.evaluate(({ BrowserWindow }, layer) => {
      globalThis.gallery.host.settings.layers.user = layer;
      globalThis.gallery.host.emitSettings();
      BrowserWindow.getAllWindows()[0]?.close();
    }, wishes);
    await closed;
  }

  const show = (state: GalleryState): Promise<void> =>
    gallery.app.evaluate((_electron, wanted) => {
      globalThis.gallery.show(wanted);
    }, state);
  const skip = (ms: number): Promise<void> =>
    gallery.app.evaluate((_electron, passed) => {
      globalThis.gallery.skip(passed);
    }, ms);

  test('tells of the first credit, once, and leads to it', async () => {
    desktop = await FakeNotifications.appear();
    await begin('empty');
    await show('working');
    const shown = await desktop.whenShown(1);
    expect(shown).toMatchObject({
      title: 'Your computer’s first credit',
      body: 'This computer: 15 points. Thank you.',
    });
    const opened = nextWindow(gallery.app);
    desktop.click(shown);
    const page = await opened;
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(placeOfFragment(new URL(page.url()).hash)).toEqual({ page: 'earnings' });
    expect(desktop.shown).toEqual([]);
  });

  test('tells what needs attention when it has lasted for a minute, and of what a VM may not reach', async () => {
    desktop = await FakeNotifications.appear();
    await begin('working');
    await show('attention');
    await skip(60_000);
    await show('attention');
    expect(await desktop.whenShown(1)).toMatchObject({
      title: 'Gleaner needs attention',
      body: 'QEMU is not installed on this computer. Install the package qemu-system-x86; Gleaner goes on by itself.',
    });
    await show('volunteer');
    await gallery.app.evaluate(() => {
      const { host } = globalThis.gallery;
      const [denial] = host.snapshot.denials;
      if (!denial) throw new Error('nothing was denied');
      const fresh = { ...denial, host: '<b>tracker</b>.example', lastAt: Date.now() };
      host.emit({ ...host.snapshot, denials: [fresh] });
    });
    expect(await desktop.whenShown(2)).toMatchObject({
      title: 'Gleaner stopped a connection',
      body: 'Prime Orchard wanted to reach ‹b›tracker‹/b›.example, which is not on its list.',
    });
  });

  test('holds its tongue where the person turned it off', async () => {
    desktop = await FakeNotifications.appear();
    await begin('empty', { 'notify.firstCredit': false, 'notify.denied': false, 'notify.attention': true });
    await show('volunteer');
    await show('attention');
    await skip(60_000);
    await show('attention');
    expect((await desktop.whenShown(1)).title).toBe('Gleaner needs attention');
    expect(desktop.shown).toHaveLength(1);
  });

  test('goes on without a desktop that shows them, and writes it down', async () => {
    await begin('empty');
    await show('working');
    await expect
      .poll(() => gallery.app.evaluate(() => globalThis.gallery.lines.join('')))
      .toContain('a notification was not shown');
  });
});
