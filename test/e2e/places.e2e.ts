import { expect } from '@playwright/test';
import type { Place } from '../../electron/contract/place.ts';
import { type GalleryRun, openGallery, test } from './support/gallery.ts';
import { sendTo } from './support/language.ts';
import { nextWindow } from './support/launch.ts';
import { MainPage, tabs } from './support/pages.ts';

test.describe('the window’s places', () => {
  let gallery: GalleryRun;
  let main: MainPage;
  test.beforeEach(async () => {
    gallery = await openGallery({});
    main = new MainPage(gallery.page);
  });
  test.afterEach(() => gallery.close());

  const asked = (): Promise<string[]> =>
    gallery.app.evaluate(() => globalThis.gallery.host.asked.map(({ name }) => name));

  test('goes from page to page by keyboard, and begins each at its heading', async () => {
    const heading = gallery.page.getByRole('heading', { level: 1 });
    await gallery.show('working', 'Working');
    await expect(heading).not.toBeFocused();
    await expect(gallery.page).toHaveTitle('Home · Gleaner');
    for (const name of tabs.slice(1)) {
      await main.tab(name).focus();
      await gallery.page.keyboard.press('Enter');
      await expect(main.tab(name)).toHaveAttribute('aria-current', 'page');
      // A page that has to ask first has no heading yet.
      await expect
        .poll(() => gallery.page.evaluate(() => document.activeElement?.tagName))
        .toMatch(/^(H1|MAIN)$/);
      await expect(gallery.page).toHaveTitle(`${name} · Gleaner`);
    }
  });

  test('goes where the shell sends it: a grid opened, an address filled in and nothing looked up', async () => {
    await gallery.show('volunteer', 'Working');
    const complaints: string[] = [];
    gallery.page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    const send = (place: Place): Promise<void> => sendTo(gallery, place);
    await send({ page: 'grids', open: 'boinc-loom' });
    const loom = main.card('Protein Loom');
    await expect(loom.getByRole('group', { name: 'About the project' })).toBeVisible();
    await expect(loom.getByRole('heading', { name: 'Protein Loom' })).toBeFocused();
    // The same place once more: opened anew, whatever became of it meanwhile.
    await loom.getByRole('button', { name: 'Details of Protein Loom' }).click();
    await expect(loom.getByRole('group', { name: 'About the project' })).toHaveCount(0);
    await send({ page: 'grids', open: 'boinc-loom' });
    await expect(loom.getByRole('group', { name: 'About the project' })).toBeVisible();

    const url = 'https://meadow.example/';
    await send({ page: 'join', url });
    await expect(gallery.page.getByRole('textbox', { name: 'Address' })).toHaveValue(url);
    await expect(gallery.page.getByRole('textbox', { name: 'Address' })).toBeInViewport();
    expect(await asked()).not.toContain('grids.lookup');
    await expect(main.card('A link asks to join this address')).toBeVisible();

    // A link that leads nowhere is said, where the window is.
    const refused = gallery.page.getByText('leads nowhere in Gleaner');
    await gallery.app.evaluate(() => {
      globalThis.gallery.shell.openLink('gleaner://join/file%3A%2F%2F%2Fetc%2Fpasswd');
    });
    await expect(refused).toBeVisible();
    await expect(gallery.page.getByRole('textbox', { name: 'Address' })).toHaveValue(url);
    await gallery.page.getByRole('button', { name: 'Dismiss' }).click();
    await expect(refused).toHaveCount(0);

    // Not even a try at what the page's policy forbids.
    expect(complaints).toEqual([]);

    const closed = gallery.page.waitForEvent('close');
    await gallery.app.evaluate(({ BrowserWindow }) => {
      BrowserWindow.getAllWindows()[0]?.close();
    });
    await closed;
    const opened = nextWindow(gallery.app);
    await gallery.app.evaluate(() =>
      globalThis.gallery.shell.showUp('gleaner://join/https%3A%2F%2Forchard.example%2F'),
    );
    await expect((await opened).getByRole('textbox', { name: 'Address' })).toHaveValue(
      'https://orchard.example/',
    );
    expect(await asked()).not.toContain('grids.lookup');
  });
});
