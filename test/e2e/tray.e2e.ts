import { expect, type Page } from '@playwright/test';
import { placeOfFragment } from '../../electron/contract/place.ts';
import { loadCatalogue } from '../../text/catalogues.ts';
import { languages } from '../../text/languages.ts';
import { FakeTrayWatcher } from '../fakes/fake-tray-watcher.ts';
import { type GalleryRun, openGallery, test } from './support/gallery.ts';
import { nextWindow } from './support/launch.ts';
import { MainPage, PreferencesPage } from './support/pages.ts';

test.describe('the tray', () => {
  let watcher: FakeTrayWatcher;
  let gallery: GalleryRun;

  test.beforeEach(async () => {
    watcher = await FakeTrayWatcher.appear();
    gallery = await openGallery({ alone: true, noTray: true });
  });
  test.afterEach(async () => {
    await gallery.close();
    await watcher.vanish();
  });

  const asked = (): Promise<{ name: string; input: unknown }[]> =>
    gallery.app.evaluate(() => globalThis.gallery.host.asked);

  test('tells the state and takes clicks', async () => {
    const labels = await watcher.labelsWhen((all) => all[0] === 'Working');
    expect(labels).toEqual([
      'Working',
      'Working on “Option book, part 4 of 10”.',
      'Pause',
      'For 30 minutes',
      'For 1 hour',
      'Until tomorrow',
      'Until I resume',
      'Preset: Balanced',
      'Gentle',
      'Balanced',
      'Generous',
      'Today: 1 h 12 min of CPU time, 3 jobs done',
      'Earned today (This computer): 15 points',
      'Gave your computer back in 28 ms',
      'Open Gleaner',
      'Preferences…',
      'Health…',
      'Quit Gleaner',
    ]);
    expect(await watcher.tooltip()).toContain('Gleaner: Working.');
    await watcher.click('Until tomorrow');
    await expect.poll(asked).toContainEqual({ name: 'pause', input: { length: 'tomorrow' } });

    await gallery.show('paused', 'Paused');
    await watcher.labelsWhen((all) => all[2] === 'Goes on in 28 min' && all[3] === 'Resume');
    await watcher.click('Resume');
    await expect.poll(asked).toContainEqual({ name: 'resume', input: {} });
    // With a tray there is nothing to say about a missing one.
    await expect(gallery.page.getByText('This desktop shows no tray icons.')).toHaveCount(0);
  });

  const chosen = async (): Promise<string[]> => {
    const marked: string[] = [];
    for (const label of ['Gentle', 'Balanced', 'Generous']) {
      if ((await watcher.entry(label)).chosen) marked.push(label);
    }
    return marked;
  };

  test('changes the preset, and the window follows', async () => {
    await watcher.labelsWhen((all) => all.includes('Preset: Balanced'));
    expect(await chosen()).toEqual(['Balanced']);
    const preferences = new PreferencesPage(gallery.page);
    await preferences.open();
    await watcher.click('Gentle');
    await watcher.labelsWhen((all) => all.includes('Preset: Gentle'));
    expect(await chosen()).toEqual(['Gentle']);
    expect(await asked()).toContainEqual({ name: 'settings.set', input: { key: 'preset', value: 'gentle' } });
    await expect(preferences.preset('Gentle')).toBeChecked();
  });

  test('shows a locked preset and who set it, and takes back the mark of a choice that was refused', async () => {
    await watcher.labelsWhen((all) => all.includes('Preset: Balanced'));
    // The host knows of the lock, the tray does not yet.
    await gallery.app.evaluate(() => {
      const { settings } = globalThis.gallery.host;
      settings.layers.locked = { preset: 'generous' };
    });
    const { id } = await watcher.entry('Gentle');
    await watcher.click('Gentle');
    // A panel may have moved the mark itself, so the menu is set anew: its entries get new numbers.
    await expect.poll(async () => (await watcher.entry('Gentle')).id).not.toBe(id);
    expect(await asked()).toContainEqual({ name: 'settings.set', input: { key: 'preset', value: 'gentle' } });
    expect(await chosen()).toEqual(['Balanced']);

    await gallery.app.evaluate(() => {
      globalThis.gallery.lock({ preset: 'generous' });
    });
    await watcher.labelsWhen((all) => all.includes('Set by Acme Research'));
    expect((await watcher.entry('Preset: Generous (locked)')).enabled).toBe(true);
    expect(await chosen()).toEqual(['Generous']);
    for (const label of ['Gentle', 'Balanced', 'Generous', 'Set by Acme Research']) {
      expect((await watcher.entry(label)).enabled).toBe(false);
    }
  });

  test('opens the window, and shows what went wrong with a click in it', async () => {
    await watcher.labelsWhen((all) => all.includes('Open Gleaner'));
    const closed = gallery.page.waitForEvent('close');
    await gallery.app.evaluate(({ BrowserWindow }) => {
      BrowserWindow.getAllWindows()[0]?.close();
    });
    await closed;
    const opened = nextWindow(gallery.app);
    await watcher.click('Open Gleaner');
    await expect(new MainPage(await opened).state).toHaveText('Working');
  });

  test('shows each state by a picture of its own, and in its tooltip', async () => {
    const states = [
      ['working', 'Working'],
      ['yielding', 'Given back'],
      ['paused', 'Paused'],
      ['waiting', 'Waiting'],
      ['attention', 'Needs attention'],
    ] as const;
    const seen = new Map<string, string>();
    for (const [state, words] of states) {
      await gallery.app.evaluate((_electron, wanted) => {
        globalThis.gallery.show(wanted);
      }, state);
      await watcher.labelsWhen((all) => all[0] === words);
      expect(await watcher.tooltip()).toContain(`Gleaner: ${words}.`);
      seen.set(await watcher.icon(), state);
    }
    expect([...seen.values()]).toEqual(states.map(([state]) => state));
  });

  test('leads to a place in the window, open or not', async () => {
    await watcher.labelsWhen((all) => all.includes('Preferences…'));
    const place = (page: Page) => placeOfFragment(new URL(page.url()).hash);
    await gallery.page.evaluate(() => {
      document.documentElement.dataset['same'] = 'yes';
    });
    await watcher.click('Preferences…');
    await expect.poll(() => place(gallery.page)).toEqual({ page: 'preferences' });
    await watcher.click('Health…');
    await expect.poll(() => place(gallery.page)).toEqual({ page: 'health' });
    await expect(gallery.page.locator('html')).toHaveAttribute('data-same', 'yes');

    const closed = gallery.page.waitForEvent('close');
    await gallery.app.evaluate(({ BrowserWindow }) => {
      BrowserWindow.getAllWindows()[0]?.close();
    });
    await closed;
    const opened = nextWindow(gallery.app);
    await watcher.click('Preferences…');
    const page = await opened;
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(place(page)).toEqual({ page: 'preferences' });
  });

  for (const { code, name } of languages.filter((language) => language.code !== 'en')) {
    test(`speaks ${name} as soon as it is asked to, and English again`, async () => {
      const { tray } = await loadCatalogue(code);
      await watcher.labelsWhen((all) => all.at(-1) === 'Quit Gleaner');
      const speak = (language: string): Promise<void> =>
        gallery.app.evaluate(async (_electron, wanted) => {
          await globalThis.gallery.host.call('settings.set', { key: 'ui.language', value: wanted });
        }, language);
      await speak(code);
      const labels = await watcher.labelsWhen((all) => all.at(-1) === tray['quit']);
      expect(labels[0]).toBe(tray['state.working']);
      await speak('en');
      await watcher.labelsWhen((all) => all.at(-1) === 'Quit Gleaner');
    });
  }

  test('comes back when the panel restarts, and once only', async () => {
    await watcher.item();
    expect(watcher.icons).toBe(1);
    // The host is told, for whoever looks for what is wrong.
    const told = async (): Promise<unknown[]> =>
      (await asked())
        .filter(({ name }) => name === 'presence.report')
        .flatMap(({ input }) => ('tray' in (input as object) ? [(input as { tray: unknown }).tray] : []));
    await expect.poll(told).toEqual([true]);
    await watcher.vanish();
    await expect.poll(told).toEqual([true, false]);
    watcher = await FakeTrayWatcher.appear();
    await expect.poll(told).toEqual([true, false, true]);
    const labels = await watcher.labelsWhen((all) => all[0] === 'Working');
    expect(labels.at(-1)).toBe('Quit Gleaner');
    expect(watcher.icons).toBe(1);
    expect(await watcher.tooltip()).toContain('Gleaner: Working.');
    // It is the new icon that goes on.
    await gallery.show('manual', 'Paused');
    await watcher.labelsWhen((all) => all[1] === 'Paused until you resume.');
    await watcher.click('Resume');
    await expect.poll(asked).toContainEqual({ name: 'resume', input: {} });
  });

  test('quits', async () => {
    await watcher.labelsWhen((all) => all.includes('Quit Gleaner'));
    const gone = gallery.app.waitForEvent('close', { timeout: 0 });
    await watcher.click('Quit Gleaner');
    await gone;
  });
});
