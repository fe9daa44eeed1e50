import { expect, type Locator } from '@playwright/test';
import { ActivityPage } from './support/activity-page.ts';
import { type GalleryRun, openGallery, test } from './support/gallery.ts';
import { JoinPage } from './support/grid-pages.ts';
import { HealthPage } from './support/health-pages.ts';
import { sendTo, speaks } from './support/language.ts';
import { PreferencesPage } from './support/pages.ts';

const longTitle = 'Sweep over the parameters of a rather long and windy model, second try';

/** Where an element's words are cut, and on which side of its box they begin. */
async function cut(words: Locator): Promise<{
  readonly isCut: boolean;
  readonly direction: string;
  /** Between the far sides of words and cell, in px: 0 where they begin where the cell does. */
  readonly gap: number;
}> {
  return await words.evaluate((element) => {
    const cell = element.closest('.long-cell');
    if (!cell) throw new Error('it is in no cell');
    return {
      isCut: element.scrollWidth > element.clientWidth + 1,
      direction: getComputedStyle(element).direction,
      gap: Math.abs(cell.getBoundingClientRect().right - element.getBoundingClientRect().right),
    };
  });
}

/** What the page shows of an element, from left to right: its first and its last letters' middles, in px. */
async function ends(words: Locator): Promise<readonly [first: number, last: number]> {
  return await words.evaluate((element): [number, number] => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    const texts: Text[] = [];
    while (walker.nextNode()) texts.push(walker.currentNode as Text);
    const middle = (node: Text | undefined, at: number): number => {
      if (!node) throw new Error('it has no words');
      const range = document.createRange();
      range.setStart(node, at);
      range.setEnd(node, at + 1);
      const { left, right } = range.getBoundingClientRect();
      return (left + right) / 2;
    };
    const last = texts.at(-1);
    return [middle(texts[0], 0), middle(last, (last?.length ?? 1) - 1)];
  });
}

test.describe('from right to left', () => {
  let gallery: GalleryRun;
  test.beforeEach(async () => {
    gallery = await openGallery({ state: 'volunteer' });
    await gallery.show('volunteer', 'Working');
  });
  test.afterEach(() => gallery.close());

  const arabic = async (): Promise<void> => {
    await speaks(gallery, 'ar');
    await expect(gallery.page.locator('html')).toHaveAttribute('dir', 'rtl');
  };

  test('a long Latin title is cut at its end, and begins where its column does', async () => {
    const activity = new ActivityPage(gallery.page);
    await activity.open();
    await arabic();
    const title = gallery.page.getByRole('rowheader').getByText(longTitle);
    await expect(title).toBeVisible();
    const { isCut, direction, gap } = await cut(title);
    expect(isCut).toBe(true);
    expect(direction).toBe('ltr');
    expect(gap).toBeLessThan(1);
    const short = await cut(gallery.page.getByRole('rowheader').getByText('Option book, part 3 of 10'));
    expect(short).toMatchObject({ isCut: false, direction: 'ltr' });
    expect(short.gap).toBeLessThan(1);
  });

  test('an amount stands right of its unit', async () => {
    await arabic();
    const [first, last] = await ends(gallery.page.getByRole('definition').getByText('15 نقطة').first());
    expect(first).toBeGreaterThan(last);
  });

  test('an address runs from the left in its field, and ends at the right', async () => {
    await new JoinPage(gallery.page).open();
    await arabic();
    const field = gallery.page.locator('input[type="url"]');
    await field.fill('https://grid.example/');
    await expect(field).toHaveCSS('unicode-bidi', 'plaintext');
    await expect(field).toHaveCSS('text-align', 'right');
  });

  test('what a project says of itself ends with its full stop', async () => {
    await new JoinPage(gallery.page).open();
    await arabic();
    const [first, last] = await ends(gallery.page.getByText('Sorts knots by their invariants.'));
    expect(first).toBeLessThan(last);
    const day = gallery.page.getByText('1 مارس 2025').first();
    await expect(day).toBeVisible();
    const [word, year] = await day.evaluate((element) => {
      const text = element.firstChild;
      if (!(text instanceof Text)) throw new Error('it has no words');
      return ['مارس', '2025'].map((part) => {
        const range = document.createRange();
        const at = text.data.indexOf(part);
        range.setStart(text, at);
        range.setEnd(text, at + part.length);
        return range.getBoundingClientRect().left;
      });
    });
    expect(year).toBeLessThan(word ?? 0);
  });

  test('the lines of the log stand at the left, one under the other', async () => {
    const health = new HealthPage(gallery.page);
    await health.open();
    await health.showLog();
    await arabic();
    await expect(gallery.page.locator('pre')).toHaveCSS('text-align', 'left');
  });

  test('what opens a list points down', async () => {
    const activity = new ActivityPage(gallery.page);
    await activity.open();
    await arabic();
    const mark = gallery.page.locator('.pick-mark').first();
    await expect(mark).toHaveCSS('border-right-width', '2px');
    await expect(mark).toHaveCSS('border-bottom-width', '2px');
    await expect(mark).toHaveCSS('border-left-width', '0px');
  });

  test('the hours below the day keep apart, also in a narrow window', async () => {
    const activity = new ActivityPage(gallery.page);
    await activity.open();
    await gallery.narrow();
    await arabic();
    const boxes = await gallery.page.locator('.day-marks span').evaluateAll((marks) =>
      marks
        .map((mark) => mark.getBoundingClientRect())
        .filter(({ width }) => width > 0)
        .map(({ left, right }) => [left, right] as const),
    );
    expect(boxes.length).toBeGreaterThan(3);
    for (const [index, [left]] of boxes.entries()) {
      const next = boxes[index + 1];
      if (next) expect(left - next[1]).toBeGreaterThan(4);
    }
  });
});

