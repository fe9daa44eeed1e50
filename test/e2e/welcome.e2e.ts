import { expect } from '@playwright/test';
import type { GalleryState } from '../fixtures/snapshots.ts';
import { violations } from './support/axe.ts';
import { type GalleryRun, openGallery, overflow, reopen, test } from './support/gallery.ts';
import { JoinPage } from './support/grid-pages.ts';
import { WelcomePage } from './support/health-pages.ts';
import { MainPage } from './support/pages.ts';
import { JoinPoolPage, poolName } from './support/pool-pages.ts';

const key = '0123456789abcdef0123456789abcdef';

/** Names of the commands that were asked. */
const asked = (gallery: GalleryRun): Promise<string[]> =>
  gallery.app.evaluate(() => globalThis.gallery.host.asked.map(({ name }) => name));

test.describe('the welcome page', () => {
  let gallery: GalleryRun;
  let welcome: WelcomePage;
  test.beforeEach(async () => {
    gallery = await openGallery({ state: 'empty' });
    welcome = new WelcomePage(gallery.page);
    await expect(welcome.title).toBeVisible();
  });
  test.afterEach(() => gallery.close());

  test('leads by the sample to the first work, which begins when the person agrees', async () => {
    const { app, page } = gallery;
    const main = new MainPage(page);
    await expect(welcome.summary).toHaveText('This computer is ready.');
    await expect(welcome.check('QEMU')).toHaveCount(0);
    await welcome.checked.click();
    await expect(welcome.check('QEMU')).toContainText('In order');
    await welcome.toWork();
    await expect(welcome.next).toBeDisabled();
    await expect(welcome.next).toHaveAccessibleDescription('Choose one of these to go on.');
    await welcome.sample.click();
    await expect(welcome.sample).toHaveAttribute('aria-pressed', 'true');
    await expect(welcome.part('Try it with the sample')).toContainText('Chosen');
    await welcome.sample.click();
    await expect(welcome.next).toBeDisabled();
    await welcome.sample.click();
    await welcome.next.click();
    await expect(welcome.step).toHaveText('How much');
    await welcome.preset('Gentle').check();
    await welcome.next.click();
    await expect(welcome.heading('Do you agree?')).toBeFocused();
    await expect(page.getByText('It will work for: the sample.')).toBeVisible();
    const uses = welcome.part('What it may use');
    await expect(uses).toContainText('While it is idle75 %');
    await expect(uses).toContainText('On batteryDoes not work');
    await expect(uses).toContainText('Disk of each job of the sample, at most');
    await expect(uses).not.toContainText('project');
    await expect(welcome.part('What it may contact')).toContainText('The sample: nothing.');
    await expect(welcome.atLogin).not.toBeChecked();
    await welcome.atLogin.check();
    expect(await asked(gallery)).not.toContain('jobs.sample');
    await welcome.agree.click();
    await expect(main.state).toHaveText('Waiting');
    await expect.poll(() => asked(gallery)).toContain('jobs.sample');
    const user = await app.evaluate(() => globalThis.gallery.host.settings.layers.user);
    expect(user).toEqual({ preset: 'gentle', 'ui.startAtLogin': true });
    // It is over: the next window begins elsewhere, although nothing is done yet.
    await expect(new MainPage(await reopen(gallery)).state).toHaveText('Waiting');
  });

  test('leads by a project, and says once more what it may contact', async () => {
    const { page } = gallery;
    const join = new JoinPage(page);
    await welcome.toWork();
    await welcome.choose.click();
    await join.project('Tide Tables').click();
    await join.agree.click();
    await join.signInByKey(key);
    await join.goOn.click();
    await expect(welcome.step).toHaveText('How much');
    await welcome.back.click();
    await expect(welcome.part('Help a public project')).toContainText('Joined: Tide Tables');
    await welcome.next.click();
    await welcome.next.click();
    await expect(page.getByText('It will work for: Tide Tables.')).toBeVisible();
    await expect(welcome.part('What it may use')).not.toContainText('sample');
    await expect(welcome.part('What it may contact')).toContainText('For Tide Tables');
    await welcome.agree.click();
    await expect(new MainPage(page).state).toHaveText('Waiting');
    expect(await asked(gallery)).not.toContain('jobs.sample');
  });

  test('goes on when what was joined is told after the way back', async () => {
    await welcome.toWork();
    await expect(welcome.step).toHaveText('What for');
    const joined: GalleryState = 'volunteer';
    await gallery.show(joined, 'How much may it use?');
    await expect(welcome.step).toHaveText('How much');
  });

  test('leads to an account manager by its address, and back', async () => {
    const join = new JoinPage(gallery.page);
    await welcome.toWork();
    await welcome.manager.click();
    const [address, search] = await Promise.all([join.address.boundingBox(), join.search.boundingBox()]);
    expect(address?.y).toBeLessThan(search?.y ?? 0);
    await join.back.click();
    await expect(welcome.step).toHaveText('What for');
  });

  test('leads to a company’s pool by the keyboard, and back; a joined one is what it works for', async () => {
    const { page } = gallery;
    const pool = new JoinPoolPage(page);
    await welcome.toWork();
    expect(await violations(page)).toEqual([]);
    await welcome.sample.focus();
    await page.keyboard.press('Tab');
    await expect(welcome.pool).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(pool.title).toHaveText('Join your company’s pool');
    await pool.back.click();
    await expect(welcome.step).toHaveText('What for');
    await welcome.pool.click();
    await pool.address.fill('https://catalog.acme.example/enrol/pc17.json');
    await pool.lookUp.click();
    await pool.agree.click();
    await expect(welcome.step).toHaveText('How much');
    await welcome.back.click();
    await expect(page.getByText(`Joined: ${poolName}`)).toBeVisible();
    await expect(welcome.part('Help a public project')).not.toContainText(poolName);
    await welcome.next.click();
    await welcome.next.click();
    await expect(page.getByText(`It will work for: ${poolName}.`)).toBeVisible();
  });

  test('can be left at every step, and is found there again', async () => {
    const { page } = gallery;
    const again = async (): Promise<void> => {
      await new MainPage(page).openTab('Grids');
      await page.getByRole('button', { name: 'Welcome page' }).click();
    };
    for (const step of ['This computer', 'What for', 'How much', 'Agree']) {
      await expect(welcome.step).toHaveText(step);
      await welcome.notNow.click();
      await expect(new MainPage(page).state).toHaveText('Waiting');
      await again();
      await expect(welcome.step).toHaveText(step);
      if (step === 'What for') await welcome.sample.click();
      if (step !== 'Agree') await welcome.next.click();
    }
    expect(await asked(gallery)).not.toContain('jobs.sample');
  });

  test('is where it was when the window was closed amid it, also when something is joined by then', async () => {
    await welcome.toWork();
    await welcome.sample.click();
    await welcome.next.click();
    await expect(welcome.step).toHaveText('How much');
    await welcome.next.click();
    await expect(welcome.step).toHaveText('Agree');
    const joined: GalleryState = 'volunteer';
    await gallery.show(joined, 'Do you agree?');
    const later = new WelcomePage(await reopen(gallery));
    await expect(later.step).toHaveText('Agree');
    await expect(later.part('What it may contact')).toContainText('For Prime Orchard');
    await later.notNow.click();
    await expect(new MainPage(gallery.app.windows()[0] ?? gallery.page).state).toHaveText('Working');
  });

  test('is done with the keyboard alone', async () => {
    const { page } = gallery;
    const press = async (...keys: readonly string[]): Promise<void> => {
      for (const one of keys) await page.keyboard.press(one);
    };
    /** As far as Tab leads to it. */
    const tabTo = async (name: string): Promise<void> => {
      for (let presses = 0; presses < 30; presses += 1) {
        await press('Tab');
        const focused = await page.evaluate(() => {
          const { activeElement: element } = document;
          const label = element instanceof HTMLInputElement ? element.labels?.[0]?.textContent : null;
          return label ?? element?.textContent ?? '';
        });
        if (focused.startsWith(name)) return;
      }
      throw new Error(`Tab does not lead to ${name}`);
    };
    await expect(welcome.summary).toHaveText('This computer is ready.');
    await tabTo('Go on');
    await press('Enter');
    await expect(welcome.heading('What should it work for?')).toBeFocused();
    // What cannot be done yet is reached, says why, and does nothing.
    await tabTo('Go on');
    await press('Enter');
    await expect(welcome.step).toHaveText('What for');
    await welcome.heading('What should it work for?').focus();
    await tabTo('Use the sample');
    await press('Space');
    await tabTo('Go on');
    await press('Enter');
    await expect(welcome.heading('How much may it use?')).toBeFocused();
    await tabTo('Balanced');
    await press('ArrowRight');
    await expect(welcome.preset('Generous')).toBeChecked();
    await tabTo('Go on');
    await press('Enter');
    await expect(welcome.heading('Do you agree?')).toBeFocused();
    await tabTo('Start when I sign in');
    await press('Space');
    await expect(welcome.atLogin).toBeChecked();
    await tabTo('Agree and begin');
    await press('Enter');
    await expect(new MainPage(page).state).toHaveText('Waiting');
  });

  test('is as wide as its content when the window is narrow', async () => {
    const { app, page } = gallery;
    await app.evaluate(() => {
      globalThis.gallery.checkUp('troubled');
    });
    await welcome.lookAgain.click();
    await expect(welcome.summary).toHaveText('7 things need attention.');
    await gallery.narrow();
    expect(await overflow(page)).toBe(0);
    await welcome.next.click();
    await expect(welcome.choose).toBeVisible();
    expect(await overflow(page)).toBe(0);
    await welcome.sample.click();
    expect(await overflow(page)).toBe(0);
    await welcome.next.click();
    await expect(welcome.preset('Balanced')).toBeVisible();
    expect(await overflow(page)).toBe(0);
    await welcome.next.click();
    await expect(welcome.agree).toBeVisible();
    expect(await overflow(page)).toBe(0);
  });
});

