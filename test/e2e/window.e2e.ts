import { expect } from '@playwright/test';
import { violations } from './support/axe.ts';
import { type GalleryRun, openGallery, overflow, test } from './support/gallery.ts';
import { nextWindow } from './support/launch.ts';
import { MainPage, tabs } from './support/pages.ts';

const headings = {
  working: 'Working',
  throttled: 'Working',
  yielding: 'Given back',
  paused: 'Paused',
  manual: 'Paused',
  starting: 'Starting',
  schedule: 'Waiting',
  waiting: 'Waiting',
  attention: 'Needs attention',
  empty: 'Waiting',
  volunteer: 'Working',
  managed: 'Working',
} as const;
const states = [
  'working',
  'volunteer',
  'managed',
  'throttled',
  'yielding',
  'paused',
  'manual',
  'starting',
  'schedule',
  'waiting',
  'attention',
  'empty',
] as const;

for (const dark of [false, true]) {
  test.describe(dark ? 'in dark' : 'in light', () => {
    let gallery: GalleryRun;
    test.beforeAll(async () => {
      gallery = await openGallery({ dark });
    });
    test.afterAll(() => gallery.close());

    for (const state of states) {
      test(`${state} is accessible`, async () => {
        await gallery.show(state, headings[state]);
        expect(await violations(gallery.page)).toEqual([]);
      });
    }

    test('a newer version, and a service of the machine, are accessible', async () => {
      const { app, page } = gallery;
      await gallery.show('working', 'Working');
      await app.evaluate(() => {
        globalThis.gallery.update('ready');
      });
      await expect(new MainPage(page).card('Updates')).toBeVisible();
      expect(await violations(page)).toEqual([]);
      for (const how of ['administrators', 'away'] as const) {
        await gallery.show('paused', 'Paused');
        await app.evaluate((_electron, wanted) => {
          globalThis.gallery.serve(wanted);
        }, how);
        await expect(new MainPage(page).resume).toHaveCount(0);
        expect(await violations(page), how).toEqual([]);
      }
    });

    test('how fast the computer was given back is accessible in detail', async () => {
      await gallery.show('yielding', 'Given back');
      await new MainPage(gallery.page).details.click();
      await expect(gallery.page.getByRole('table', { name: 'The latest' })).toBeVisible();
      expect(await violations(gallery.page)).toEqual([]);
    });
  });
}

