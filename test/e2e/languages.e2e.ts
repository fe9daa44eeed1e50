import { expect } from '@playwright/test';
import { languages } from '../../text/languages.ts';
import { violations } from './support/axe.ts';
import { type GalleryRun, openGallery, overflow, test } from './support/gallery.ts';
import { sendTo, speaks } from './support/language.ts';

/** Headings of the page for earnings, as each language has them in its catalogue. */
const pages = ['home', 'earnings', 'activity', 'grids', 'preferences', 'health'] as const;

for (const { code, direction } of languages.filter((language) => language.code !== 'en')) {
  test.describe(`in ${code}`, () => {
    let gallery: GalleryRun;
    test.beforeEach(async () => {
      gallery = await openGallery({});
      await gallery.show('volunteer', 'Working');
    });
    test.afterEach(() => gallery.close());

    test('every page speaks it, fits, and is clean for axe in both themes', async () => {
      const { page } = gallery;
      const t = await speaks(gallery, code);
      await expect(page.locator('html')).toHaveAttribute('lang', code);
      await expect(page.locator('html')).toHaveAttribute('dir', direction);
      for (const name of pages) {
        await sendTo(gallery, { page: name });
        await expect(page).toHaveTitle(t('common:title', { page: t(`common:tab.${name}`) }));
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
        expect(await overflow(page), name).toBeLessThanOrEqual(0);
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
          expect(await violations(page), `${name}, ${colorScheme}`).toEqual([]);
        }
      }
    });

    test('the language changes while the window is open, and back', async () => {
      const { page } = gallery;
      const t = await speaks(gallery, code);
      const tab = page.getByRole('navigation').getByRole('button', { name: t('common:tab.earnings') });
      await expect(tab).toBeVisible();
      await speaks(gallery, 'en');
      await expect(page.getByRole('navigation').getByRole('button', { name: 'Earnings' })).toBeVisible();
      await expect(page.locator('html')).toHaveAttribute('dir', 'ltr');
    });
  });
}
