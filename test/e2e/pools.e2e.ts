import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, type FileChooser } from '@playwright/test';
import { fakeEnrolment } from '../fakes/fake-pool-views.ts';
import { ActivityPage } from './support/activity-page.ts';
import { violations } from './support/axe.ts';
import { type GalleryRun, openGallery, overflow, test } from './support/gallery.ts';
import { GridsPage } from './support/grid-pages.ts';
import { sendTo, speaks } from './support/language.ts';
import { JoinPoolPage, poolName } from './support/pool-pages.ts';

const text = JSON.stringify(fakeEnrolment());
const url = 'https://catalog.acme.example/enrol/pc17.json';
const contacts = [
  { host: '10.77.0.1', port: 9618 },
  { host: '10.77.0.2', port: 9618 },
];

/** The inputs of a command, in the order in which they were asked. */
const asked = (gallery: GalleryRun, command: string): Promise<unknown[]> =>
  gallery.app.evaluate(
    (_electron, name) =>
      globalThis.gallery.host.asked.filter((one) => one.name === name).map(({ input }): unknown => input),
    command,
  );

let dir: string;
test.beforeAll(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'gl-pools-'));
});
test.afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

/** A file with this content, as somebody got it from an administrator. */
function file(name: string, content = text): string {
  const filePath = path.join(dir, name);
  writeFileSync(filePath, content);
  return filePath;
}

