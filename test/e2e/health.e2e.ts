import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect } from '@playwright/test';
import { galleryUpdateNames } from '../fixtures/updates.ts';
import { violations } from './support/axe.ts';
import { type GalleryRun, openGallery, overflow, test } from './support/gallery.ts';
import { HealthPage } from './support/health-pages.ts';

/** The next save dialog answers so; null: cancelled. */
async function answerDialog(gallery: GalleryRun, filePath: string | null): Promise<void> {
  await gallery.app.evaluate(({ dialog }, chosen) => {
    dialog.showSaveDialog = () => Promise.resolve({ canceled: chosen === null, filePath: chosen ?? '' });
  }, filePath);
}

for (const dark of [false, true]) {
  test.describe(dark ? 'health in dark' : 'health in light', () => {
    let gallery: GalleryRun;
    let health: HealthPage;
    test.beforeAll(async () => {
      gallery = await openGallery({ dark });
      health = new HealthPage(gallery.page);
      await health.open();
    });
    test.afterAll(() => gallery.close());

    test('is accessible when all is well, when much is wrong, and with everything open', async () => {
      const { app, page } = gallery;
      await expect(health.summary).toHaveText('Everything is in order.');
      expect(await violations(page)).toEqual([]);
      await app.evaluate(() => {
        globalThis.gallery.checkUp('troubled');
        globalThis.gallery.host.health.hold();
      });
      await health.lookAgain.click();
      await expect(health.summary).toHaveText('12 things need attention.');
      await health.showLog();
      expect(await violations(page)).toEqual([]);
      await page.getByRole('button', { name: 'Build them again' }).click();
      await expect(page.getByRole('progressbar', { name: 'Mending: Images' })).toBeVisible();
      expect(await violations(page)).toEqual([]);
      await app.evaluate(() => {
        globalThis.gallery.host.health.release();
      });
      await expect(health.summary).toHaveText('Images: Done.');
      expect(await violations(page)).toEqual([]);
    });

    test('is accessible however it stands with newer versions, and as a service', async () => {
      const { app, page } = gallery;
      const words = health.card('Updates').getByRole('status');
      let before = '';
      for (const how of galleryUpdateNames) {
        await app.evaluate((_electron, wanted) => {
          globalThis.gallery.update(wanted);
        }, how);
        // Each says something else than the one before.
        await expect(words).not.toHaveText(before);
        before = await words.innerText();
        expect(await violations(page), how).toEqual([]);
      }
      await app.evaluate(() => {
        globalThis.gallery.serve('everyone');
      });
      await expect(page.getByText('The log and the support bundle are for')).toBeVisible();
      expect(await violations(page)).toEqual([]);
    });
  });
}

