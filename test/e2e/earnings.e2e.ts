import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from '@playwright/test';
import { violations } from './support/axe.ts';
import { EarningsPage } from './support/earnings-page.ts';
import { type GalleryRun, openGallery, overflow, test } from './support/gallery.ts';
import { PreferencesPage } from './support/pages.ts';

const orchard = 'Prime Orchard: cobblestones';
const here = 'This computer: points';

let gallery: GalleryRun;
let earnings: EarningsPage;

/** The page over what `state` of the gallery has joined. */
async function begin(dark: boolean): Promise<void> {
  gallery = await openGallery({ dark });
  earnings = new EarningsPage(gallery.page);
  await earnings.open();
  await gallery.show('volunteer', 'Earnings');
  await expect(earnings.bars(orchard)).toBeVisible();
}

for (const dark of [false, true]) {
  test.describe(dark ? 'earnings in dark' : 'earnings in light', () => {
    test.beforeEach(() => begin(dark));
    test.afterEach(() => gallery.close());

    test('are accessible: full, as a table, without a price, and empty', async () => {
      const { app, page } = gallery;
      expect(await violations(page)).toEqual([]);
      await page.getByRole('button', { name: 'Show as a table' }).first().click();
      await earnings.bars(here).focus();
      expect(await violations(page)).toEqual([]);
      await app.evaluate(() => {
        globalThis.gallery.earn('unpriced');
      });
      await earnings.show('Months');
      await expect(earnings.setPrice).toBeVisible();
      expect(await violations(page)).toEqual([]);
      await app.evaluate(() => {
        globalThis.gallery.earn('nothing');
      });
      await earnings.show('Weeks');
      await expect(earnings.nothing).toBeVisible();
      expect(await violations(page)).toEqual([]);
    });
  });
}