test.describe('joining a company’s pool', () => {
  let gallery: GalleryRun;
  let join: JoinPoolPage;
  test.beforeEach(async () => {
    gallery = await openGallery({});
    join = new JoinPoolPage(gallery.page);
    await join.open();
  });
  test.afterEach(() => gallery.close());

  test('by a file: what it means is shown, and nothing is joined before somebody agrees', async () => {
    const { page } = gallery;
    await expect(join.title).toBeFocused();
    await join.file.setInputFiles(file('enrolment.json'));
    await expect(join.title).toHaveText('Acme Research pool asks for this');
    await expect(join.title).toBeFocused();
    const who = join.card('Who this computer will be there');
    for (const words of ['pool.acme.example', 'pc17', 'Materials', 'ssd, building 4'])
      await expect(who).toContainText(words);
    await expect(join.card('Its virtual machine may contact').getByRole('listitem')).toHaveText([
      '10.77.0.1:9618on your company’s network',
      '10.77.0.2:9618on your company’s network',
    ]);
    await expect(join.card('What the pool asks')).toContainText('At most 4 virtual CPUs.');
    await expect(join.card('What it pays')).toContainText('0.04 EUR for a core and hour.');
    await expect(join.card('What the pool sees of this computer')).toContainText(
      'Whether the computer is in use, idle or locked',
    );
    await expect(page.getByText('the enrolment file is of no more use: delete it')).toBeVisible();
    expect(await asked(gallery, 'pools.join')).toEqual([]);
    expect(await violations(page)).toEqual([]);
    await join.agree.click();
    const card = new GridsPage(page).card(poolName);
    await expect(card).toContainText('Joining');
    await expect(card.getByRole('heading', { name: poolName })).toBeFocused();
    expect(await asked(gallery, 'pools.join')).toEqual([
      { from: { kind: 'text', text }, contacts, share: 100 },
    ]);
    // Nothing of the secret is on the page, in its storage, or logged.
    const kept = await page.evaluate(
      () => document.documentElement.innerHTML + JSON.stringify(Object.entries(localStorage)),
    );
    expect(kept).not.toContain('secret-body');
    const lines = await gallery.app.evaluate(() => globalThis.gallery.lines.join('\n'));
    expect(lines).not.toContain('secret-body');
  });

  test('by a file that is dropped, and by keyboard alone', async () => {
    const { page } = gallery;
    const data = await page.evaluateHandle((content) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([content], 'enrolment.json', { type: 'application/json' }));
      return transfer;
    }, text);
    await page.dispatchEvent('.drop', 'drop', { dataTransfer: data });
    await expect(join.title).toHaveText('Acme Research pool asks for this');
    await expect(join.title).toBeFocused();
    await page.keyboard.press('Tab');
    await expect(join.back).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(join.title).toHaveText('Join your company’s pool');
    await expect(join.title).toBeFocused();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await expect(join.file).toBeFocused();
    const chooser = new Promise<FileChooser>((resolve) => {
      page.once('filechooser', resolve);
    });
    // That the chooser is to be told of is known in the page before it answers this; a key takes another way, and may be faster.
    await page.evaluate(() => undefined);
    await page.keyboard.press('Space');
    await (await chooser).setFiles(file('enrolment.json'));
    await expect(join.title).toHaveText('Acme Research pool asks for this');
    await expect(join.title).toBeFocused();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await expect(join.agree).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(new GridsPage(page).card(poolName)).toContainText('Joining');
  });

  test('says of a pool that is joined already that it is, and no longer asks for consent', async () => {
    const { page } = gallery;
    await join.file.setInputFiles(file('enrolment.json'));
    await join.agree.click();
    await expect(new GridsPage(page).card(poolName)).toContainText('Joining');
    await join.open();
    await join.file.setInputFiles(file('enrolment.json'));
    await join.agree.click();
    await expect(join.failure).toContainText('joined already');
    await expect(join.agree).toBeDisabled();
  });

  test('refuses what is no enrolment, before and after it was read', async () => {
    const { page } = gallery;
    for (const [name, content, words] of [
      ['empty.json', '', 'This file is empty.'],
      ['large.json', ' '.repeat(256 * 1024 + 1), 'This file is too large for an enrolment.'],
    ] as const) {
      await join.file.setInputFiles(file(name, content));
      await expect(join.failure).toHaveText(words);
    }
    expect(await asked(gallery, 'pools.lookup')).toEqual([]);
    await join.file.setInputFiles(file('broken.json', '{"kind":"other"}'));
    await expect(join.failure).toContainText('This enrolment cannot be used');
    await expect(join.failure).toContainText('Ask who administers the pool for a new one.');
    await expect(join.file).toBeFocused();
    expect(await violations(page)).toEqual([]);
    await join.lookUp.click();
    await expect(page.getByText('Write the address first.')).toBeVisible();
    await join.lookAt('file:///etc/passwd');
    await expect(page.getByText('This is no address of an enrolment')).toBeVisible();
    await join.lookAt('https://nowhere.example.org/e.json');
    await expect(join.failure).toContainText('Nothing answers at https://nowhere.example.org/e.json');
    await expect(join.address).toHaveValue('https://nowhere.example.org/e.json');
    await expect(join.address).toBeFocused();
    await gallery.app.evaluate(() => {
      globalThis.gallery.host.grids.hold();
    });
    await join.lookAt(url);
    await expect(page.getByRole('status')).toHaveText('Looking at the enrolment …');
    await join.cancel.click();
    await gallery.app.evaluate(() => {
      globalThis.gallery.host.grids.release();
    });
    await expect(join.title).toHaveText('Join your company’s pool');
    expect(await asked(gallery, 'pools.join')).toEqual([]);
  });

  test('looks again when it contacts something else than was agreed to', async () => {
    await join.file.setInputFiles(file('enrolment.json'));
    await join.agree.waitFor();
    await gallery.app.evaluate(() => {
      const { pools } = globalThis.gallery.host;
      pools.offer = { ...pools.offer, contacts: pools.offer.contacts.slice(0, 1) };
    });
    await join.agree.click();
    await expect(join.failure).toContainText('is not what was agreed to');
    await join.file.setInputFiles(file('enrolment.json'));
    await join.agree.click();
    await expect(new GridsPage(gallery.page).card(poolName)).toContainText('Joining');
  });

  test('by a link: the address is filled in, and nothing is fetched before somebody says so', async () => {
    const { page } = gallery;
    await gallery.app.evaluate(
      (_electron, link) => {
        globalThis.gallery.shell.openLink(link);
      },
      `gleaner://pool?url=${encodeURIComponent(url)}`,
    );
    await expect(join.card('A link asks to join a pool by this address')).toBeVisible();
    await expect(join.address).toHaveValue(url);
    await expect(page).toHaveTitle('Join your company’s pool · Gleaner');
    expect(await asked(gallery, 'pools.lookup')).toEqual([]);
    expect(await violations(page)).toEqual([]);
    await join.lookUp.click();
    await join.agree.click();
    await expect(new GridsPage(page).card(poolName)).toContainText('Joining');
    expect(await asked(gallery, 'pools.join')).toEqual([
      { from: { kind: 'url', url }, contacts, share: 100 },
    ]);
    await gallery.app.evaluate(() => {
      globalThis.gallery.shell.openLink('gleaner://pool/http%3A%2F%2Fcatalog.acme.example%2Fe.json');
    });
    await expect(page.getByText('leads nowhere in Gleaner')).toBeVisible();
  });
});

