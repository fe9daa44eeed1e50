import { ActivityPage } from './support/activity-page.ts';
import { EarningsPage } from './support/earnings-page.ts';
import { type GalleryRun, openGallery } from './support/gallery.ts';
import { WelcomePage } from './support/health-pages.ts';
import { PreferencesPage } from './support/pages.ts';
import { type Take, takeIn } from './support/take.ts';

/** What the README shows: the window as it opens, and smaller. Of each the README takes one theme, at 2x. */
export async function pictureReadme(dark: boolean, scale: number, take: Take): Promise<void> {
  await inGallery(dark, scale, async (gallery) => {
    const { page } = gallery;
    const activity = new ActivityPage(page);
    await gallery.show('volunteer', 'Working');
    await page.getByRole('button', { name: 'Dismiss' }).click();
    await take(gallery, 'readme-home');
    await activity.open();
    await activity.dayBefore.click();
    await page.getByText('Given back 5 h 45 min').waitFor();
    await page.mouse.move(0, 0);
    await take(gallery, 'readme-activity');
    const earnings = new EarningsPage(page);
    await earnings.open();
    await earnings.bars('Prime Orchard: cobblestones').waitFor();
    await take(gallery, 'readme-earnings');
    await resize(gallery, 600);
    const preferences = new PreferencesPage(page);
    await preferences.open();
    await preferences.show('When');
    await page.getByRole('gridcell', { name: 'Monday 08:00' }).hover();
    await page.mouse.down();
    await page.getByRole('gridcell', { name: 'Friday 17:00' }).hover();
    await page.mouse.up();
    await preferences.lastChange.waitFor();
    await preferences.control('Times of the week').scrollIntoViewIfNeeded();
    await page.mouse.move(0, 0);
    await take(gallery, 'readme-preferences');
    await page.getByRole('navigation').getByRole('button', { name: 'Home' }).click();
    await gallery.show('volunteer', 'Working');
    await page.mouse.move(0, 0);
    await takeIn(gallery, 'ar', () => take(gallery, 'readme-home-arabic'));
  });
  await inGallery(
    dark,
    scale,
    async (gallery) => {
      await resize(gallery, 530);
      await new WelcomePage(gallery.page).toWork();
      await gallery.page.mouse.move(0, 0);
      await take(gallery, 'readme-welcome');
    },
    'empty',
  );
}

async function inGallery(
  dark: boolean,
  scale: number,
  picture: (gallery: GalleryRun) => Promise<void>,
  state?: 'empty',
): Promise<void> {
  const gallery = await openGallery({ dark, scale, ...(state === undefined ? {} : { state }) });
  try {
    await picture(gallery);
  } finally {
    await gallery.close();
  }
}

async function resize({ app, page }: GalleryRun, height: number): Promise<void> {
  await app.evaluate(({ BrowserWindow }, wanted) => {
    BrowserWindow.getAllWindows()[0]?.setSize(880, wanted);
  }, height);
  await page.waitForFunction((wanted) => window.innerHeight === wanted, height);
}