test.describe('in another language', () => {
  let gallery: GalleryRun;
  test.beforeEach(async () => {
    gallery = await openGallery({ state: 'volunteer' });
    await gallery.show('volunteer', 'Working');
  });
  test.afterEach(() => gallery.close());

  test('the day keeps what is open and chosen when the language changes', async () => {
    const { page } = gallery;
    const activity = new ActivityPage(page);
    await activity.open();
    await activity.dayBefore.click();
    await page.getByRole('button', { name: 'Hour by hour' }).click();
    await activity.line.focus();
    await page.keyboard.press('End');
    const t = await speaks(gallery, 'de');
    await expect(page.getByRole('table', { name: t('activity:timeline.hours') })).toBeVisible();
    await expect(page.locator('.day-piece[data-chosen="true"]')).toHaveCount(1);
    await expect(page.getByRole('slider')).toHaveAttribute(
      'aria-valuetext',
      new RegExp(t('activity:timeline.state.off')),
    );
  });

  test('this computer is called by its name in the language, wherever grids are listed', async () => {
    const t = await speaks(gallery, 'de');
    for (const page of ['activity', 'grids'] as const) {
      await sendTo(gallery, { page });
      await expect(gallery.page.getByRole('listitem').getByText(t('grids:local')).first()).toBeVisible();
      await expect(gallery.page.getByText('This computer')).toHaveCount(0);
    }
  });

  test('no field cuts what it says while it is empty', async () => {
    const preferences = new PreferencesPage(gallery.page);
    await preferences.open();
    await preferences.showAll();
    for (const language of ['de', 'fr', 'es', 'ja', 'ar'] as const) {
      await speaks(gallery, language);
      await expect(gallery.page.locator('html')).toHaveAttribute('lang', language);
      const cutOff = await gallery.page.locator('input[placeholder]').evaluateAll((fields) =>
        fields
          .filter((field): field is HTMLInputElement => field instanceof HTMLInputElement)
          .filter((field) => {
            const style = getComputedStyle(field);
            const brush = document.createElement('canvas').getContext('2d');
            if (!brush) return true;
            brush.font = style.font;
            const room = field.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
            return brush.measureText(field.placeholder).width > room;
          })
          .map(({ placeholder }) => placeholder),
      );
      expect(cutOff, language).toEqual([]);
    }
  });

  test('the days of an exact time stand as the week does', async () => {
    const { page } = gallery;
    const preferences = new PreferencesPage(page);
    await preferences.open();
    await preferences.show('When', 'Exact times');
    await page.getByRole('button', { name: 'Add a time' }).click();
    await speaks(gallery, 'ar');
    await expect(page.locator('html')).toHaveAttribute('dir', 'rtl');
    const days = await page.locator('.week tbody th span[aria-hidden]').allTextContents();
    expect(days).toHaveLength(7);
    await expect(page.locator('.weekday span')).toHaveText(days);
  });

  test('names of two lines leave the values beside them in line', async () => {
    const t = await speaks(gallery, 'de');
    await sendTo(gallery, { page: 'grids' });
    await expect(gallery.page).toHaveTitle(t('common:title', { page: t('common:tab.grids') }));
    const facts = gallery.page.locator('.facts').first();
    await expect(facts).toBeVisible();
    const tops = await facts
      .locator('dd')
      .evaluateAll((values) => values.map((value) => value.getBoundingClientRect().top));
    const rows = new Set(tops.map(Math.round));
    const columns = await facts.evaluate(
      (grid) => getComputedStyle(grid).gridTemplateColumns.split(' ').length,
    );
    expect(rows.size).toBe(Math.ceil(tops.length / columns));
  });
});