for (const dark of [false, true]) {
  test.describe(dark ? 'a pool in dark' : 'a pool in light', () => {
    let gallery: GalleryRun;
    let grids: GridsPage;
    test.beforeAll(async () => {
      gallery = await openGallery({ dark });
      grids = new GridsPage(gallery.page);
      await grids.open();
      await gallery.show('pooled', 'Grids');
    });
    test.afterAll(() => gallery.close());

    test('is accessible, and no wider than a narrow window', async () => {
      const { page } = gallery;
      for (const name of [poolName, 'Acme test laboratory']) await grids.showPool(name);
      expect(await violations(page)).toEqual([]);
      await grids.press(`Leave ${poolName}`).click();
      expect(await violations(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await gallery.narrow();
      expect(await overflow(page)).toBe(0);
      expect(await violations(page)).toEqual([]);
    });
  });
}

test.describe('a joined pool', () => {
  let gallery: GalleryRun;
  let grids: GridsPage;
  test.beforeEach(async () => {
    gallery = await openGallery({});
    grids = new GridsPage(gallery.page);
    await grids.open();
    await gallery.show('pooled', 'Grids');
  });
  test.afterEach(() => gallery.close());

  test('shows its jobs, its terms, what it sees, and nothing that it does not have', async () => {
    await grids.showPool(poolName);
    const card = grids.card(poolName);
    await expect(card).toContainText('It runs 2 jobs of the pool.');
    await expect(card).toContainText('Jobs done41 · 2 failed');
    const jobs = grids.part(poolName, 'Jobs on this computer');
    await expect(jobs.getByRole('listitem')).toHaveCount(2);
    const first = jobs.getByRole('listitem').first();
    for (const words of [
      'anneal.sh',
      '12.0, for anna',
      'Cores2',
      'Memory1.5 GiB',
      'CPU time1 h 13 min',
      '↓ 31 MiB ↑ 82 KiB',
      '0.06 EURpending',
    ])
      await expect(first).toContainText(words);
    await expect(jobs.getByRole('progressbar')).toHaveCount(1);
    const lately = grids.part(poolName, 'Lately');
    await expect(lately).toContainText('The pool had to run 1 job again because of this computer.');
    await expect(lately.getByRole('row', { name: /6\.0, for anna/ })).toContainText(
      'It is not known what became of it; the pool runs it again.',
    );
    await expect(grids.part(poolName, 'What the pool asks')).toContainText('Version 12, taken');
    await expect(grids.part(poolName, 'Statements of the pool').getByRole('row').nth(1)).toContainText(
      '−0.55 EUR',
    );
    await expect(grids.part(poolName, 'What the pool sees of this computer')).toContainText(
      'GleanerPresence"idle"',
    );
    await expect(grids.part(poolName, 'About the pool')).toContainText('In the pool');
    for (const absent of ['Tasks', 'Messages', 'Transfers', 'About the project'])
      await expect(grids.part(poolName, absent)).toHaveCount(0);
    for (const absent of [/^Update/, /^Abort/])
      await expect(card.getByRole('button', { name: absent })).toHaveCount(0);
    await expect(card).not.toContainText('Credit');
    await grids.showPool('Acme test laboratory');
    await expect(grids.card('Acme test laboratory').getByRole('alert').first()).toContainText(
      'they are older than those that are known',
    );
  });

  test('rests, takes nothing new, and is left after its jobs were handed back', async () => {
    await grids.press(`Pause ${poolName}`).click();
    await grids.press(`Let ${poolName} go on`).click();
    await grids.noNewWork(poolName).check();
    const id = 'condor-pool-acme-example';
    await expect
      .poll(() => asked(gallery, 'grids.set'))
      .toEqual([
        { id, suspended: true },
        { id, suspended: false },
        { id, noNewWork: true },
      ]);
    await gallery.show('pooled', 'Grids');
    await grids.press(`Leave ${poolName}`).click();
    await expect(grids.question).toContainText('2 jobs that are here are handed back first');
    await expect(grids.question).toContainText('you need a new enrolment');
    await grids.question.getByRole('button', { name: 'Leave' }).click();
    await expect(grids.card(poolName)).toHaveCount(0);
    expect(await asked(gallery, 'grids.leave')).toEqual([{ id }]);
  });

  test('settles in the record: what was pending, what is credited, and the difference', async () => {
    const { page } = gallery;
    const activity = new ActivityPage(page);
    await activity.open();
    await expect(activity.row('anneal.sh (9.0)')).toContainText('Acme Research pool · for anna');
    await activity.choose('Kind', 'Statements');
    await expect(activity.count).toHaveText('2 entries');
    await expect(activity.row('Pending credit, replaced by a statement')).toContainText('−18.97 EUR');
    await activity.row('Statement of the pool').click();
    await expect(activity.record).toContainText('Was pending18.97 EUR');
    await expect(activity.record).toContainText('The pool credits18.42 EUR');
    await expect(activity.record).toContainText('Difference−0.55 EUR');
    await expect(activity.record).toContainText('Runs of jobs233');
    await expect(activity.record).toContainText('d7'.repeat(32));
    expect(await violations(page)).toEqual([]);
  });

  test('speaks German and Arabic', async () => {
    const { page } = gallery;
    for (const language of ['de', 'ar'] as const) {
      const t = await speaks(gallery, language);
      await sendTo(gallery, { page: 'grids', open: 'condor-pool-acme-example' });
      const part = page.getByRole('group', { name: t('pools:jobs'), exact: true }).first();
      await expect(part).toContainText(t('pools:job.cores'));
      await expect(page.getByText(t('pools:policy.cpus', { count: 4 })).first()).toBeVisible();
      await expect(page.getByText(t('pools:lost', { count: 1 }))).toBeVisible();
      expect(await violations(page)).toEqual([]);
      await page.getByRole('button', { name: t('grids:join') }).click();
      await page.getByRole('button', { name: t('pools:join.go') }).click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(t('pools:join.title'));
      await page.getByLabel(t('pools:join.choose')).setInputFiles(file('enrolment.json'));
      await expect(page.getByRole('button', { name: new RegExp(poolName) })).toBeVisible();
      expect(await violations(page)).toEqual([]);
    }
  });
});
