import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from '@playwright/test';
import { ActivityPage } from './support/activity-page.ts';
import { violations } from './support/axe.ts';
import { type GalleryRun, openGallery, overflow, test } from './support/gallery.ts';
import { MainPage } from './support/pages.ts';
import { scrollThrough } from './support/tasks.ts';

for (const dark of [false, true]) {
  test.describe(`what ran, ${dark ? 'dark' : 'light'}`, () => {
    let gallery: GalleryRun;
    let activity: ActivityPage;
    test.beforeAll(async () => {
      gallery = await openGallery({ dark, state: 'volunteer' });
      activity = new ActivityPage(gallery.page);
      await gallery.show('volunteer', 'Working');
      await activity.open();
    });
    test.afterAll(() => gallery.close());

    test('is accessible: the day, its hours, what is ahead, the record', async () => {
      await activity.dayBefore.click();
      await expect(activity.line).toBeVisible();
      await gallery.page.getByRole('button', { name: 'Hour by hour' }).click();
      await expect(gallery.page.getByRole('table', { name: 'Hour by hour' })).toBeVisible();
      await expect(activity.row('sieve_40961_12_0')).toBeVisible();
      expect(await violations(gallery.page)).toEqual([]);
    });

    test('is accessible while it is narrowed down', async () => {
      await gallery.page.getByRole('button', { name: /When$/ }).click();
      await expect(gallery.page.getByRole('listbox')).toBeVisible();
      expect(await violations(gallery.page)).toEqual([]);
      await gallery.page.getByRole('option', { name: 'Between two days' }).click();
      await expect(gallery.page.getByLabel('Until')).toBeVisible();
      expect(await violations(gallery.page)).toEqual([]);
      await activity.choose('When', 'Any time');
    });

    for (const title of ['Sweep over', 'sieve_40961_12_0', 'Credit, as', 'Use of the network']) {
      test(`is accessible in the whole record of “${title}”`, async () => {
        await activity.row(title).first().click();
        await expect(activity.record).toBeVisible();
        expect(await violations(gallery.page)).toEqual([]);
        await activity.close.click();
        await expect(activity.record).toHaveCount(0);
      });
    }

    test('is accessible while nothing ran', async () => {
      await gallery.show('empty', 'Activity');
      await expect(gallery.page.getByRole('button', { name: 'Run the sample project' })).toBeVisible();
      expect(await violations(gallery.page)).toEqual([]);
    });
  });
}

