import { expect } from '@playwright/test';
import { violations } from './support/axe.ts';
import { type GalleryRun, openGallery, overflow, test } from './support/gallery.ts';
import { GridsPage } from './support/grid-pages.ts';
import { MainPage } from './support/pages.ts';

const orchard = 'Prime Orchard';

/** The inputs of a command, in the order in which they were asked. */
const asked = (gallery: GalleryRun, command: string): Promise<unknown[]> =>
  gallery.app.evaluate(
    (_electron, name) =>
      globalThis.gallery.host.asked.filter((one) => one.name === name).map(({ input }): unknown => input),
    command,
  );

for (const dark of [false, true]) {
  test.describe(dark ? 'grids in dark' : 'grids in light', () => {
    let gallery: GalleryRun;
    let grids: GridsPage;
    test.beforeAll(async () => {
      gallery = await openGallery({ dark });
      grids = new GridsPage(gallery.page);
    });
    test.afterAll(() => gallery.close());

    test('are accessible without any, with several, and with everything open', async () => {
      const { page } = gallery;
      await grids.open();
      await expect(page.getByText('No project is joined yet.')).toBeVisible();
      expect(await violations(page)).toEqual([]);
      await gallery.show('volunteer', 'Grids');
      for (const name of [orchard, 'Protein Loom', 'Quiet Sky']) await grids.showDetails(name);
      await page.getByRole('button', { name: 'Hosts of the last 30 days' }).click();
      await expect(page.getByRole('table', { name: 'Hosts of the last 30 days' })).toBeVisible();
      expect(await violations(page)).toEqual([]);
      await grids.press('Allow 10.20.0.9:8080').click();
      await expect(grids.question).toBeVisible();
      expect(await violations(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await grids.press('Leave Prime Orchard').click();
      await expect(grids.question).toBeVisible();
      expect(await violations(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await gallery.show('managed', 'Grids');
      await expect(grids.card('Account manager: Science Together')).toBeVisible();
      expect(await violations(page)).toEqual([]);
    });
  });
}

test.describe('the grids’ page', () => {
  let gallery: GalleryRun;
  let grids: GridsPage;
  test.beforeEach(async () => {
    gallery = await openGallery({});
    grids = new GridsPage(gallery.page);
    await grids.open();
    await gallery.show('volunteer', 'Grids');
  });
  test.afterEach(() => gallery.close());

  test('says of each project what it does, what runs, and what it credits', async () => {
    const card = grids.card(orchard);
    await expect(card).toContainText('It computes 2 tasks.');
    await expect(card.getByRole('progressbar')).toHaveCount(2);
    await expect(card).toContainText('Credit here1,204.3');
    await expect(card).toContainText('Recent average41.7');
    await expect(card).toContainText('Credit of account88,410.5');
    await expect(card).toContainText('Finished tasks14 · 1 failed');
    await expect(grids.card('Protein Loom')).toContainText('It is suspended: none of its tasks runs.');
    const sky = grids.card('Quiet Sky');
    await expect(sky.getByRole('alert')).toContainText('has not answered since yesterday.');
    await expect(sky.getByRole('alert')).toContainText('Gleaner asks again by itself.');
    await expect(sky).toContainText('Credit hereNot told yet');
  });

  test('steers a project', async () => {
    await grids.press('Pause Prime Orchard').click();
    await expect(grids.card(orchard)).toContainText('It is suspended: none of its tasks runs.');
    await grids.press('Let Prime Orchard go on').click();
    await expect(grids.card(orchard)).toContainText('It waits for its turn to ask for work.');
    await grids.noNewWork(orchard).check();
    await expect(grids.noNewWork(orchard)).toBeChecked();
    await grids.press('Update Prime Orchard: ask for news and work').click();
    await expect(grids.card(orchard)).toContainText('It asks the project for work.');
    const id = 'boinc-orchard';
    expect(await asked(gallery, 'grids.set')).toEqual([
      { id, suspended: true },
      { id, suspended: false },
      { id, noNewWork: true },
    ]);
    expect(await asked(gallery, 'grids.update')).toEqual([{ id }]);
  });

  test('divides the work by parts that add up, moved by keyboard and by mouse', async () => {
    await expect.poll(() => grids.parts()).toEqual(['29 %', '29 %', '14 %', '28 %']);
    await grids.share(orchard).focus();
    for (let step = 0; step < 3; step += 1) await gallery.page.keyboard.press('ArrowRight');
    await expect(grids.share(orchard)).toHaveValue('32');
    await expect(grids.share(orchard)).toHaveAttribute('aria-valuetext', '32 %');
    await expect.poll(() => grids.parts()).toEqual(['27 %', '32 %', '14 %', '27 %']);
    await grids.share('This computer').fill('60');
    await expect.poll(() => grids.parts()).toEqual(['60 %', '18 %', '7 %', '15 %']);
    await expect(grids.share('Quiet Sky')).toHaveValue('15');
    expect(await asked(gallery, 'settings.set')).toEqual([{ key: 'grids.localShare', value: 401.4 }]);
    // While it is moved, before it is set.
    const at = await grids.share('Protein Loom').boundingBox();
    if (!at) throw new Error('the slider has no place');
    await gallery.page.mouse.move(at.x + at.width * 0.08, at.y + at.height / 2);
    await gallery.page.mouse.down();
    await gallery.page.mouse.move(at.x + at.width / 2, at.y + at.height / 2, { steps: 4 });
    await expect.poll(async () => Number.parseInt((await grids.parts())[0] ?? '', 10)).toBeLessThan(40);
    expect(await asked(gallery, 'grids.set')).toHaveLength(3);
    await gallery.page.mouse.up();
    await expect.poll(() => asked(gallery, 'grids.set')).toHaveLength(4);
  });

  test('shows who set a share that is locked, and takes a refused one back', async () => {
    await gallery.app.evaluate(() => {
      const failure = Object.assign(new Error('the disk is full'), { code: 'ENOSPC' });
      globalThis.gallery.host.failures.set('grids.set', failure);
    });
    await grids.share(orchard).fill('50');
    const card = grids.card('How the work is shared');
    await expect(card.getByRole('alert')).toContainText('The disk is full.');
    await expect(grids.share(orchard)).toHaveValue('29');
    await gallery.app.evaluate(() => {
      globalThis.gallery.lock({ 'grids.localShare': 100 });
    });
    await new MainPage(gallery.page).openTab('Home');
    await grids.open();
    await expect(grids.share('This computer')).toBeDisabled();
    await expect(grids.share('This computer')).toHaveAccessibleDescription('set by Acme Research');
    await gallery.show('managed', 'Grids');
    await expect(grids.share(orchard)).toBeDisabled();
    await expect(grids.share(orchard)).toHaveAccessibleDescription('set by Science Together');
  });

  test('says on its card why something did not work', async () => {
    await gallery.app.evaluate(() => {
      const failure = Object.assign(new Error('the disk is full'), { code: 'ENOSPC' });
      globalThis.gallery.host.failures.set('grids.set', failure);
    });
    await grids.press('Pause Prime Orchard').click();
    await expect(grids.card(orchard).getByRole('alert')).toContainText('The disk is full.');
    await expect(grids.card('Protein Loom').getByRole('alert')).toHaveCount(0);
  });

  test('leaves a project only after it has said what is lost', async () => {
    await grids.press('Leave Prime Orchard').click();
    await expect(grids.question.getByRole('listitem')).toHaveText([
      '3 tasks that are not finished are given up and earn nothing. The project gives them to other computers.',
      'Its disk is deleted, with the 410 MiB on it.',
      'Credit that you have stays with your account there.',
    ]);
    await gallery.page.keyboard.press('Escape');
    await expect(grids.question).toHaveCount(0);
    await expect(grids.press('Leave Prime Orchard')).toBeFocused();
    expect(await asked(gallery, 'grids.leave')).toEqual([]);
    await grids.press('Leave Prime Orchard').click();
    await grids.question.getByRole('button', { name: 'Leave' }).click();
    await expect(grids.card(orchard)).toHaveCount(0);
    await expect(grids.card('Protein Loom')).toBeVisible();
    expect(await asked(gallery, 'grids.leave')).toEqual([{ id: 'boinc-orchard' }]);
  });

  test('shows the tasks with what is to be known of each, and aborts one', async () => {
    await grids.showDetails(orchard);
    const task = grids.task('sieve_40961_17_0');
    await expect(task).toContainText('Sieve 2.04');
    await expect(task).toContainText('Running 61 %');
    await expect(task).toContainText('1 h 25 min');
    await expect(task).toContainText('1 min 34 s');
    await expect(grids.task('sieve_40961_19_0')).toContainText('Ready');
    await grids.press('Abort sieve_40961_17_0').click();
    await expect(grids.question).toContainText('Its 1 h 25 min of CPU time are lost');
    await grids.question.getByRole('button', { name: 'Abort it' }).click();
    await expect(task).toContainText('Aborted');
    await expect(grids.press('Abort sieve_40961_17_0')).toHaveCount(0);
    expect(await asked(gallery, 'grids.abort-task')).toEqual([
      { id: 'boinc-orchard', task: 'sieve_40961_17_0' },
    ]);
  });

  test('shows transfers, messages, disk, account, and whom it may and did contact', async () => {
    await grids.showDetails(orchard);
    await expect(grids.part(orchard, 'Transfers')).toContainText(
      'Loads sieve_40961_20.in3 MiB of 12 MiB, 410 KiB/s',
    );
    await expect(grids.part(orchard, 'Messages')).toContainText('Work for the spring');
    await expect(grids.part(orchard, 'About the project')).toContainText('410 MiB of at most 4 GiB');
    await expect(grids.part(orchard, 'About the project')).toContainText('A weak one: it can only compute');
    await expect(grids.part(orchard, 'What it may contact').getByRole('listitem')).toHaveText([
      'orchard.example.org:443named by the project',
      'files.orchard.example.org:443named by the project',
    ]);
    await expect(grids.part(orchard, 'What it contacted').getByRole('listitem')).toContainText([
      'orchard.example.org402 KiB sent, 2.8 MiB received',
      'files.orchard.example.org60 KiB sent, 148 MiB received',
    ]);
  });

  test('tells what was refused and why, and allows a place after asking', async () => {
    await grids.showDetails(orchard);
    const refused = grids.part(orchard, 'What it was refused').getByRole('listitem');
    await expect(refused).toContainText([
      /mirror\.example\.net:443 · Not on its list.*4 times, the last 2 min ago/,
      /10\.20\.0\.9:8080 · On a private network/,
      /tracker\.example\.com:80 · Daily limit.*Today’s network quota is used up; it begins anew tomorrow\./,
    ]);
    await expect(refused.nth(2).getByRole('button')).toHaveCount(0);
    await grids.press('Allow mirror.example.net:443').click();
    await expect(grids.question).toContainText('Every task of Prime Orchard may then speak to it.');
    await grids.question.getByRole('button', { name: 'Allow' }).click();
    await expect(refused).toHaveCount(2);
    const contacts = grids.part(orchard, 'What it may contact');
    await expect(contacts).toContainText('mirror.example.net:443allowed by you');
    await grids.press('Forbid mirror.example.net:443').click();
    await expect(contacts).not.toContainText('mirror.example.net');
    const place = { id: 'boinc-orchard', host: 'mirror.example.net', port: 443 };
    expect(await asked(gallery, 'grids.allow')).toEqual([{ ...place, private: false }]);
    expect(await asked(gallery, 'grids.forbid')).toEqual([place]);
  });

  test('allows a private address only with the word that it is the company’s', async () => {
    await grids.showDetails(orchard);
    await grids.press('Allow 10.20.0.9:8080').click();
    const allow = grids.question.getByRole('button', { name: 'Allow' });
    await expect(allow).toBeDisabled();
    await grids.question.getByRole('checkbox', { name: 'It is on my company’s network' }).check();
    await allow.click();
    await expect(grids.part(orchard, 'What it may contact')).toContainText(
      '10.20.0.9:8080allowed by you, on your company’s network',
    );
    expect(await asked(gallery, 'grids.allow')).toEqual([
      { id: 'boinc-orchard', host: '10.20.0.9', port: 8080, private: true },
    ]);
  });

  test('is accessible and as wide as its content when it is narrow', async () => {
    await gallery.narrow();
    for (const name of [orchard, 'Quiet Sky']) await grids.showDetails(name);
    expect(await overflow(gallery.page)).toBe(0);
    expect(await violations(gallery.page)).toEqual([]);
    await grids.press('Allow 10.20.0.9:8080').click();
    await expect(grids.question).toBeVisible();
    expect(await overflow(gallery.page)).toBe(0);
  });

  test('tells what went over the network', async () => {
    const card = grids.card('Network');
    await expect(card).toContainText('Today151 MiB of 500 MiB');
    await expect(card).toContainText('This month2.2 GiB');
    await gallery.page.getByRole('button', { name: 'Hosts of the last 30 days' }).click();
    await expect(card.getByRole('row').nth(1)).toContainText('files.orchard.example.org');
  });

  test('leaves the choice of projects, share and end to an account manager', async () => {
    await gallery.show('managed', 'Grids');
    const card = grids.card('Account manager: Science Together');
    await expect(card).toContainText('Signed in as volunteer · Asked 30 min ago, asked again in 23 h');
    await expect(card).toContainText(
      'https://mac-only.example.org/The account manager’s signature for it is not right.',
    );
    await expect(grids.card(orchard)).toContainText('Chosen by Science Together');
    await expect(grids.share(orchard)).toBeDisabled();
    await expect(grids.press('Leave Prime Orchard')).toHaveCount(0);
    await grids.press('Ask it now').click();
    await expect.poll(() => asked(gallery, 'manager.sync')).toHaveLength(1);
    await grids.press('Leave Science Together').click();
    await grids.question.getByRole('checkbox', { name: /^Leave those projects too/ }).check();
    await grids.question.getByRole('button', { name: 'Leave' }).click();
    await expect(gallery.page.getByText('No project is joined yet.')).toBeVisible();
    expect(await asked(gallery, 'manager.leave')).toEqual([{ leaveProjects: true }]);
  });
});

test.describe('grids elsewhere', () => {
  let gallery: GalleryRun;
  let main: MainPage;
  test.beforeEach(async () => {
    gallery = await openGallery({});
    main = new MainPage(gallery.page);
  });
  test.afterEach(() => gallery.close());

  test('at home: tasks like jobs, each machine by its project, credit as observed', async () => {
    await gallery.show('volunteer', 'Working');
    await expect(main.card('Now')).toContainText('Sieve 2.04, sieve_40961_17_0Prime Orchard');
    await expect(main.card('Now')).toContainText('1 h 25 min of CPU time · due');
    await expect(main.card('Now')).toContainText('Option book, part 4 of 10for Sample project');
    await expect(main.card('Now')).toContainText('61 % · done in 4 h at this pace');
    await expect(main.card('Now').getByRole('progressbar')).toHaveCount(3);
    await expect(main.gauge).toHaveAttribute('aria-valuetext', '88 % of 100 % granted');
    await expect(main.card('Processor').getByRole('meter')).toHaveCount(2);
    await expect(main.card('Processor')).toContainText('Prime Orchard47 % of 50 % granted');
    await expect(main.card('Today')).toContainText('Earned (Prime Orchard)12.3 creditobserved');
    await expect(main.card('Today')).toContainText('Earned (This computer)15 points');
    await expect(main.card('Today')).toContainText('Observed: read off the project, which signs nothing.');
    await gallery.show('working', 'Working');
    await expect(main.card('Today')).not.toContainText('bserved');
  });

  test('of a service of the machine: everything to be seen is there, and nothing to steer', async () => {
    const { app, page } = gallery;
    await gallery.show('volunteer', 'Working');
    await main.openTab('Grids');
    await expect(page.getByText('the others give way in proportion')).toBeVisible();
    await main.openTab('Home');
    await app.evaluate(() => {
      globalThis.gallery.serve('everyone');
    });
    const notice = main.card('What it was refused');
    await expect(notice.getByRole('button')).toHaveText(['Dismiss']);
    await main.openTab('Grids');
    const card = new GridsPage(page).card(orchard);
    await expect(card.getByRole('heading', { name: orchard })).toBeVisible();
    await expect(card.locator('button, input')).toHaveCount(0);
    await expect(page.getByRole('slider')).not.toHaveCount(0);
    await expect(page.locator('input[type=range]:enabled')).toHaveCount(0);
    await expect(page.getByText('Parts of the CPU time of a day')).toBeVisible();
    await expect(page.getByText('the others give way in proportion')).toHaveCount(0);
    await expect(page.getByText('Your organization').first()).toBeVisible();
    await main.openTab('Activity');
    await expect(page.getByRole('heading', { level: 1, name: 'Activity' })).toBeVisible();
    await expect(page.getByRole('button', { name: /CSV|JSON/ })).toHaveCount(0);
  });

  test('at home: what was refused lately leads to why, and can be waved away', async () => {
    await gallery.show('volunteer', 'Working');
    const notice = main.card('What it was refused');
    await expect(notice).toContainText(
      'Prime Orchard wanted to reach mirror.example.net:443 and was refused.',
    );
    await expect(notice).toContainText('And 2 other places.');
    await notice.getByRole('button', { name: 'See why' }).click();
    const grids = new GridsPage(gallery.page);
    await expect(grids.part(orchard, 'What it was refused')).toBeInViewport();
    await expect(grids.card(orchard).getByRole('heading', { name: orchard })).toBeFocused();
    await main.openTab('Home');
    await notice.getByRole('button', { name: 'Dismiss' }).click();
    await expect(notice).toHaveCount(0);
    await main.openTab('Activity');
    await main.openTab('Home');
    await expect(main.state).toHaveText('Working');
    await expect(notice).toHaveCount(0);
    // Something new is told again.
    await gallery.app.evaluate(() => {
      const { host } = globalThis.gallery;
      const [denial] = host.snapshot.denials;
      if (denial) host.emit({ ...host.snapshot, denials: [{ ...denial, lastAt: Date.now() }] });
    });
    await expect(notice).toContainText('mirror.example.net:443');
    // What was refused before anything was joined was told where it was asked.
    await gallery.app.evaluate(() => {
      const { host } = globalThis.gallery;
      const denials = host.snapshot.denials.map((denial) => ({ ...denial, grid: 'lookup' }));
      host.emit({ ...host.snapshot, denials });
    });
    await expect(notice).toHaveCount(0);
  });

  test('in what ran: the project, pending without a figure, and the credit that it told of', async () => {
    await gallery.show('volunteer', 'Working');
    await main.openTab('Activity');
    await expect(main.job('sieve_40961_12_0')).toContainText('Prime Orchard');
    await expect(main.job('sieve_40961_12_0')).toContainText('Done');
    await expect(main.job('sieve_40961_12_0')).toContainText('pending');
    await expect(main.job('Credit, as the project tells it')).toContainText([
      /Prime OrchardObserved–\+12\.3 creditnow 1204\.31/,
      /Prime OrchardObserved–−2 creditnow 1192\.01/,
    ]);
  });
});
