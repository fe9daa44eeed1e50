import { expect } from '@playwright/test';
import { violations } from './support/axe.ts';
import { type GalleryRun, openGallery, reopen, test } from './support/gallery.ts';
import { JoinPage } from './support/grid-pages.ts';
import { WelcomePage } from './support/health-pages.ts';
import { MainPage } from './support/pages.ts';

test.describe('the welcome page where an organization has set up the computer', () => {
  let gallery: GalleryRun;
  test.beforeEach(async () => {
    gallery = await openGallery({ state: 'empty' });
    await expect(new WelcomePage(gallery.page).title).toBeVisible();
  });
  test.afterEach(() => gallery.close());

  test('asks nothing where an organization has locked anything, and says what', async () => {
    const { app, page } = gallery;
    await app.evaluate(() => {
      globalThis.gallery.lock({
        preset: 'gentle',
        'idle.share': 0.5,
        'grids.boinc': [
          { url: 'https://grid.acme.example/', key: '0123456789abcdef', share: 100, contacts: [] },
        ],
      });
    });
    const managed = new WelcomePage(await reopen(gallery));
    const window = app.windows()[0] ?? page;
    await expect(managed.heading('Acme Research has set up this computer')).toBeVisible();
    await expect(managed.part('What is set for you')).toContainText('PresetGentle');
    await expect(managed.part('What is set for you')).toContainText('While it is idle50 %');
    await expect(managed.part('What it works for')).toContainText('https://grid.acme.example/');
    await expect(window.getByRole('main').getByRole('textbox')).toHaveCount(0);
    await expect(window.getByRole('main').getByRole('radio')).toHaveCount(0);
    await expect(window.getByText('There is nothing for you to do.')).toBeVisible();
    await expect(managed.part('What is set for you')).toContainText('The preset sets all of its values.');
    expect(await violations(window)).toEqual([]);
    await window.getByRole('button', { name: 'See what it does' }).click();
    await expect(new MainPage(window).state).toHaveText('Waiting');
    gallery = { ...gallery, page: window };
    await expect(new MainPage(await reopen(gallery)).state).toHaveText('Waiting');
  });

  test('says of a service of the machine who may pause it', async () => {
    const { app } = gallery;
    await app.evaluate(() => {
      globalThis.gallery.lock({ preset: 'gentle' });
      globalThis.gallery.serve('everyone');
    });
    const page = await reopen(gallery);
    await expect(new WelcomePage(page).heading('Acme Research has set up this computer')).toBeVisible();
    await expect(page.getByText('You may pause it at any time.')).toBeVisible();
    await app.evaluate(() => {
      globalThis.gallery.serve('administrators');
    });
    await expect(page.getByText('You may pause it at any time.')).toHaveCount(0);
    await expect(page.getByText('There is nothing for you to do.')).toBeVisible();
    expect(await violations(page)).toEqual([]);
  });

  test('names the pools that an organization joins', async () => {
    const { app } = gallery;
    await app.evaluate(() => {
      globalThis.gallery.lock({ 'grids.pools': [{ enrolment: '/etc/gleaner/pool.json', share: 100 }] });
    });
    const page = await reopen(gallery);
    const managed = new WelcomePage(page);
    await expect(managed.part('What it works for')).toContainText(
      '1 company pool, which is still to be joined',
    );
    await expect(page.getByText('There is nothing for you to do.')).toBeVisible();
    expect(await violations(page)).toEqual([]);
  });

  test('leads to what an organization permits and has not joined itself', async () => {
    const { app } = gallery;
    await app.evaluate(() => {
      globalThis.gallery.lock({
        preset: 'gentle',
        'grids.permitted': ['https://knot-atlas.example.org/', 'https://grid.acme.example/'],
      });
    });
    const page = await reopen(gallery);
    const managed = new WelcomePage(page);
    await expect(managed.part('What it works for')).toContainText('Acme Research permits:');
    await expect(page.getByText('There is nothing for you to do.')).toHaveCount(0);
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Join https://knot-atlas.example.org/' }).click();
    const join = new JoinPage(page);
    await expect(join.address).toHaveValue('https://knot-atlas.example.org/');
    await join.lookUp.click();
    await join.agree.click();
    await join.signInByKey('0123456789abcdef0123456789abcdef');
    await join.goOn.click();
    await expect(managed.part('What it works for')).toContainText('Knot Atlas');
  });
});
