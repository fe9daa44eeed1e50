import { expect, type Locator } from '@playwright/test';
import type { ScheduleWindow } from '../../electron/contract/settings.ts';
import { type GalleryRun, openGallery, test } from './support/gallery.ts';
import { PreferencesPage } from './support/pages.ts';

test.describe('the schedule', () => {
  let gallery: GalleryRun;
  let preferences: PreferencesPage;
  test.beforeEach(async () => {
    gallery = await openGallery({});
    preferences = new PreferencesPage(gallery.page);
    await preferences.open();
    await preferences.show('When');
  });
  test.afterEach(() => gallery.close());

  const hour = (day: string, time: string): Locator =>
    gallery.page.getByRole('gridcell', { name: `${day} ${time}:` });
  const says = (words: string) =>
    expect(preferences.group('When').getByRole('paragraph').first()).toHaveText(words);
  /** Every schedule that the host was asked for. */
  const asked = (): Promise<unknown[]> =>
    gallery.app.evaluate(() =>
      globalThis.gallery.host.asked
        .filter(({ name }) => name === 'settings.set')
        .map(({ input }): unknown => (input as { value: unknown }).value),
    );
  const begin = async (windows: ScheduleWindow[]): Promise<void> => {
    await gallery.app.evaluate((_electron, given) => {
      const { host } = globalThis.gallery;
      host.settings.layers.user = { 'schedule.windows': given };
      host.emitSettings();
    }, windows);
    await expect(gallery.page.locator('[data-state="off"][role="gridcell"]').first()).toBeVisible();
  };
  const drag = async (from: Locator, to: Locator): Promise<void> => {
    const { mouse } = gallery.page;
    await from.hover();
    await mouse.down();
    await to.hover();
    await mouse.up();
  };

  test('is at any time at first, and is painted by mouse, a rectangle at a time', async () => {
    await says('At any time');
    await expect(hour('Monday', '12:00')).toHaveAccessibleName('Monday 12:00: allowed');
    await drag(hour('Monday', '08:00'), hour('Friday', '17:00'));
    await says('Always, but Mo–Fr 08:00–18:00');
  });

  test('keeps the minutes of what is not painted, and joins equal hours of several days', async () => {
    await begin([{ days: ['mon', 'tue'], from: '21:30', to: '05:45' }]);
    await expect(hour('Monday', '21:00')).toHaveAccessibleName('Monday 21:00: partly allowed');
    await drag(hour('Saturday', '10:00'), hour('Saturday', '12:00'));
    await drag(hour('Wednesday', '10:00'), hour('Wednesday', '12:00'));
    await says('Mo Tu 21:30–05:45; We Sa 10:00–13:00');
    await preferences.undo.click();
    await says('Mo Tu 21:30–05:45; Sa 10:00–13:00');
    await expect(hour('Wednesday', '10:00')).toHaveAccessibleName('Wednesday 10:00: not allowed');
  });

  test('stays where it is while it is painted, and is covered by nothing', async () => {
    const legend = gallery.page.getByText('part of the hour');
    const last = hour('Sunday', '12:00');
    await legend.scrollIntoViewIfNeeded();
    const before = [await last.boundingBox(), await legend.boundingBox()];
    await drag(hour('Monday', '08:00'), hour('Friday', '17:00'));
    await expect(preferences.undo).toBeVisible();
    await drag(hour('Sunday', '10:00'), last);
    await says('Always, but Mo–Fr 08:00–18:00; Su 10:00–13:00');
    expect([await last.boundingBox(), await legend.boundingBox()]).toEqual(before);
    const bar = await preferences.lastChange.boundingBox();
    const foot = await legend.boundingBox();
    expect((foot?.y ?? 0) + (foot?.height ?? 0)).toBeLessThanOrEqual(bar?.y ?? 0);
  });

  test('takes a stroke that ends outside, and gives one up for Escape', async () => {
    await begin([{ days: ['mon'], from: '08:00', to: '09:00' }]);
    const { mouse, keyboard } = gallery.page;
    await hour('Tuesday', '08:00').hover();
    await mouse.down();
    await hour('Tuesday', '10:00').hover();
    await expect(hour('Tuesday', '09:00')).toHaveAccessibleName(/: allowed$/);
    await keyboard.press('Escape');
    await mouse.up();
    await says('Mo 08:00–09:00');
    await hour('Tuesday', '08:00').hover();
    await mouse.down();
    await hour('Tuesday', '10:00').hover();
    await preferences.group('What stops it').hover();
    await mouse.up();
    await says('Mo 08:00–09:00; Tu 08:00–11:00');
  });

  test('is painted by keyboard alone', async () => {
    await begin([{ days: ['mon'], from: '08:00', to: '09:00' }]);
    const { keyboard } = gallery.page;
    await hour('Monday', '08:00').focus();
    await keyboard.press('ArrowRight');
    await expect(hour('Monday', '09:00')).toBeFocused();
    await keyboard.press('Space');
    await says('Mo 08:00–10:00');
    await keyboard.press('Shift+ArrowRight');
    await keyboard.press('Shift+ArrowRight');
    await keyboard.press('Shift+ArrowDown');
    await says('Mo 08:00–12:00; Tu 11:00–12:00');
    await expect(hour('Tuesday', '11:00')).toBeFocused();
    await keyboard.press('Enter');
    await says('Mo 08:00–12:00');
    await keyboard.press('ControlOrMeta+z');
    await says('Mo 08:00–12:00; Tu 11:00–12:00');
  });

  test('asks for nothing that is so already, and refuses to lose its last hour', async () => {
    await begin([{ days: ['mon'], from: '08:00', to: '09:00' }]);
    const { keyboard } = gallery.page;
    // Off over what is off.
    await hour('Tuesday', '08:00').focus();
    await keyboard.press('Shift+ArrowRight');
    await hour('Monday', '08:00').focus();
    await keyboard.press('Space');
    await expect(preferences.row('Times of the week').getByRole('alert')).toHaveText(
      'One hour has to be left: without any, the schedule would mean “at any time”. ' +
        'To stop altogether, turn off “Contribute” under “How much”.',
    );
    await says('Mo 08:00–09:00');
    expect(await asked()).toEqual([]);
    await gallery.page.getByRole('button', { name: 'At any time' }).click();
    await says('At any time');
    await expect(preferences.row('Times of the week').getByRole('alert')).toHaveCount(0);
  });

  test('is written to the minute behind the week', async () => {
    await preferences.show('Exact times');
    await gallery.page.getByRole('button', { name: 'Add a time' }).click();
    const window = gallery.page.getByRole('group', { name: 'Time 1' });
    await window.getByRole('checkbox', { name: 'Saturday' }).check();
    await window.getByLabel('From').fill('21:30');
    await window.getByLabel('From').blur();
    await expect(preferences.lastChange).toContainText('→ Mo–Sa 21:30–06:00.');
    await expect(hour('Saturday', '21:00')).toHaveAccessibleName('Saturday 21:00: partly allowed');
    expect((await asked()).at(-1)).toEqual([
      { days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat'], from: '21:30', to: '06:00' },
    ]);
    await window.getByRole('button', { name: 'Remove time 1' }).click();
    await says('At any time');
  });
});
