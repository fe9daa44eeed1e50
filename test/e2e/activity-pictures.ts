import { ActivityPage } from './support/activity-page.ts';
import { openGallery } from './support/gallery.ts';
import { enlarge, type Take } from './support/take.ts';

/** Pictures of what ran: nothing, a day with its hours, each kind of entry opened, the list narrowed down, and narrow. */
export async function pictureActivity(dark: boolean, scale: number, take: Take): Promise<void> {
  const gallery = await openGallery({ dark, scale, state: 'empty' });
  const { page } = gallery;
  const activity = new ActivityPage(page);
  try {
    await activity.open();
    await take(gallery, 'activity-empty', true);
    await gallery.show('volunteer', 'Activity');
    await activity.row('sieve_40961_12_0').waitFor();
    await take(gallery, 'activity', true);
    await activity.dayBefore.click();
    await page.getByRole('button', { name: 'Hour by hour' }).click();
    await page.getByRole('table', { name: 'Hour by hour' }).waitFor();
    await activity.line.focus();
    await page.keyboard.press('End');
    await take(gallery, 'activity-hours', true);
    await page.getByRole('button', { name: /When$/ }).click();
    await page.getByRole('listbox').waitFor();
    await take(gallery, 'activity-filter');
    await page.getByRole('option', { name: 'Between two days' }).click();
    await page.getByLabel('Until').waitFor();
    await take(gallery, 'activity-between');
    await activity.choose('When', 'Any time');
    await pictureEntries('');
    await enlarge(gallery, 2);
    await take(gallery, 'activity-large', true);
    await enlarge(gallery, 1);
    await gallery.narrow();
    await take(gallery, 'activity-narrow', true);
    await pictureEntries('-narrow');
  } finally {
    await gallery.close();
  }

  async function pictureEntries(suffix: string): Promise<void> {
    for (const [name, title] of [
      ['failed', 'Sweep over'],
      ['task', 'sieve_40961_12_0'],
      ['credit', 'Credit, as'],
      ['network', 'Use of the network'],
    ] as const) {
      await activity.row(title).first().click();
      await activity.record.waitFor();
      await take(gallery, `activity-entry-${name}${suffix}`);
      await activity.close.click();
    }
  }
}