test('joining is as wide as its content when the window is narrow', async () => {
  const gallery = await openGallery({ state: 'empty' });
  try {
    const { page } = gallery;
    await gallery.narrow();
    const join = new JoinPage(page);
    await join.open();
    await expect(join.project('Tide Tables')).toBeVisible();
    expect(await overflow(page)).toBe(0);
    await join.project('Tide Tables').click();
    await expect(join.agree).toBeVisible();
    expect(await overflow(page)).toBe(0);
    await join.agree.click();
    await join.way('New account').check();
    await expect(join.terms).toBeVisible();
    expect(await overflow(page)).toBe(0);
  } finally {
    await gallery.close();
  }
});

for (const dark of [false, true]) {
  test.describe(dark ? 'beginning in dark' : 'beginning in light', () => {
    let gallery: GalleryRun;
    test.beforeAll(async () => {
      gallery = await openGallery({ dark, state: 'empty', troubled: true });
    });
    test.afterAll(() => gallery.close());

    test('is accessible from the welcome page to the end of joining', async () => {
      const { app, page } = gallery;
      const join = new JoinPage(page);
      const welcome = new WelcomePage(page);
      await expect(welcome.summary).toHaveText('7 things need attention.');
      expect(await violations(page)).toEqual([]);
      await welcome.toWork();
      expect(await violations(page)).toEqual([]);
      await welcome.choose.click();
      await expect(join.project('Prime Orchard')).toBeVisible();
      expect(await violations(page)).toEqual([]);
      await join.lookAt('https://grid.acme.example');
      await expect(join.failure).toBeVisible();
      expect(await violations(page)).toEqual([]);
      await app.evaluate(() => {
        globalThis.gallery.host.grids.hold();
      });
      await join.lookAt('https://mac-only.example.org');
      await expect(join.cancel).toBeVisible();
      expect(await violations(page)).toEqual([]);
      await join.cancel.click();
      await app.evaluate(() => {
        globalThis.gallery.host.grids.release();
      });
      await join.lookAt('https://mac-only.example.org');
      await expect(page.getByRole('alert')).toBeVisible();
      expect(await violations(page)).toEqual([]);
      await join.back.click();
      await join.onCompanyNetwork.check();
      await join.lookAt('https://grid.acme.example');
      await expect(join.privateConsent).toBeVisible();
      expect(await violations(page)).toEqual([]);
      await join.back.click();
      await join.project('Tide Tables').click();
      await join.agree.click();
      await join.way('New account').check();
      await join.join.click();
      await expect(page.getByText('Joining needs your agreement.')).toBeVisible();
      expect(await violations(page)).toEqual([]);
      await join.way('E-mail and password').check();
      await join.field('E-mail address').fill('me@example.org');
      await join.field('Password').fill('wrong');
      await join.join.click();
      await expect(join.failure).toBeVisible();
      expect(await violations(page)).toEqual([]);
      await join.signInByKey(key);
      expect(await violations(page)).toEqual([]);
      await join.goOn.click();
      await expect(welcome.preset('Balanced')).toBeVisible();
      expect(await violations(page)).toEqual([]);
      await welcome.next.click();
      await expect(welcome.part('What it may contact')).toContainText('For Tide Tables');
      expect(await violations(page)).toEqual([]);
    });
  });
}
