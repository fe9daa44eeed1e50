import { type GalleryRun, openGallery } from './support/gallery.ts';
import { GridsPage, JoinPage } from './support/grid-pages.ts';
import { WelcomePage } from './support/health-pages.ts';
import { MainPage } from './support/pages.ts';
import { enlarge, type Take } from './support/take.ts';

/** Pictures of every step of joining, and of the grids' page. */
export async function pictureGrids(dark: boolean, scale: number, take: Take): Promise<void> {
  const gallery = await openGallery({ dark, scale, state: 'empty' });
  try {
    await pictureJoining(gallery, take, '');
    await pictureJoined(gallery, take, '');
    await enlarge(gallery, 2);
    await pictureJoined(gallery, take, '-large');
    await enlarge(gallery, 1);
    await gallery.narrow();
    await pictureJoined(gallery, take, '-narrow');
    await gallery.show('empty', 'Grids');
    await gallery.page.getByRole('button', { name: 'Welcome page' }).click();
    await pictureJoining(gallery, take, '-narrow');
  } finally {
    await gallery.close();
  }
}

async function pictureJoining(gallery: GalleryRun, take: Take, suffix: string): Promise<void> {
  const { app, page } = gallery;
  const join = new JoinPage(page);
  const welcome = new WelcomePage(page);
  // The welcome page goes on where it was left.
  if (suffix === '') await welcome.toWork();
  await welcome.choose.click();
  await join.project('Prime Orchard').waitFor();
  await take(gallery, `join-choose${suffix}`, true);
  await app.evaluate(() => {
    globalThis.gallery.host.grids.hold();
  });
  await join.lookAt('https://nowhere.example.org');
  await join.cancel.waitFor();
  await take(gallery, `join-looking${suffix}`);
  await join.cancel.click();
  await app.evaluate(() => {
    globalThis.gallery.host.grids.release();
  });
  await join.lookAt('https://grid.acme.example');
  await join.failure.waitFor();
  await take(gallery, `join-refused${suffix}`);
  await page.getByRole('button', { name: 'try again' }).click();
  await join.privateConsent.waitFor();
  await take(gallery, `join-asks-private${suffix}`);
  await join.back.click();
  await join.lookAt('https://mac-only.example.org');
  await join.needs.waitFor();
  await take(gallery, `join-unfit${suffix}`);
  await join.back.click();
  await join.lookAt('https://united.example.org');
  await join.agree.waitFor();
  await take(gallery, `join-manager${suffix}`);
  await join.back.click();
  await join.project('Tide Tables').click();
  await join.agree.waitFor();
  await take(gallery, `join-asks${suffix}`);
  await join.agree.click();
  await join.way('New account').check();
  await join.join.click();
  await page.getByText('Joining needs your agreement.').waitFor();
  await take(gallery, `join-create${suffix}`, true);
  await join.way('E-mail and password').check();
  await join.field('E-mail address').fill('me@example.org');
  await join.field('Password').fill('wrong');
  await join.join.click();
  await join.failure.waitFor();
  await take(gallery, `join-sign-in${suffix}`);
  await join.signInByKey('0123456789abcdef'.repeat(2));
  await take(gallery, `join-done${suffix}`);
  await join.see.click();
}

async function pictureJoined(gallery: GalleryRun, take: Take, suffix: string): Promise<void> {
  const { page } = gallery;
  const main = new MainPage(page);
  const grids = new GridsPage(page);
  await grids.open();
  await gallery.show('volunteer', 'Grids');
  await grids.press('Leave Prime Orchard').waitFor();
  await take(gallery, `grids${suffix}`, true);
  await main.openTab('Home');
  await page.getByRole('button', { name: 'See why' }).waitFor();
  await take(gallery, `home-volunteer${suffix}`, true);
  await page.getByRole('button', { name: 'See why' }).click();
  await grids.part('Prime Orchard', 'About the project').waitFor();
  await take(gallery, `grids-details${suffix}`, true);
  await grids.press('Allow 10.20.0.9:8080').click();
  await take(gallery, `grids-allow${suffix}`);
  await page.keyboard.press('Escape');
  await grids.press('Leave Prime Orchard').click();
  await take(gallery, `grids-leave${suffix}`);
  await page.keyboard.press('Escape');
  await gallery.show('managed', 'Grids');
  await grids.press('Ask it now').waitFor();
  await take(gallery, `grids-managed${suffix}`, true);
  await main.openTab('Activity');
  await gallery.show('volunteer', 'Activity');
  await page.getByRole('row', { name: 'sieve_40961_12_0' }).waitFor();
  await take(gallery, `activity-volunteer${suffix}`, true);
  await grids.open();
  await gallery.show('empty', 'Grids');
  await take(gallery, `grids-empty${suffix}`);
}
