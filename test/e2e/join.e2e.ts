import { expect } from '@playwright/test';
import { type GalleryRun, openGallery, test } from './support/gallery.ts';
import { GridsPage, JoinPage } from './support/grid-pages.ts';

const key = '0123456789abcdef0123456789abcdef';

/** What the host was asked to join, in order. */
const joins = (gallery: GalleryRun): Promise<unknown[]> =>
  gallery.app.evaluate(() =>
    globalThis.gallery.host.asked
      .filter(({ name }) => name === 'grids.join' || name === 'manager.join')
      .map(({ input }): unknown => input),
  );

test.describe('joining', () => {
  let gallery: GalleryRun;
  let join: JoinPage;
  test.beforeEach(async () => {
    gallery = await openGallery({});
    join = new JoinPage(gallery.page);
    await join.open();
  });
  test.afterEach(() => gallery.close());

  test('is done by keyboard alone', async () => {
    const { keyboard } = gallery.page;
    const press = async (times: number, button: string): Promise<void> => {
      for (let time = 0; time < times; time += 1) await keyboard.press(button);
    };
    await expect(join.title).toBeFocused();
    await press(2, 'Tab');
    await expect(join.search).toBeFocused();
    await keyboard.type('knot');
    await expect(gallery.page.getByText('1 project', { exact: true })).toBeVisible();
    await press(2, 'Tab');
    await expect(join.project('Knot Atlas')).toBeFocused();
    await keyboard.press('Enter');
    await expect(join.title).toHaveText('Knot Atlas asks for this');
    await expect(join.title).toBeFocused();
    await press(2, 'Tab');
    await expect(join.agree).toBeFocused();
    await keyboard.press('Space');
    await expect(join.title).toHaveText('Sign in to Knot Atlas');
    await expect(join.title).toBeFocused();
    await press(2, 'Tab');
    await expect(join.way('E-mail and password')).toBeFocused();
    await keyboard.press('ArrowRight');
    await expect(join.way('Account key')).toBeFocused();
    await keyboard.press('Tab');
    await expect(join.field('Account key')).toBeFocused();
    await keyboard.type(key);
    await keyboard.press('Enter');
    await expect(join.title).toHaveText('You have joined Knot Atlas');
    await expect(join.title).toBeFocused();
    await keyboard.press('Tab');
    await expect(join.see).toBeFocused();
    await keyboard.press('Enter');
    await expect(new GridsPage(gallery.page).card('Knot Atlas')).toContainText('Joining');
    expect(await joins(gallery)).toEqual([
      {
        url: 'https://knot-atlas.example.org/',
        account: { kind: 'key', key },
        contacts: [
          { host: 'knot-atlas.example.org', port: 443 },
          { host: 'files.knot-atlas.example.org', port: 443 },
        ],
        allowPrivate: false,
        share: 100,
      },
    ]);
  });

  test('shows the list by area, how old it is and whether anybody has checked it', async () => {
    await expect(join.area('Mathematics').getByRole('button')).toHaveCount(2);
    await expect(gallery.page.getByText('as of 1 March 2025, from memory, not verified')).toHaveCount(1);
    await expect(join.area('Climate')).not.toContainText('March');
    await expect(join.area('Astronomy')).toContainText('As of 1 March 2025, checked');
    await join.search.fill('malaria');
    await expect(gallery.page.getByText('1 project', { exact: true })).toBeVisible();
    await expect(join.project('Fever Map')).toBeVisible();
    await expect(join.area('Mathematics')).toHaveCount(0);
    await join.search.fill('weaving');
    await expect(gallery.page.getByText('No project on this list fits.')).toBeVisible();
    await gallery.page.getByRole('button', { name: 'Another address' }).click();
    await expect(join.address).toBeFocused();
  });

  test('shows what it asks for before anything is agreed to', async () => {
    await join.project('Prime Orchard').click();
    await expect(join.step).toHaveText('What it asks');
    await expect(join.contacts.getByRole('listitem')).toHaveText([
      'prime-orchard.example.org:443',
      'files.prime-orchard.example.org:443',
    ]);
    await expect(join.needs).toContainText('Disk at most4 GiB');
    await expect(join.needs).toContainText('Memory768 MiB');
    await expect(join.needs).toContainText('It has work for Gleaner’s virtual machine.');
    await join.back.click();
    await expect(join.step).toHaveText('Choose');
    await join.back.click();
    await expect(join.title).toHaveText('Grids');
    expect(await joins(gallery)).toEqual([]);
  });

  test('asks an address, can be cancelled while it does, and heeds no late answer', async () => {
    await join.lookUp.click();
    await expect(gallery.page.getByText('Write the address first.')).toBeVisible();
    await gallery.app.evaluate(() => {
      globalThis.gallery.host.grids.hold();
    });
    await join.lookAt('https://tide-tables.example.org');
    await expect(gallery.page.getByRole('status')).toContainText('Asking https://tide-tables.example.org');
    await join.cancel.click();
    await gallery.app.evaluate(() => {
      globalThis.gallery.host.grids.release();
    });
    await join.lookAt('https://nowhere.example.org');
    await expect(join.address).toBeFocused();
    await expect(join.address).toBeInViewport();
    await expect(join.failure).toBeInViewport();
    await expect(join.failure).toContainText('Nothing answers at https://nowhere.example.org/');
    await expect(join.failure).toContainText('Check the address');
    // What was written stays, to be put right.
    await expect(join.address).toHaveValue('https://nowhere.example.org');
    await join.lookAt('https://knot-atlas.example.org');
    await expect(join.title).toHaveText('Knot Atlas asks for this');
  });

  test('refuses a project without work for the virtual machine, and says why', async () => {
    await join.lookAt('https://mac-only.example.org');
    await expect(gallery.page.getByRole('alert')).toContainText('It has no work for this computer.');
    await expect(join.needs).toContainText('Its tasks run on x86_64-apple-darwin.');
    await expect(join.agree).toHaveCount(0);
  });

  test('needs a word for a private network, at the address and for what is contacted', async () => {
    await join.lookAt('https://grid.acme.example');
    await expect(join.failure).toContainText('“grid.acme.example” is no public address.');
    await gallery.page.getByRole('button', { name: 'It is on my company’s network: try again' }).click();
    await expect(join.contacts).toContainText('grid.acme.example:443on your company’s network');
    await expect(join.privateConsent).toBeChecked();
    await join.privateConsent.uncheck();
    await expect(join.agree).toBeDisabled();
    await join.privateConsent.check();
    await join.agree.click();
    await join.signInByKey(key);
    expect(await joins(gallery)).toMatchObject([{ allowPrivate: true }]);
    await join.another.click();
    await join.onCompanyNetwork.check();
    await join.lookAt('https://grid.acme.example');
    await expect(join.title).toHaveText('Acme Simulations asks for this');
  });

  test('offers nothing where only another address helps', async () => {
    await gallery.app.evaluate(() => {
      const { host } = globalThis.gallery;
      const refuse = (code: string): Error => Object.assign(new Error('No.'), { code });
      host.failures.set('grids.lookup', refuse('EINVAL'));
    });
    await join.lookAt('rubbish');
    await expect(join.failure).toBeVisible();
    await expect(join.failure.getByRole('button')).toHaveCount(0);
  });

  test('hides what is not permitted, and says how many are', async () => {
    const { app, page } = gallery;
    await join.back.click();
    await app.evaluate(() => {
      globalThis.gallery.lock({ 'grids.permitted': ['https://knot-atlas.example.org/'] });
    });
    await join.open();
    await expect(page.getByText('Acme Research permits 1 of these 6.')).toBeVisible();
    await expect(join.project('Knot Atlas')).toBeVisible();
    await expect(join.project('Tide Tables')).toHaveCount(0);
  });

  test('signs in by e-mail and password; what is refused can be put right', async () => {
    await join.project('Knot Atlas').click();
    await join.agree.click();
    await join.join.click();
    await expect(join.field('E-mail address')).toBeFocused();
    await expect(gallery.page.getByText('This is needed.')).toHaveCount(2);
    await join.field('E-mail address').fill('me');
    await expect(gallery.page.getByText('This is no e-mail address.')).toBeVisible();
    await join.field('E-mail address').fill('me@example.org');
    await join.field('Password').fill('wrong');
    await expect(join.field('Password')).toHaveAttribute('type', 'password');
    await join.show.check();
    await expect(join.field('Password')).toHaveAttribute('type', 'text');
    expect(await joins(gallery)).toEqual([]);
    await join.join.click();
    await expect(join.failure).toContainText('The project does not know this e-mail address');
    await expect(join.failure).toContainText('Try again, or use the account key');
    await expect(join.field('E-mail address')).toHaveValue('me@example.org');
    await join.field('Password').fill('right');
    await join.join.click();
    await expect(join.title).toHaveText('You have joined Knot Atlas');
    await expect(join.step).toHaveText('Done');
    expect(await joins(gallery)).toMatchObject([
      { account: { kind: 'login', password: 'wrong' } },
      { account: { kind: 'login', email: 'me@example.org', password: 'right' } },
    ]);
    await join.another.click();
    await expect(join.project('Knot Atlas')).toBeDisabled();
  });

  test('makes an account: with a long enough password, and the terms agreed to', async () => {
    await join.project('Tide Tables').click();
    await join.agree.click();
    await join.way('New account').check();
    await join.field('E-mail address').fill('me@example.org');
    await join.field('Name that others see').fill('Me');
    await join.field('Password').fill('short');
    await expect(join.terms).toContainText('You agree that results are published.');
    await join.join.click();
    await expect(join.field('Password')).toBeFocused();
    await expect(gallery.page.getByText('Joining needs your agreement.')).toBeVisible();
    await join.field('Password').fill('long enough for it');
    await join.agreed.check();
    await join.join.click();
    await expect(join.title).toHaveText('You have joined Tide Tables');
    expect(await joins(gallery)).toMatchObject([
      { account: { kind: 'create', email: 'me@example.org', name: 'Me', agreed: true } },
    ]);
  });

  test('looks again when it asks for something else than was agreed to', async () => {
    await join.project('Knot Atlas').click();
    await join.agree.click();
    await gallery.app.evaluate(() => {
      const { host } = globalThis.gallery;
      const [offer] = [...host.grids.offers.values()];
      const url = 'https://knot-atlas.example.org/';
      if (offer) host.grids.offers.set(url, { ...offer, url, name: 'Knot Atlas', kind: 'project' });
    });
    await join.way('Account key').check();
    await join.field('Account key').fill(key);
    await join.join.click();
    await expect(join.failure).toContainText('What Knot Atlas may contact has changed.');
    await gallery.page.getByRole('button', { name: 'Look at it again' }).click();
    await expect(join.contacts.getByRole('listitem')).toHaveText(['united.example.org:443']);
  });

  test('leads to an account manager by name and password', async () => {
    await join.lookAt('https://united.example.org');
    await expect(gallery.page.getByText('An account manager chooses projects for you.')).toBeVisible();
    await expect(join.contacts).toContainText('united.example.org:443');
    await join.agree.click();
    await join.field('Name').fill('volunteer');
    await join.field('Password').fill('right');
    await join.join.click();
    await expect(join.title).toHaveText('You have joined Science Together');
    await join.see.click();
    await expect(new GridsPage(gallery.page).card('Account manager: Science Together')).toContainText(
      'Signed in as volunteer',
    );
    expect(await joins(gallery)).toEqual([
      { url: 'https://united.example.org/', name: 'volunteer', password: 'right', allowPrivate: false },
    ]);
  });

  test('waits for the project, and lets nothing be changed meanwhile', async () => {
    await join.project('Knot Atlas').click();
    await join.agree.click();
    await gallery.app.evaluate(() => {
      globalThis.gallery.host.grids.hold();
    });
    await join.way('Account key').check();
    await join.field('Account key').fill(key);
    await join.join.click();
    await expect(gallery.page.getByRole('status')).toHaveText('Joining Knot Atlas …');
    await expect(join.join).toBeDisabled();
    await expect(join.back).toBeDisabled();
    await expect(join.field('Account key')).toBeDisabled();
  });

  test('shows the words of a project as words', async () => {
    const words = '<img src=x onerror=alert(1)>\u202e';
    await gallery.app.evaluate((_electron, name) => {
      const { host } = globalThis.gallery;
      const [offer] = [...host.grids.offers.values()];
      const url = 'https://evil.example.org/';
      if (offer)
        host.grids.offers.set(url, { ...offer, url, name, terms: name, kind: 'project', platforms: [name] });
    }, words);
    await join.lookAt('https://evil.example.org');
    // Nothing of a name turns the words after it.
    await expect(join.title).toHaveText('<img src=x onerror=alert(1)> asks for this');
    await expect(join.needs).toContainText('Its tasks run on <img src=x onerror=alert(1)>.');
    expect(await gallery.page.locator('img').count()).toBe(0);
  });
});
