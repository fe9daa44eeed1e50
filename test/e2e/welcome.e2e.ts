import { expect, test } from '@playwright/test';
import { violations } from './support/axe.ts';
import { type GalleryRun, openGallery, overflow } from './support/gallery.ts';
import { JoinPage, WelcomePage } from './support/grid-pages.ts';
import { MainPage, PreferencesPage } from './support/pages.ts';

const key = '0123456789abcdef0123456789abcdef';

test.describe('the first page', () => {
  let gallery: GalleryRun;
  let welcome: WelcomePage;
  test.beforeEach(async () => {
    gallery = await openGallery({ state: 'empty' });
    welcome = new WelcomePage(gallery.page);
    await expect(welcome.title).toBeVisible();
  });
  test.afterEach(() => gallery.close());

  test('welcomes whoever has done and joined nothing, and leads to each of the three ways', async () => {
    const main = new MainPage(gallery.page);
    await welcome.sample.click();
    await expect(main.state).toHaveText('Waiting');
    await expect
      .poll(() => gallery.app.evaluate(() => globalThis.gallery.host.asked.map(({ name }) => name)))
      .toContain('jobs.sample');
    await main.openTab('Grids');
    await gallery.page.getByRole('button', { name: 'Welcome page' }).click();
    await expect(welcome.company).toContainText('Nothing to do: your company’s settings decide');
    await welcome.company.getByRole('button').click();
    await expect(new PreferencesPage(gallery.page).preset('Balanced')).toBeVisible();
    await main.openTab('Grids');
    await gallery.page.getByRole('button', { name: 'Welcome page' }).click();
    await welcome.choose.click();
    await expect(new JoinPage(gallery.page).title).toHaveText('Join a project');
  });

  test('can be left, and is not there once something was done', async () => {
    await welcome.notNow.click();
    await expect(new MainPage(gallery.page).state).toHaveText('Waiting');
    const later = await openGallery({ state: 'working' });
    try {
      await expect(new MainPage(later.page).state).toHaveText('Working');
    } finally {
      await later.close();
    }
  });

  test('names the organization that has set something, and the sample that runs', async () => {
    await gallery.app.evaluate(() => {
      const { host } = globalThis.gallery;
      host.emit({
        ...host.snapshot,
        preset: { name: 'gentle', source: 'locked', organization: 'Acme Research' },
        jobs: host.jobs,
      });
    });
    await expect(welcome.company).toContainText('Acme Research has set what runs here, and when.');
    await expect(welcome.sample).toHaveText('See it work');
    await welcome.sample.click();
    await expect(new MainPage(gallery.page).card('Now')).toContainText('Option book 1 of 10');
    const asked = await gallery.app.evaluate(() => globalThis.gallery.host.asked.map(({ name }) => name));
    expect(asked).not.toContain('jobs.sample');
  });
});

test('the welcome page and joining are as wide as their content when the window is narrow', async () => {
  const gallery = await openGallery({ state: 'empty' });
  try {
    const { page } = gallery;
    await gallery.narrow();
    const join = new JoinPage(page);
    await expect(new WelcomePage(page).title).toBeVisible();
    expect(await overflow(page)).toBe(0);
    await new WelcomePage(page).choose.click();
    await expect(join.project('Tide Tables')).toBeVisible();
    expect(await overflow(page)).toBe(0);
    await join.project('Tide Tables').click();
    await expect(join.agree).toBeVisible();
    expect(await overflow(page)).toBe(0);
    await join.agree.click();
    await join.way('New account').check();
    await expect(join.terms).toBeVisible();
    expect(await overflow(page)).toBe(0);
  } finally {
    await gallery.close();
  }
});

for (const dark of [false, true]) {
  test.describe(dark ? 'joining in dark' : 'joining in light', () => {
    let gallery: GalleryRun;
    test.beforeAll(async () => {
      gallery = await openGallery({ dark, state: 'empty' });
    });
    test.afterAll(() => gallery.close());

    test('is accessible from the welcome page to the end', async () => {
      const { page } = gallery;
      const join = new JoinPage(page);
      const welcome = new WelcomePage(page);
      await expect(welcome.title).toBeVisible();
      expect(await violations(page)).toEqual([]);
      await welcome.choose.click();
      await expect(join.project('Prime Orchard')).toBeVisible();
      expect(await violations(page)).toEqual([]);
      await join.lookAt('https://grid.acme.example');
      await expect(join.failure).toBeVisible();
      expect(await violations(page)).toEqual([]);
      await gallery.app.evaluate(() => {
        globalThis.gallery.host.grids.hold();
      });
      await join.lookAt('https://mac-only.example.org');
      await expect(join.cancel).toBeVisible();
      expect(await violations(page)).toEqual([]);
      await join.cancel.click();
      await gallery.app.evaluate(() => {
        globalThis.gallery.host.grids.release();
      });
      await join.lookAt('https://mac-only.example.org');
      await expect(page.getByRole('alert')).toBeVisible();
      expect(await violations(page)).toEqual([]);
      await join.back.click();
      await join.onCompanyNetwork.check();
      await join.lookAt('https://grid.acme.example');
      await expect(join.privateConsent).toBeVisible();
      expect(await violations(page)).toEqual([]);
      await join.back.click();
      await join.project('Tide Tables').click();
      await join.agree.click();
      await join.way('New account').check();
      await join.join.click();
      await expect(page.getByText('Joining needs your agreement.')).toBeVisible();
      expect(await violations(page)).toEqual([]);
      await join.way('E-mail and password').check();
      await join.field('E-mail address').fill('me@example.org');
      await join.field('Password').fill('wrong');
      await join.join.click();
      await expect(join.failure).toBeVisible();
      expect(await violations(page)).toEqual([]);
      await join.signInByKey(key);
      expect(await violations(page)).toEqual([]);
    });
  });
}
