import { EarningsPage } from './support/earnings-page.ts';
import { openGallery } from './support/gallery.ts';
import { enlarge, type Take } from './support/take.ts';

const orchard = 'Prime Orchard: cobblestones';

/** Pictures of the earnings' page: by day, by month with a table, empty, and narrow without a price. */
export async function pictureEarnings(dark: boolean, scale: number, take: Take): Promise<void> {
  const gallery = await openGallery({ dark, scale });
  const { app, page } = gallery;
  const earnings = new EarningsPage(page);
  try {
    await earnings.open();
    await gallery.show('volunteer', 'Earnings');
    await earnings.bars(orchard).waitFor();
    await take(gallery, 'earnings', true);
    await earnings.show('Months');
    await earnings.card(orchard).getByRole('button', { name: 'Show as a table' }).click();
    await take(gallery, 'earnings-months', true);
    await enlarge(gallery, 2);
    await take(gallery, 'earnings-large', true);
    await enlarge(gallery, 1);
    await gallery.narrow();
    await app.evaluate(() => {
      globalThis.gallery.earn('unpriced');
    });
    await earnings.show('Weeks');
    await earnings.setPrice.waitFor();
    await take(gallery, 'earnings-narrow', true);
    await app.evaluate(() => {
      globalThis.gallery.earn('nothing');
    });
    await earnings.show('Days');
    await earnings.nothing.waitFor();
    await take(gallery, 'earnings-nothing');
  } finally {
    await gallery.close();
  }
}
