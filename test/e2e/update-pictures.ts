import { galleryUpdateNames } from '../fixtures/updates.ts';
import { openGallery } from './support/gallery.ts';
import { HealthPage } from './support/health-pages.ts';
import { MainPage } from './support/pages.ts';
import { enlarge, type Take } from './support/take.ts';

/** Pictures of how it stands with newer versions, on the pages of health and home, also in a narrow window. */
export async function pictureUpdates(dark: boolean, scale: number, take: Take): Promise<void> {
  const gallery = await openGallery({ dark, scale });
  const { app, page } = gallery;
  const main = new MainPage(page);
  const set = async (how: (typeof galleryUpdateNames)[number]): Promise<void> => {
    await app.evaluate((_electron, wanted) => {
      globalThis.gallery.update(wanted);
    }, how);
  };
  const all = async (suffix: string): Promise<void> => {
    await new HealthPage(page).open();
    await main.card('Updates').scrollIntoViewIfNeeded();
    for (const how of galleryUpdateNames) {
      await set(how);
      await take(gallery, `update-${how}${suffix}`);
    }
  };
  const onHome = async (suffix: string): Promise<void> => {
    await main.openTab('Home');
    for (const how of ['ready', 'waiting'] as const) {
      await set(how);
      await take(gallery, `update-home-${how}${suffix}`, suffix !== '');
    }
  };
  try {
    await gallery.show('working', 'Working');
    await onHome('');
    await all('');
    await enlarge(gallery, 2);
    await all('-large');
    await enlarge(gallery, 1);
    await gallery.narrow();
    await all('-narrow');
    await onHome('-narrow');
  } finally {
    await gallery.close();
  }
}
