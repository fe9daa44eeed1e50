import { type GalleryRun, openGallery } from './support/gallery.ts';
import { HealthPage, WelcomePage } from './support/health-pages.ts';
import { enlarge, type Take } from './support/take.ts';

/** Pictures of the welcome page's steps and of health: wide, narrow, and with text twice as large. */
export async function pictureHealth(dark: boolean, scale: number, take: Take): Promise<void> {
  const gallery = await openGallery({ dark, scale, state: 'empty' });
  try {
    await pictureWelcome(gallery, take, '');
    await pictureChecks(gallery, take, '');
    await enlarge(gallery, 2);
    await pictureWelcome(gallery, take, '-large');
    await pictureChecks(gallery, take, '-large');
    await enlarge(gallery, 1);
    await gallery.narrow();
    await pictureWelcome(gallery, take, '-narrow');
    await pictureChecks(gallery, take, '-narrow');
  } finally {
    await gallery.close();
  }
}

async function checkUp({ app }: GalleryRun, how: 'well' | 'troubled'): Promise<void> {
  await app.evaluate((_electron, wanted) => {
    globalThis.gallery.checkUp(wanted);
  }, how);
}

async function pictureWelcome(gallery: GalleryRun, take: Take, suffix: string): Promise<void> {
  const { app, page } = gallery;
  const welcome = new WelcomePage(page);
  await gallery.show('empty', suffix === '' ? 'Welcome to Gleaner' : 'Health');
  if (suffix !== '') {
    await page.getByRole('navigation').getByRole('button', { name: 'Grids' }).click();
    await page.getByRole('button', { name: 'Welcome page' }).click();
  }
  await welcome.checked.waitFor();
  await take(gallery, `welcome-check${suffix}`, true);
  await checkUp(gallery, 'troubled');
  await welcome.lookAgain.click();
  await page.getByText('QEMU is not installed.').waitFor();
  await take(gallery, `welcome-mend${suffix}`, true);
  await checkUp(gallery, 'well');
  await welcome.next.click();
  await take(gallery, `welcome-work${suffix}`, true);
  await welcome.sample.click();
  await take(gallery, `welcome-chosen${suffix}`, true);
  await welcome.next.click();
  await welcome.preset('Balanced').waitFor();
  await take(gallery, `welcome-amount${suffix}`, true);
  await welcome.next.click();
  await welcome.agree.waitFor();
  await take(gallery, `welcome-begin${suffix}`, true);
  await gallery.show('volunteer', 'Do you agree?');
  await page.getByText('For Prime Orchard').waitFor();
  await take(gallery, `welcome-begin-joined${suffix}`, true);
  await gallery.show('empty', 'Do you agree?');
  await welcome.agree.click();
  await page.getByRole('navigation').getByRole('button', { name: 'Grids' }).click();
  await app.evaluate(() => {
    globalThis.gallery.lock({
      preset: 'gentle',
      'idle.share': 0.5,
      'schedule.windows': [{ days: ['sat', 'sun'], from: '08:00', to: '24:00' }],
      'grids.boinc': [
        { url: 'https://grid.acme.example/', key: '0123456789abcdef', share: 100, contacts: [] },
      ],
    });
  });
  await page.getByRole('button', { name: 'Welcome page' }).click();
  await page.getByText('What is set for you').waitFor();
  await take(gallery, `welcome-managed${suffix}`, true);
  await app.evaluate(() => {
    globalThis.gallery.lock({});
  });
}

async function pictureChecks(gallery: GalleryRun, take: Take, suffix: string): Promise<void> {
  const { app, page } = gallery;
  const health = new HealthPage(page);
  await health.open();
  await take(gallery, `health${suffix}`, true);
  await checkUp(gallery, 'troubled');
  await app.evaluate(() => {
    globalThis.gallery.host.health.hold();
  });
  await health.lookAgain.click();
  await page.getByText('QEMU is not installed.').first().waitFor();
  await page.getByRole('button', { name: 'Build them again' }).click();
  await page.getByText(/^For 1 min/).waitFor();
  await health.copyOf('QEMU').click();
  await health.showLog();
  await take(gallery, `health-troubled${suffix}`, true);
  await app.evaluate(() => {
    globalThis.gallery.host.health.release();
  });
  await checkUp(gallery, 'well');
  await health.lookAgain.click();
  await page.getByText('Everything is in order.').waitFor();
}