test.describe('what ran', () => {
  let gallery: GalleryRun;
  let activity: ActivityPage;
  test.beforeEach(async () => {
    gallery = await openGallery({ state: 'volunteer' });
    activity = new ActivityPage(gallery.page);
    await gallery.show('volunteer', 'Working');
    await activity.open();
  });
  test.afterEach(() => gallery.close());

  const book = (title: string): Promise<void> =>
    gallery.app.evaluate((_electron, wanted) => {
      const { host } = globalThis.gallery;
      const last = host.entries.at(-1);
      if (!last) throw new Error('nothing was booked yet');
      const entry = { ...last, seq: last.seq + 1, personal: { title: wanted, owner: 'me' } };
      host.entries = [...host.entries, entry];
      const { today } = host.snapshot;
      host.emit({ ...host.snapshot, today: { ...today, jobsDone: today.jobsDone + 1 } });
    }, title);

  test('on a day is told piece by piece, by keyboard, and as a table', async () => {
    await activity.dayBefore.click();
    await expect(activity.day).toContainText(/Worked.*Given back.*Paused.*Waiting.*Needs attention.*Off/);
    await activity.line.focus();
    await gallery.page.keyboard.press('ArrowRight');
    await expect(activity.line).toHaveAttribute('aria-valuetext', '00:00–01:30 (1 h 30 min) · Off');
    for (let piece = 0; piece < 5; piece += 1) await gallery.page.keyboard.press('ArrowRight');
    const given = '08:00–09:15 (1 h 15 min) · Given back · your input · This computer';
    await expect(activity.line).toHaveAttribute('aria-valuetext', given);
    await expect(activity.day.getByText(given)).toBeVisible();
    await gallery.page.keyboard.press('ArrowRight');
    await expect(activity.line).toHaveAttribute(
      'aria-valuetext',
      '09:15–10:30 (1 h 15 min) · Worked · limited: other programs · Prime Orchard',
    );
    await gallery.page.keyboard.press('End');
    await expect(activity.line).toHaveAttribute('aria-valuetext', /^23:48–00:00 \(12 min\) · Off$/);
    await gallery.page.keyboard.press('Home');
    await expect(activity.line).toHaveAttribute('aria-valuetext', /^00:00/);
    await gallery.page.getByRole('button', { name: 'Hour by hour' }).click();
    const hours = gallery.page.getByRole('table', { name: 'Hour by hour' });
    await expect(hours.getByRole('row')).toHaveCount(25);
    await expect(hours.getByRole('row').filter({ hasText: '11:00–12:00' })).toContainText('15 min45 min');
  });

  test('is told day by day, from where the record begins until today', async () => {
    await expect(activity.dayAfter).toBeDisabled();
    await expect(activity.today).toBeDisabled();
    for (let day = 0; day < 3; day += 1) await activity.dayBefore.click();
    await expect(activity.dayBefore).toBeDisabled();
    await expect(activity.day).toContainText('Not recorded 10 h 0 min');
    await activity.dayAfter.click();
    await expect(activity.day).not.toContainText('Not recorded');
    await activity.today.click();
    await expect(activity.dayAfter).toBeDisabled();
  });

  test('is narrowed down by grid, kind, outcome, time and words', async () => {
    await expect(activity.count).toHaveText('10 entries');
    await activity.choose('Kind', 'Credit');
    await expect(activity.count).toHaveText('2 entries');
    // Only jobs have an outcome.
    await activity.choose('Outcome', 'Failed');
    await expect(activity.count).toHaveText('1 entry');
    await expect(activity.row('Sweep over')).toContainText('The job needed more memory than it may use.');
    await activity.choose('Outcome', 'Any outcome');
    await activity.choose('Kind', 'All kinds');
    await activity.choose('Grid', 'Prime Orchard');
    await expect(activity.count).toHaveText('4 entries');
    await activity.choose('Grid', 'All grids');
    await activity.choose('When', 'Last 365 days');
    await expect(activity.count).toHaveText('9 entries');
    await activity.search.fill('ORCHARD.example');
    await expect(activity.count).toHaveText('1 entry');
    await expect(activity.row('Use of the network')).toContainText('2 contacts refused');
    await activity.search.fill('nothing like it');
    await expect(gallery.page.getByText('No entry fits.')).toBeVisible();
    await gallery.page.getByRole('button', { name: 'Clear the search' }).click();
    await expect(activity.count).toHaveText('9 entries');
  });

  test('is opened and left by keyboard', async () => {
    await activity.table.focus();
    await gallery.page.keyboard.press('End');
    await expect(activity.current).toContainText('A long night');
    await gallery.page.keyboard.press('Home');
    for (let row = 0; row < 3; row += 1) await gallery.page.keyboard.press('ArrowDown');
    await expect(activity.current).toContainText('Sweep over');
    await gallery.page.keyboard.press('Enter');
    await expect(activity.record).toBeVisible();
    await expect(activity.close).toBeFocused();
    for (const told of [
      'Ownerme',
      'GridThis computer',
      'The job needed more memory than it may use.',
      'Most memory256 MiB',
      'Energy1.31 Wh',
      '(RAPL)',
      `Imagesha256:${'ab'.repeat(32)}`,
      'data.example.com:44312 KiB6.5 MiB',
      'Number7',
      `Hash${'c'.repeat(64)}`,
    ]) {
      await expect(activity.record).toContainText(told);
    }
    await gallery.page.keyboard.press('Escape');
    await expect(activity.record).toHaveCount(0);
    await expect(activity.table).toBeFocused();
    await gallery.page.keyboard.press('ArrowUp');
    await expect(activity.current).toContainText('Option book, part 1');
  });

  test('tells what came since, and takes it in when it is asked to', async () => {
    await book('Late arrival');
    await expect(activity.newer).toHaveText('1 newer entry');
    await expect(activity.row('Late arrival')).toHaveCount(0);
    await activity.newer.press('Enter');
    await expect(activity.row('Late arrival')).toBeVisible();
    await expect(activity.newer).toHaveCount(0);
    await expect(activity.table).toBeFocused();
    await expect(activity.count).toHaveText('11 entries');
  });

  test('shows what runs and waits, and all of it on demand', async () => {
    const main = new MainPage(gallery.page);
    await expect(main.job('sieve_40961_17_0')).toContainText('Running 61 %');
    await expect(gallery.page.getByText('5 of 12 jobs.')).toBeVisible();
    await gallery.app.evaluate(() => {
      const { host } = globalThis.gallery;
      const [job] = host.jobs;
      if (job) host.jobs = [{ ...job, id: 'job-7', title: 'The seventh part', state: 'queued' }];
    });
    await gallery.page.getByRole('button', { name: 'Show all' }).click();
    await expect(main.job('The seventh part')).toContainText('Queued');
    await expect(main.job('sieve_40961_17_0')).toContainText('Running 61 %');
  });

  test('says why the record cannot be read, and tries again', async () => {
    await gallery.app.evaluate(() => {
      const failure = Object.assign(new Error('the disk is full'), { code: 'ENOSPC' });
      globalThis.gallery.host.failures.set('activity.page', failure);
    });
    await activity.choose('Kind', 'Jobs');
    await expect(gallery.page.getByRole('alert')).toContainText('The disk is full.');
    await gallery.app.evaluate(() => {
      globalThis.gallery.host.failures.clear();
    });
    await gallery.page.getByRole('button', { name: 'Try again' }).click();
    await expect(activity.count).toHaveText('7 entries');
    await expect(gallery.page.getByRole('alert')).toHaveCount(0);
  });

  test('saves what a finished job of this computer wrote, and of no other', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'gl-save-'));
    const save = activity.record.getByRole('button', { name: 'Save its result' });
    try {
      await gallery.app.evaluate(
        ({ dialog }, filePath) => {
          dialog.showSaveDialog = () => Promise.resolve({ canceled: false, filePath });
        },
        path.join(folder, 'mine.tar'),
      );
      await activity.row('Sweep over').click();
      await expect(activity.record).toBeVisible();
      await expect(save).toHaveCount(0);
      await activity.close.click();
      await activity.row('Option book, part 1 of 10').click();
      await save.click();
      await expect(activity.record.getByRole('status')).toHaveText('Saved as mine.tar.');
      expect(await violations(gallery.page)).toEqual([]);
      expect(readFileSync(path.join(folder, 'mine.tar'), 'utf8')).toBe('some bytes');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('saves what fits the filter, as CSV or JSON, or nothing', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'gl-save-'));
    const filePath = path.join(folder, 'activity.json');
    const answer = (chosen: string | null): Promise<void> =>
      gallery.app.evaluate(({ dialog }, to) => {
        dialog.showSaveDialog = () => Promise.resolve({ canceled: to === null, filePath: to ?? '' });
      }, chosen);
    const saved = gallery.page.getByRole('status').filter({ hasText: 'Saved as activity.json.' });
    try {
      await activity.choose('Kind', 'Credit');
      await answer(null);
      await gallery.page.getByRole('button', { name: 'Save as CSV' }).click();
      await expect(gallery.page.getByRole('button', { name: 'Save as CSV' })).toBeEnabled();
      await expect(saved).toHaveCount(0);
      await answer(filePath);
      await gallery.page.getByRole('button', { name: 'Save as JSON' }).click();
      await expect(saved).toBeVisible();
      expect(readFileSync(filePath, 'utf8')).toBe('some bytes');
      const asked = await gallery.app.evaluate(() =>
        globalThis.gallery.host.asked.filter(({ name }) => name === 'activity.export'),
      );
      expect(asked.map(({ input }) => input)).toEqual([{ kind: 'credit', format: 'json' }]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('shows words of others as words', async () => {
    const title = '<img src=x onerror=alert(1)>\u202e';
    await book(title);
    await activity.newer.click();
    await activity.row('<img').click();
    await expect(activity.record.getByRole('heading', { level: 2 })).toHaveText(title);
    expect(await gallery.page.locator('img').count()).toBe(0);
  });

  test('fits a narrow window and large letters', async () => {
    await gallery.narrow();
    expect(await overflow(gallery.page)).toBe(0);
    await expect(activity.row('Sweep over')).toContainText('Failed');
    expect(await violations(gallery.page)).toEqual([]);
    await activity.row('Sweep over').click();
    expect(await violations(gallery.page)).toEqual([]);
    const wider = (selector: string): Promise<number> =>
      gallery.page.evaluate((one) => {
        const element = document.querySelector(one);
        return element === null ? -1 : element.scrollWidth - element.clientWidth;
      }, selector);
    expect(await wider('dialog')).toBe(0);
    await activity.close.click();
    await gallery.page.evaluate(() => {
      document.documentElement.style.fontSize = '200%';
    });
    expect(await wider('.activity')).toBe(0);
    expect(await wider('.long')).toBe(0);
    await activity.dayBefore.click();
    await gallery.page.getByRole('button', { name: 'Hour by hour' }).click();
    await expect(gallery.page.getByRole('table', { name: 'Hour by hour' })).toBeVisible();
    expect(await overflow(gallery.page)).toBe(0);
  });
});

test.describe('a record of 100,000 entries', () => {
  let gallery: GalleryRun;
  let activity: ActivityPage;
  test.beforeAll(async () => {
    gallery = await openGallery({ state: 'volunteer' });
    activity = new ActivityPage(gallery.page);
    await gallery.app.evaluate(() => {
      globalThis.gallery.fill(100_000);
      globalThis.gallery.host.asked.length = 0;
    });
    await activity.open();
    await expect(activity.count).toHaveText('100,000 entries');
  });
  test.afterAll(() => gallery.close());

  test('fills the window when the page is scrolled to it', async () => {
    const { page } = gallery;
    await page.evaluate(() => {
      window.scrollTo(0, document.documentElement.scrollHeight);
    });
    const seen = await activity.table.boundingBox();
    const filter = await activity.search.boundingBox();
    const [height, top] = await page.evaluate((): [number, number] => [
      window.innerHeight,
      document.querySelector('header')?.getBoundingClientRect().bottom ?? 0,
    ]);
    expect(filter?.y).toBeGreaterThan(top);
    expect(seen?.height).toBeGreaterThan(0.5 * height);
    const end = (seen?.y ?? 0) + (seen?.height ?? 0);
    expect(end).toBeLessThanOrEqual(height);
    expect(end).toBeGreaterThan(height - 40);
  });

  test('is there to its last row, and only what is in sight of it', async () => {
    await activity.table.focus();
    await gallery.page.keyboard.press('End');
    await expect(activity.current).toHaveAttribute('aria-rowindex', '100001');
    await expect(activity.current).toContainText('(1)');
    await gallery.page.keyboard.press('PageUp');
    await expect(activity.current).toContainText(/\(\d+\)/);
    expect(await activity.table.getByRole('row').count()).toBeLessThan(60);
    await gallery.page.keyboard.press('Home');
    await expect(activity.current).toContainText('(100000)');
    const pages = await gallery.app.evaluate(() =>
      globalThis.gallery.host.asked.filter(({ name }) => name === 'activity.page'),
    );
    expect(pages.length).toBeLessThanOrEqual(6);
  });

  test('is scrolled through, and rests where it was left', async () => {
    await gallery.page.evaluate(scrollThrough);
    // It rests where it was left, with the rows of that place.
    await expect(activity.table.getByText('One moment …')).toHaveCount(0);
    await expect(activity.table.getByRole('row').nth(5)).toContainText(/\(\d+\)/);
  });
});