test.describe('earnings', () => {
  test.beforeEach(() => begin(false));
  test.afterEach(() => gallery.close());

  /** What the host was asked for last. */
  const lastQuery = () =>
    gallery.app.evaluate(() => {
      const input = globalThis.gallery.host.asked.findLast(({ name }) => name === 'earnings.report')?.input;
      return input as { from: number; to: number; by: string };
    });

  test('are summed by grid and unit, with jobs, CPU time and electricity', async () => {
    await expect(earnings.summary).toContainText('Earned (Prime Orchard)');
    await expect(earnings.summary).toContainText('577.64 cobblestonesobserved');
    await expect(earnings.summary).toContainText('70 pointssettled20 pending');
    await expect(earnings.summary).toContainText('Jobs done283 failed');
    await expect(earnings.summary).toContainText('Observed: read off the project');
    await expect(earnings.electricity).toContainText('0.11 kWh');
    await expect(earnings.electricity).toContainText('€0.03at €0.3245 per kWh');
    await expect(earnings.electricity).toContainText('Estimated from CPU time at 10 W per core');
  });

  test('go by day, week and month, earlier and later, by keyboard', async () => {
    const { page } = gallery;
    await expect(earnings.later).toHaveAttribute('aria-disabled', 'true');
    await earnings.period('Days').focus();
    await page.keyboard.press('ArrowRight');
    await expect(earnings.period('Weeks')).toBeChecked();
    await expect(earnings.table(orchard).getByRole('row')).toHaveCount(1 + 5 + 1);
    await page.keyboard.press('ArrowRight');
    await expect(earnings.table(orchard).getByRole('row')).toHaveCount(1 + 12 + 1);
    await expect(earnings.table(orchard).getByRole('columnheader').first()).toHaveText('Month');
    const newest = await lastQuery();
    const words = await earnings.range.textContent();
    await page.keyboard.press('Tab');
    await expect(earnings.earlier).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(earnings.range).not.toHaveText(words ?? '');
    await expect.poll(async () => (await lastQuery()).to).toBe(newest.from);
    await page.keyboard.press('Tab');
    await expect(earnings.later).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(earnings.range).toHaveText(words ?? '');
    // Nothing is later than now; the focus stays where it is.
    await page.keyboard.press('Enter');
    await expect(earnings.later).toBeFocused();
    await expect(earnings.range).toHaveText(words ?? '');
  });

  test('are drawn with their own style sheet, and marked under the pointer and by arrow keys', async () => {
    const { page } = gallery;
    const bars = earnings.bars(here);
    const told = earnings.card(here).locator('.bar-words');
    expect(await bars.locator('.u-over').evaluate((one) => getComputedStyle(one).position)).toBe('absolute');
    const last = await bars.getAttribute('aria-valuetext');
    expect(last).toMatch(/: 15 points settled, 7\.5 points pending$/);
    await expect(told).toHaveText(last ?? '');
    await bars.focus();
    await page.keyboard.press('ArrowLeft');
    await expect(bars).toHaveAttribute('aria-valuenow', '6');
    await expect(told).toHaveText(/: 5 points settled$/);
    await page.keyboard.press('Home');
    await expect(bars).toHaveAttribute('aria-valuenow', '1');
    await page.keyboard.press('ArrowLeft');
    await expect(bars).toHaveAttribute('aria-valuenow', '1');
    await page.keyboard.press('End');
    await expect(told).toHaveText(last ?? '');
    const picture = await bars.locator('.u-over').boundingBox();
    if (picture === null) throw new Error('the bars are not drawn');
    await page.mouse.move(picture.x + picture.width * 0.37, picture.y + picture.height / 2);
    await expect(bars).toHaveAttribute('aria-valuenow', '3');
    await expect(told).toHaveText(/: nothing$/);
    await page.mouse.move(picture.x, picture.y - 60);
    await expect(bars).toHaveAttribute('aria-valuenow', '7');
  });

  test('are one table, read out at once and shown when it is wanted', async () => {
    const table = earnings.table(here);
    const press = (name: string) => earnings.card(here).getByRole('button', { name }).click();
    const width = async () => (await earnings.tableBox(here).boundingBox())?.width ?? 0;
    await expect(table).toHaveCount(1);
    expect(await width()).toBe(1);
    await expect(table.getByRole('columnheader')).toHaveText(['Day', 'Settled', 'Pending']);
    await expect(table.getByRole('row').last()).toHaveText('Together7020');
    await press('Show as a table');
    await expect.poll(width).toBeGreaterThan(300);
    await expect(table).toHaveCount(1);
    await press('Hide the table');
    await expect.poll(width).toBe(1);
  });

  test('without a price lead to where it is said', async () => {
    await gallery.app.evaluate(() => {
      globalThis.gallery.earn('unpriced');
    });
    await earnings.show('Weeks');
    await expect(earnings.electricity).not.toContainText('Cost');
    await earnings.setPrice.click();
    const preferences = new PreferencesPage(gallery.page);
    await expect(preferences.control('Price of a kilowatt-hour')).toBeVisible();
    await expect(preferences.group('Electricity').getByRole('button', { name: 'Electricity' })).toBeFocused();
  });

  test('that are none say what will be there; a failure says why', async () => {
    await gallery.app.evaluate(() => {
      globalThis.gallery.earn('nothing');
    });
    await earnings.show('Weeks');
    await expect(earnings.nothing).toBeVisible();
    await expect(gallery.page.getByText('What jobs earn on this computer appears here')).toBeVisible();
    await expect(earnings.summary).toHaveCount(0);
    await gallery.app.evaluate(() => {
      const { host } = globalThis.gallery;
      host.failures.set('earnings.report', Object.assign(new Error('full'), { code: 'ENOSPC' }));
    });
    await earnings.show('Months');
    await expect(gallery.page.getByRole('alert')).toContainText('The disk is full.');
  });

  test('are asked for anew when something was booked', async () => {
    const count = () =>
      gallery.app.evaluate(
        () => globalThis.gallery.host.asked.filter(({ name }) => name === 'earnings.report').length,
      );
    const before = await count();
    await gallery.app.evaluate(() => {
      const { host } = globalThis.gallery;
      const { today } = host.snapshot;
      host.emit({ ...host.snapshot, today: { ...today, jobsDone: today.jobsDone + 1 } });
    });
    await expect.poll(count).toBe(before + 1);
  });

  test('are saved as a statement of what is shown', async () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'gl-statement-'));
    try {
      await gallery.app.evaluate(({ dialog }, folder) => {
        dialog.showSaveDialog = (...args: unknown[]) => {
          const { defaultPath = '' } = args.at(-1) as { defaultPath?: string };
          const name = defaultPath.split('/').at(-1) ?? '';
          return Promise.resolve({ canceled: false, filePath: `${folder}/${name}` });
        };
      }, dir);
      await earnings.show('Weeks');
      await expect(earnings.table(here).getByRole('row')).toHaveCount(1 + 5 + 1);
      await gallery.page.getByRole('button', { name: 'Save as CSV' }).click();
      await expect(gallery.page.getByText(/^Saved as gleaner-earnings-.*\.csv\.$/)).toBeVisible();
      const asked = await gallery.app.evaluate(() => globalThis.gallery.host.asked.at(-1));
      expect(asked).toEqual({ name: 'earnings.export', input: { ...(await lastQuery()), format: 'csv' } });
      const day = (at: number): string => new Date(at).toLocaleDateString('sv');
      const { from, to } = await lastQuery();
      const file = path.join(dir, `gleaner-earnings-${day(from)}-to-${day(to - 1)}.csv`);
      expect(readFileSync(file, 'utf8')).toBe('some bytes');
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  test('fit into a narrow window and into text of twice the size, and are drawn anew for it', async () => {
    const { page } = gallery;
    const height = async () =>
      (await earnings.bars(here).locator('canvas').first().boundingBox())?.height ?? 0;
    const before = await height();
    await gallery.narrow();
    await expect.poll(() => overflow(page)).toBe(0);
    await page.evaluate(() => {
      document.documentElement.style.fontSize = '200%';
    });
    await expect.poll(height).toBe(before * 2);
    const parts = page.locator('main > *');
    for (const part of await parts.all()) {
      expect(await part.evaluate((one) => one.scrollWidth - one.clientWidth)).toBeLessThanOrEqual(0);
    }
  });

  test('are drawn anew in other colours when they are seen, and gone when the page is left', async () => {
    const { page } = gallery;
    const pixels = () =>
      earnings
        .bars(here)
        .locator('canvas')
        .first()
        .evaluate((one) => (one as HTMLCanvasElement).toDataURL());
    const light = await pixels();
    await page.emulateMedia({ colorScheme: 'dark' });
    await expect.poll(pixels).not.toBe(light);
    // What changes while nobody can see it is not drawn before somebody can.
    const see = (visibility: 'hidden' | 'visible') =>
      page.evaluate((value) => {
        Object.defineProperty(document, 'visibilityState', { value, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      }, visibility);
    await see('hidden');
    await page.emulateMedia({ colorScheme: 'light' });
    await expect(page.locator('canvas')).toHaveCount(0);
    await see('visible');
    await expect.poll(pixels).toBe(light);
    await page.getByRole('navigation').getByRole('button', { name: 'Activity' }).click();
    await expect(page.locator('canvas')).toHaveCount(0);
  });
});
