import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fakeEnrolment } from '../fakes/fake-pool-views.ts';
import { ActivityPage } from './support/activity-page.ts';
import { type GalleryRun, openGallery } from './support/gallery.ts';
import { GridsPage } from './support/grid-pages.ts';
import { MainPage } from './support/pages.ts';
import { JoinPoolPage, poolName } from './support/pool-pages.ts';
import { enlarge, type Take } from './support/take.ts';

/** Pictures of joining a company's pool, and of what it shows then. */
export async function picturePools(dark: boolean, scale: number, take: Take): Promise<void> {
  const gallery = await openGallery({ dark, scale });
  const dir = mkdtempSync(path.join(tmpdir(), 'gl-pools-'));
  try {
    const filePath = path.join(dir, 'enrolment.json');
    writeFileSync(filePath, JSON.stringify(fakeEnrolment()));
    await pictureJoining(gallery, take, filePath, '');
    await picturePool(gallery, take, '');
    await enlarge(gallery, 2);
    await picturePool(gallery, take, '-large');
    await enlarge(gallery, 1);
    await gallery.narrow();
    await pictureJoining(gallery, take, filePath, '-narrow');
    await picturePool(gallery, take, '-narrow');
  } finally {
    await gallery.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function pictureJoining(
  gallery: GalleryRun,
  take: Take,
  filePath: string,
  suffix: string,
): Promise<void> {
  const { page, app } = gallery;
  const join = new JoinPoolPage(page);
  await new GridsPage(page).open();
  await gallery.show('pooled', 'Grids');
  await join.open();
  await take(gallery, `pool-choose${suffix}`);
  await join.lookAt('https://nowhere.example.org/e.json');
  await join.failure.waitFor();
  await take(gallery, `pool-refused${suffix}`, true);
  await join.file.setInputFiles(filePath);
  await join.agree.waitFor();
  await take(gallery, `pool-asks${suffix}`, true);
  await join.agree.click();
  await join.failure.waitFor();
  await take(gallery, `pool-joined-already${suffix}`, true);
  await app.evaluate(() => {
    globalThis.gallery.shell.openLink(
      'gleaner://pool/https%3A%2F%2Fcatalog.acme.example%2Fenrol%2Fpc17.json',
    );
  });
  await join.card('A link asks to join a pool by this address').waitFor();
  await take(gallery, `pool-link${suffix}`);
}

async function picturePool(gallery: GalleryRun, take: Take, suffix: string): Promise<void> {
  const { page } = gallery;
  const grids = new GridsPage(page);
  const main = new MainPage(page);
  await main.openTab('Home');
  await gallery.show('pooled', 'Working');
  await page.getByText('anneal.sh (12.0)').first().waitFor();
  await take(gallery, `home-pool${suffix}`, true);
  await grids.open();
  await grids.press(`Leave ${poolName}`).waitFor();
  await take(gallery, `grids-pool${suffix}`, true);
  await grids.showPool(poolName);
  await take(gallery, `grids-pool-details${suffix}`, true);
  await grids.press(`Leave ${poolName}`).click();
  await take(gallery, `grids-pool-leave${suffix}`);
  await page.keyboard.press('Escape');
  const activity = new ActivityPage(page);
  await activity.open();
  await activity.choose('Kind', 'Statements');
  await activity.row('Statement of the pool').waitFor();
  await take(gallery, `activity-pool${suffix}`);
  await activity.row('Statement of the pool').click();
  await activity.record.getByText('Difference').waitFor();
  await take(gallery, `activity-settlement${suffix}`);
  await activity.close.click();
}