test.describe('the window', () => {
  let gallery: GalleryRun;
  let main: MainPage;
  test.beforeEach(async () => {
    gallery = await openGallery({});
    main = new MainPage(gallery.page);
  });
  test.afterEach(() => gallery.close());

  const asked = (): Promise<string[]> =>
    gallery.app.evaluate(() => globalThis.gallery.host.asked.map(({ name }) => name));

  test('is reached by keyboard alone, pause included', async () => {
    await gallery.show('working', 'Working');
    const names: (string | null)[] = [];
    for (let step = 0; step < 10; step += 1) {
      await gallery.page.keyboard.press('Tab');
      names.push(await gallery.page.evaluate(() => document.activeElement?.textContent ?? null));
    }
    expect(names).toEqual([...tabs, 'for 30 minutes', 'for 1 hour', 'until tomorrow', 'until I resume']);
    await gallery.page.keyboard.press('Enter');
    await expect.poll(asked).toContain('pause');
  });

  test('is where the last click asked for, however soon it comes after another', async () => {
    await gallery.show('working', 'Working');
    const [there, back] = await Promise.all(
      (['Activity', 'Home'] as const).map((name) => main.tab(name).elementHandle()),
    );
    // In one task, before any page could have been read.
    await gallery.page.evaluate(
      ([first, second]) => {
        for (const tab of [first, second]) (tab as HTMLElement | null)?.click();
      },
      [there, back],
    );
    // Whatever page has come has the focus.
    await expect(main.state).toBeFocused();
    await expect(main.state).toHaveText('Working');
  });

  test('tells a change of the state once, and neither the next job nor what was there at first', async () => {
    await gallery.show('working', 'Working');
    const before = (await main.announced.textContent()) ?? '';
    await gallery.app.evaluate(() => {
      const { host } = globalThis.gallery;
      const { contribution } = host.snapshot;
      const said = { code: 'state.working' as const, values: { title: 'Another' } };
      host.emit({
        ...host.snapshot,
        contribution: { ...contribution, sentence: 'Working on “Another”.', said },
      });
    });
    await expect(gallery.page.getByText('Working on “Another”.')).toHaveCount(1);
    expect(await main.announced.textContent()).toBe(before);
    await gallery.show('yielding', 'Given back');
    await expect(main.announced).toHaveText('Paused: you are in a call.');
    await main.openTab('Activity');
    await gallery.show('manual', 'Activity');
    await expect(main.announced).toHaveText('Paused until you resume.');
  });

  test('tells today and this week, each from its own figures', async () => {
    // The same to every question, and asked for anew with what was booked today.
    await gallery.app.evaluate(() => {
      const { host } = globalThis.gallery;
      host.earningsOf = () => host.earnings;
      host.emit({ ...host.snapshot, today: { ...host.snapshot.today, jobsDone: 2 } });
    });
    await gallery.show('working', 'Working');
    await expect(main.card('Today')).toContainText('CPU time given1 h 12 min');
    await expect(main.card('This week')).toContainText('CPU time given2 h 0 min');
    await expect(main.card('This week')).toContainText('15 points2 points pending');
    const queries = (): Promise<{ by?: string; from?: number; to?: number }[]> =>
      gallery.app.evaluate(() =>
        globalThis.gallery.host.asked
          .filter(({ name }) => name === 'earnings.report')
          .map(({ input }) => input as { by?: string; from?: number; to?: number }),
      );
    const [query, ...more] = await queries();
    expect(query?.by).toBe('week');
    expect(new Date(query?.from ?? 0).getDay()).toBe(1);
    expect((query?.to ?? 0) - (query?.from ?? 0)).toBeLessThanOrEqual(8 * 86_400_000);
    // Asked anew once a job has ended.
    await gallery.app.evaluate(() => {
      const { host } = globalThis.gallery;
      host.earnings = { ...host.earnings, total: { ...host.earnings.total, jobsDone: 44 } };
      host.emit({ ...host.snapshot, today: { ...host.snapshot.today, jobsDone: 4 } });
    });
    await expect(main.card('This week')).toContainText('Jobs done44');
    expect((await queries()).length).toBeGreaterThan(more.length + 1);
    await gallery.app.evaluate(() => {
      const { host } = globalThis.gallery;
      host.failures.set('earnings.report', Object.assign(new Error('full'), { code: 'ENOSPC' }));
      host.emit({ ...host.snapshot, today: { ...host.snapshot.today, jobsDone: 5 } });
    });
    await expect(main.card('This week').getByRole('alert')).toContainText('The disk is full.');
  });

  test('shows what is used of what is granted, and rests while nothing is', async () => {
    const reads = (words: string): Promise<void> =>
      expect(main.gauge).toHaveAttribute('aria-valuetext', words);
    await gallery.show('throttled', 'Working');
    await reads('24 % of 25 % granted');
    await expect(gallery.page.getByText('of 25 %', { exact: true })).toBeVisible();
    await gallery.show('yielding', 'Given back');
    await reads('0 % of 0 % granted');
    await expect(gallery.page.getByText('at rest')).toBeVisible();
    await expect(main.card('Now')).not.toContainText('at this pace');
    await expect(main.card('Now')).toContainText('Standing still at 42 %');
    await main.openTab('Activity');
    await expect(gallery.page.getByRole('table').getByText('Standing still at 42 %')).toBeVisible();
    await main.openTab('Home');
    await gallery.show('working', 'Working');
    await reads('97 % of 100 % granted');
    await expect(main.card('Now')).toContainText('42 % · done in 1 min at this pace');
    await expect(main.card('Processor')).toContainText('There is no /dev/kvm');
  });

  test('is accessible and as wide as its content when it is narrow', async () => {
    await gallery.narrow();
    for (const state of ['working', 'volunteer', 'yielding', 'attention'] as const) {
      await gallery.show(state, headings[state]);
      expect(await overflow(gallery.page)).toBe(0);
    }
    for (const tab of tabs) {
      await main.openTab(tab);
      await expect(gallery.page.getByRole('heading', { level: 1 })).toBeVisible();
      expect(await violations(gallery.page)).toEqual([]);
      expect(await overflow(gallery.page)).toBe(0);
    }
  });

  test('loses nothing at home and among the grids with letters twice as large', async () => {
    await gallery.narrow(640);
    await gallery.page.evaluate(() => {
      document.documentElement.style.fontSize = '200%';
    });
    for (const state of states) {
      await gallery.show(state, headings[state]);
      expect(await overflow(gallery.page)).toBe(0);
    }
    await gallery.show('yielding', 'Given back');
    await main.details.click();
    await expect(gallery.page.getByRole('table', { name: 'The latest' })).toBeVisible();
    expect(await overflow(gallery.page)).toBe(0);
    expect(await violations(gallery.page)).toEqual([]);
    await main.openTab('Grids');
    await gallery.show('volunteer', 'Grids');
    expect(await overflow(gallery.page)).toBe(0);
    expect(await violations(gallery.page)).toEqual([]);
    for (const name of tabs) await expect(main.tab(name)).toBeVisible();
  });

  test('says why, beyond the first reason, and what each leaves', async () => {
    await gallery.show('yielding', 'Given back');
    await expect(gallery.page.getByText('Paused: you are in a call.')).toBeVisible();
    const why = gallery.page.getByRole('region', { name: 'Why else' }).getByRole('listitem');
    await expect(why).toHaveText([
      'This computer runs on battery · stops it · set by Acme Research',
      'You are using the computer · leaves 25 %',
    ]);
    await expect(main.card('Today')).toContainText('4 minutes of work were lost today.');
    await gallery.show('working', 'Working');
    await expect(why).toHaveCount(0);
    await expect(main.card('Today')).not.toContainText('lost');
  });

  test('tells how fast the computer was given back, and the details on demand, by keyboard', async () => {
    await expect(main.card('Giving back')).toContainText('Gave your computer back in 28 ms.');
    await expect(main.card('Giving back')).toContainText(
      '95 % within 43 ms over the last 30 days (7 times).',
    );
    expect(await asked()).not.toContain('yields.report');
    await main.details.focus();
    await gallery.page.keyboard.press('Enter');
    await expect(gallery.page.getByRole('table', { name: 'How often' }).getByRole('row')).toHaveText([
      'TookTimes',
      'up to 10 ms0',
      'up to 20 ms3',
      'up to 50 ms3',
      'up to 300 ms1',
    ]);
    await expect(gallery.page.getByRole('table', { name: 'The latest' }).getByRole('row')).toContainText([
      'WhenBecause ofTookInput seen',
      'Your input28 msat once, by X11',
      'Your input281 msby looking every 250 ms',
      'A call2.4 ms until stopped–',
    ]);
    expect(await asked()).toContain('yields.report');
    await gallery.page.keyboard.press('Space');
    await expect(gallery.page.getByRole('table')).toHaveCount(0);
  });

  test('goes on when a page cannot be shown', async () => {
    await gallery.show('working', 'Working');
    const block = async (blocks: boolean): Promise<void> => {
      await gallery.app.evaluate(({ session }, cancels) => {
        const urls = ['app://gleaner/assets/earnings-*'];
        session.defaultSession.webRequest.onBeforeRequest({ urls }, (_details, answer) => {
          answer({ cancel: cancels });
        });
      }, blocks);
    };
    await block(true);
    await main.openTab('Earnings');
    await expect(main.state).toHaveText('This page could not be shown.');
    expect(await violations(gallery.page)).toEqual([]);
    await main.openTab('Home');
    await expect(main.state).toHaveText('Working');
    await main.openTab('Earnings');
    await expect(main.state).toHaveText('This page could not be shown.');
    await block(false);
    await gallery.page.getByRole('button', { name: 'Try again' }).click();
    await expect(main.state).toHaveText('Working');
    await main.openTab('Earnings');
    await expect(main.state).toHaveText('Earnings');
  });

  test('counts a pause down and resumes', async () => {
    await gallery.show('paused', 'Paused');
    const first = await main.timer.textContent();
    await expect(main.timer).not.toHaveText(first ?? '');
    await expect(main.timer).toHaveText(/^Goes on in 2[67]:\d\d$/);
    await expect(gallery.page.getByText(/^at .*\d\d:\d\d$/)).toBeVisible();
    await expect(main.pause('Pause until I resume')).toBeVisible();
    await main.resume.click();
    await expect.poll(asked).toContain('resume');
    // What holds already is not offered again.
    await gallery.show('manual', 'Paused');
    await expect(main.pause('Pause until tomorrow')).toBeVisible();
    await expect(main.pause('Pause until I resume')).toHaveCount(0);
  });

  test('leads to the welcome page while nothing was chosen', async () => {
    await gallery.show('working', 'Working');
    await gallery.show('empty', 'Waiting');
    await expect(main.card('Now')).toContainText('Nothing was chosen yet');
    await gallery.page.getByRole('button', { name: 'Choose what for' }).click();
    await expect(gallery.page.getByRole('heading', { level: 1, name: 'Welcome to Gleaner' })).toBeVisible();
  });

  test('says why a command failed', async () => {
    await gallery.app.evaluate(() => {
      const failure = Object.assign(new Error('the disk is full'), { code: 'ENOSPC' });
      globalThis.gallery.host.failures.set('pause', failure);
    });
    await main.pause('Pause for 1 hour').click();
    await expect(gallery.page.getByRole('alert')).toContainText('The disk is full.');
    await expect(gallery.page.getByRole('alert')).toContainText('Free some space');
  });

  test('names the trouble with its hint', async () => {
    await gallery.show('attention', 'Needs attention');
    await expect(gallery.page.getByText('Install the package qemu-system-x86')).toHaveCount(1);
    await expect(gallery.page.getByRole('region', { name: /^Why/ })).toHaveCount(0);
    await gallery.page.getByRole('button', { name: 'See under Health' }).click();
    await expect(gallery.page.getByRole('heading', { level: 1, name: 'Health' })).toBeVisible();
  });

  test('shows words of others as words', async () => {
    const title = '<img src=x onerror=alert(1)>\u202e';
    await gallery.app.evaluate((_electron, words) => {
      const { host } = globalThis.gallery;
      const [job] = host.snapshot.jobs;
      if (job) host.emit({ ...host.snapshot, jobs: [{ ...job, title: words }] });
    }, title);
    await expect(main.card('Now')).toContainText(title);
    expect(await gallery.page.locator('img').count()).toBe(0);
  });

  test('is destroyed when it is closed; the app lives and opens another at its old place', async () => {
    const bounds = { x: 200, y: 100, width: 700, height: 600 };
    const current = (): Promise<unknown> =>
      gallery.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.getBounds());
    await gallery.app.evaluate(({ BrowserWindow }, wanted) => {
      BrowserWindow.getAllWindows()[0]?.setBounds(wanted);
    }, bounds);
    await expect.poll(current).toEqual(bounds);
    const closed = gallery.page.waitForEvent('close');
    await gallery.app.evaluate(({ BrowserWindow }) => {
      BrowserWindow.getAllWindows()[0]?.close();
    });
    await closed;
    const left = (): Promise<unknown> =>
      gallery.app.evaluate(({ webContents }) => ({
        pages: webContents.getAllWebContents().length,
        // The tray listens, the page no more.
        listeners: globalThis.gallery.host.listeners,
      }));
    await expect.poll(left).toEqual({ pages: 0, listeners: 1 });
    const opened = nextWindow(gallery.app);
    await gallery.app.evaluate(() => {
      globalThis.gallery.shell.openWindow();
    });
    const page = await opened;
    await expect(new MainPage(page).state).toHaveText('Working');
    await expect.poll(current).toEqual(bounds);
  });
});

test('a desktop without a tray is told so once', async () => {
  const gallery = await openGallery({ noTray: true });
  try {
    const notice = gallery.page.getByText('This desktop shows no tray icons.');
    await expect(notice).toBeVisible();
    await gallery.page.getByRole('button', { name: 'Dismiss' }).click();
    await expect(notice).toBeHidden();
  } finally {
    await gallery.close();
  }
});
