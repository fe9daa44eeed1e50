// `npm run screenshots [-- FOLDER]`: pictures of the window, from the real page and shell over made-up Snapshots.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { pictureEarnings } from './earnings-pictures.ts';
import { pictureGrids, type Take } from './grid-pictures.ts';
import { pictureHealth } from './health-pictures.ts';
import { pictureLanguages } from './language-pictures.ts';
import provideDisplay from './support/display.ts';
import { openGallery } from './support/gallery.ts';
import { checkoutDir } from './support/launch.ts';
import { PreferencesPage } from './support/pages.ts';

const dir = path.resolve(process.argv[2] ?? path.join(checkoutDir, '.cache', 'screenshots'));

const states = [
  ['working', 'Working'],
  ['throttled', 'Working'],
  ['yielding', 'Given back'],
  ['paused', 'Paused'],
  ['manual', 'Paused'],
  ['starting', 'Starting'],
  ['schedule', 'Waiting'],
  ['waiting', 'Waiting'],
  ['attention', 'Needs attention'],
  ['empty', 'Waiting'],
] as const;

/** One picture; `whole`: of all of the page, however long. */
async function shoot(page: Page, name: string, dark: boolean, scale: number, whole = false): Promise<void> {
  if (whole) {
    await page.evaluate(() => {
      window.scrollTo(0, 0);
    });
  }
  await page.screenshot({
    path: path.join(dir, `${name}-${dark ? 'dark' : 'light'}-${scale}x.png`),
    animations: 'disabled',
    fullPage: whole,
  });
}

async function picture(dark: boolean, scale: number): Promise<void> {
  const gallery = await openGallery({ dark, scale });
  const { page } = gallery;
  const take = (name: string): Promise<void> => shoot(page, name, dark, scale);
  const takeAll = (name: string): Promise<void> => shoot(page, name, dark, scale, true);
  try {
    for (const [state, heading] of states) {
      await gallery.show(state, heading);
      await take(`home-${state}`);
    }
    await gallery.show('yielding', 'Given back');
    await page.getByRole('button', { name: 'How fast, in detail' }).click();
    await page.getByRole('table', { name: 'The latest' }).waitFor();
    await takeAll('home-details');
    await gallery.show('empty', 'Waiting');

    await page.getByRole('button', { name: 'Preferences' }).click();
    const preferences = new PreferencesPage(page);
    await preferences.preset('Balanced').waitFor();
    await take('preferences');
    await preferences.showAll();
    await preferences.control('While it is idle').fill('60');
    await preferences.lastChange.waitFor();
    await preferences.show('Show what it sees now', 'Exact times');
    await page.getByRole('button', { name: 'Add a time' }).click();
    await page.getByRole('group', { name: 'Time 1' }).waitFor();
    await page.getByText('Load of other programs').waitFor();
    await takeAll('preferences-all');
    await gallery.app.evaluate(() => {
      globalThis.gallery.lock({
        preset: 'gentle',
        'schedule.windows': [{ days: ['sat', 'sun'], from: '08:00', to: '24:00' }],
      });
    });
    await page.getByText('Set by Acme Research').first().waitFor();
    await takeAll('preferences-locked');
    await gallery.app.evaluate(() => {
      globalThis.gallery.lock({});
    });

    await page.getByRole('button', { name: 'Activity' }).click();
    await page.getByRole('heading', { name: 'What ran here' }).waitFor();
    await take('activity-empty');
    await gallery.show('working', 'What ran here');
    await page.getByText('Option book, part 4 of 10').waitFor();
    await take('activity');
    await gallery.app.evaluate(({ BrowserWindow }) => {
      BrowserWindow.getAllWindows()[0]?.setBounds({ width: 420, height: 900 });
    });
    await page.waitForFunction(() => window.innerWidth < 430);
    await take('activity-narrow');
    await page.getByRole('button', { name: 'Home' }).click();
    await gallery.show('yielding', 'Given back');
    await takeAll('home-narrow');
    await page.getByRole('button', { name: 'Preferences' }).click();
    await preferences.show('How much', 'When');
    await takeAll('preferences-narrow');
  } finally {
    await gallery.close();
  }
}

mkdirSync(dir, { recursive: true });
const closeDisplay = await provideDisplay();
try {
  for (const dark of [false, true]) {
    for (const scale of [1, 2]) {
      await picture(dark, scale);
      const take: Take = (page, name, whole) => shoot(page, name, dark, scale, whole);
      await pictureGrids(dark, scale, take);
      await pictureEarnings(dark, scale, take);
      await pictureHealth(dark, scale, take);
      await pictureLanguages(dark, scale, take);
    }
  }
  process.stdout.write(`${dir}\n`);
} finally {
  await closeDisplay();
}