test.describe('the page of health', () => {
  let gallery: GalleryRun;
  let health: HealthPage;
  test.beforeEach(async () => {
    gallery = await openGallery({ troubled: true });
    health = new HealthPage(gallery.page);
    await health.open();
  });
  test.afterEach(() => gallery.close());

  test('says of each thing how it stands, by shape and word', async () => {
    await expect(health.check('Clock')).toContainText('Could be better');
    await expect(health.check('Clock')).toContainText('It was set by 2 h 0 min while Gleaner ran.');
    await expect(health.check('Ledger')).toContainText('Needs attention');
    await expect(health.check('Keys')).toContainText('In order');
    const shapes = await gallery.page
      .locator('.state-mark')
      .evaluateAll((marks) => new Set(marks.map((mark) => mark.getAttribute('class'))).size);
    expect(shapes).toBeGreaterThanOrEqual(3);
  });

  test('mends by a button, shows that it does, and says what came of it', async () => {
    const { app, page } = gallery;
    await app.evaluate(() => {
      const { health: fake } = globalThis.gallery.host;
      fake.fixed = { outcome: 'done', freedBytes: 700 * 1024 ** 2 };
      const disk = fake.checks.find(({ id }) => id === 'disk');
      if (!disk) throw new Error('there is no disk');
      fake.mended.set('disk', {
        ...disk,
        state: 'ok',
        code: 'enough',
        values: { freeBytes: 9 * 1024 ** 3 },
        fix: null,
      });
      fake.hold();
    });
    await expect(health.check('Disk space')).toContainText('That frees 700 MiB.');
    await page.getByRole('button', { name: 'Free some space' }).click();
    await expect(page.getByRole('progressbar', { name: 'Mending: Disk space' })).toBeVisible();
    // It may not be ended in between.
    await expect(page.getByRole('button', { name: 'Cancel: Disk space' })).toHaveCount(0);
    await app.evaluate(() => {
      globalThis.gallery.host.health.release();
    });
    await expect(health.check('Disk space')).toContainText('9 GiB free');
    await expect(health.check('Disk space')).toContainText('Done: 700 MiB freed.');
    await expect(health.summary).toHaveText('Disk space: Done: 700 MiB freed.');
    // The button that was pressed is gone; the keyboard is still there.
    await expect(health.check('Disk space')).toBeFocused();
    await health.lookAgain.click();
    await expect(health.summary).toHaveText('11 things need attention.');
  });

  test('ends what can be ended, and goes on showing what another asked for', async () => {
    const { app, page } = gallery;
    await app.evaluate(() => {
      globalThis.gallery.host.health.hold();
    });
    await page.getByRole('button', { name: 'Build them again' }).click();
    const progress = page.getByRole('progressbar', { name: 'Mending: Images' });
    await expect(health.check('Images')).toContainText(/For 1 min \d+ s now/);
    // Away and back: it is still under way.
    await page.getByRole('navigation').getByRole('button', { name: 'Home' }).click();
    await health.open();
    await expect(progress).toBeVisible();
    await page.getByRole('button', { name: 'Cancel: Images' }).click();
    await expect(progress).toHaveCount(0);
    await expect(page.getByRole('button', { name: 'Build them again' })).toBeVisible();
  });

  test('tells why a fix did not work', async () => {
    await gallery.app.evaluate(() => {
      const { host } = globalThis.gallery;
      const failure = new Error('no network');
      host.failures.set('doctor.fix', Object.assign(failure, { name: 'Error' }));
    });
    await gallery.page.getByRole('button', { name: 'Build them again' }).click();
    await expect(health.check('Images').getByRole('alert')).toContainText('no network');
    await expect(health.summary).toHaveText('Images: That did not work.');
  });

  test('copies the command that only the person can run', async () => {
    const { app, page } = gallery;
    const command = 'sudo apt-get install qemu-system-x86';
    await expect(health.command('QEMU')).toHaveText(command);
    await health.copyOf('QEMU').click();
    await expect(health.check('QEMU').getByRole('status')).toHaveText('Copied');
    expect(await app.evaluate(({ clipboard }) => clipboard.readText())).toBe(command);
    expect(await page.evaluate(() => window.getSelection()?.toString())).toBe(command);
    // No permission was asked for.
    const lines = await app.evaluate(() => globalThis.gallery.lines.join('\n'));
    expect(lines).not.toContain('refused');
  });

  test('shows the newest lines of the log, by level and topic, and copies them', async () => {
    const { app, page } = gallery;
    await health.showLog();
    await expect(page.getByText('The newest 200 lines, the latest last.')).toBeVisible();
    await page.getByText('Warnings', { exact: true }).click();
    await expect(page.getByText('The newest 57 lines, the latest last.')).toBeVisible();
    await page.getByRole('button', { name: /About/ }).click();
    await page.getByRole('option', { name: 'policy' }).click();
    await expect(page.getByText('The newest 14 lines, the latest last.')).toBeVisible();
    const text = (await health.lines.textContent()) ?? '';
    expect(text.split('\n')).toHaveLength(14);
    expect(text).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z warn policy did the thing/);
    await page.getByRole('button', { name: 'Copy the lines' }).click();
    await expect.poll(() => app.evaluate(({ clipboard }) => clipboard.readText())).toBe(text);
  });

  test('saves the support bundle where the person says, or nowhere', async () => {
    const { app } = gallery;
    const dir = await app.evaluate(({ app: electron }) => electron.getPath('userData'));
    const filePath = path.join(dir, 'mine.tar.gz');
    const card = health.card('Support bundle');
    await answerDialog(gallery, null);
    await health.save.click();
    await expect(card.getByRole('status')).toHaveText('Not saved.');
    const asked = await app.evaluate(() => globalThis.gallery.host.asked.map(({ name }) => name));
    expect(asked).not.toContain('support.bundle');
    await answerDialog(gallery, filePath);
    await health.save.click();
    await expect(card.getByRole('status')).toHaveText('Saved as mine.tar.gz.');
    expect(readFileSync(filePath, 'utf8')).toBe('some bytes');
    expect(statSync(filePath).mode & 0o777).toBe(0o600);
    rmSync(filePath);
    await answerDialog(gallery, path.join(dir, 'no', 'such', 'folder.tar.gz'));
    await health.save.click();
    await expect(card.getByRole('alert')).toContainText('could not be written');
    expect(existsSync(filePath)).toBe(false);
  });

  test('is as wide as its content when the window is narrow, and its text twice as large', async () => {
    const { app, page } = gallery;
    await health.showLog();
    await gallery.narrow();
    expect(await overflow(page)).toBe(0);
    await app.evaluate(({ BrowserWindow }) => {
      const [window] = BrowserWindow.getAllWindows();
      window?.setBounds({ width: 880, height: 780 });
      window?.webContents.setZoomFactor(2);
    });
    await page.waitForFunction(() => window.innerWidth > 430);
    expect(await overflow(page)).toBe(0);
  });
});
