import { openGallery } from './support/gallery.ts';
import { PreferencesPage } from './support/pages.ts';
import { enlarge, type Take } from './support/take.ts';

/** Pictures of the preferences: closed, open with a painted week, searched, locked, the languages, and narrow. */
export async function picturePreferences(dark: boolean, scale: number, take: Take): Promise<void> {
  const gallery = await openGallery({ dark, scale });
  const { app, page } = gallery;
  const preferences = new PreferencesPage(page);
  try {
    await preferences.open();
    await take(gallery, 'preferences');
    await preferences.showAll();
    await preferences.show('Show what it sees now', 'Exact times');
    await page.getByText('Load of other programs').waitFor();
    await app.evaluate(() => {
      const { host } = globalThis.gallery;
      host.settings.layers.user = {
        'idle.share': 0.6,
        'schedule.windows': [
          { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '21:30', to: '06:00' },
          { days: ['sat', 'sun'], from: '00:00', to: '24:00' },
        ],
      };
      host.emitSettings();
    });
    await page.getByRole('group', { name: 'Time 2' }).waitFor();
    await take(gallery, 'preferences-all', true);
    await enlarge(gallery, 2);
    await take(gallery, 'preferences-large', true);
    await enlarge(gallery, 1);
    await page.getByRole('gridcell', { name: 'Monday 09:00' }).hover();
    await page.mouse.down();
    await page.getByRole('gridcell', { name: 'Friday 11:00' }).hover();
    await page.mouse.up();
    await preferences.lastChange.waitFor();
    await take(gallery, 'preferences-painted');
    await app.evaluate(() => {
      globalThis.gallery.lock({
        preset: 'gentle',
        'schedule.windows': [{ days: ['sat', 'sun'], from: '08:00', to: '24:00' }],
      });
    });
    await page.getByText('Set by Acme Research').first().waitFor();
    await take(gallery, 'preferences-locked', true);
    await app.evaluate(() => {
      globalThis.gallery.lock({});
    });
    await page.getByRole('button', { name: /Language$/ }).click();
    await page.getByRole('option', { name: 'Deutsch' }).waitFor();
    await take(gallery, 'preferences-language');
    await page.keyboard.press('Escape');
    await preferences.search.fill('battery');
    await page
      .getByText(/^[0-9]+ settings?$/)
      .first()
      .waitFor();
    await take(gallery, 'preferences-search');
    await preferences.search.fill('');
    await preferences.preset('Balanced').waitFor();
    await gallery.narrow();
    await take(gallery, 'preferences-narrow', true);
  } finally {
    await gallery.close();
  }
}
