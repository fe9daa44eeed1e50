import type { Locator, Page } from '@playwright/test';
import { MainPage } from './pages.ts';

/** The way from a choice to a joined project or account manager. */
export class JoinPage {
  readonly title: Locator;
  readonly step: Locator;
  readonly search: Locator;
  readonly address: Locator;
  readonly onCompanyNetwork: Locator;
  readonly lookUp: Locator;
  readonly cancel: Locator;
  readonly back: Locator;
  readonly failure: Locator;
  /** What its tasks (or, for a manager, Gleaner) may contact. */
  readonly contacts: Locator;
  readonly needs: Locator;
  readonly privateConsent: Locator;
  readonly agree: Locator;
  readonly join: Locator;
  readonly show: Locator;
  readonly see: Locator;
  /** Back to the welcome page, for whoever came from there. */
  readonly goOn: Locator;
  readonly another: Locator;
  readonly #page: Page;

  constructor(page: Page) {
    const button = (name: string): Locator => page.getByRole('button', { name, exact: true });
    this.#page = page;
    this.title = page.getByRole('heading', { level: 1 });
    this.step = page.getByRole('list', { name: 'Steps' }).locator('[aria-current="step"]');
    this.search = page.getByRole('searchbox', { name: 'Search' });
    this.address = page.getByRole('textbox', { name: 'Address' });
    this.onCompanyNetwork = page.getByRole('checkbox', { name: 'It is on my company’s network' });
    this.lookUp = button('Look it up');
    this.cancel = button('Cancel');
    this.back = button('Back');
    this.failure = page.getByRole('alert');
    this.contacts = page.getByRole('region', { name: /may contact$|Gleaner contacts$/ });
    this.needs = page.getByRole('region', { name: 'What it may use' });
    this.privateConsent = page.getByRole('checkbox', { name: 'These addresses are on my company’s network' });
    this.agree = button('Agree and go on');
    this.join = button('Join');
    this.show = page.getByRole('checkbox', { name: 'Show' });
    this.see = button('See it under Grids');
    this.goOn = button('Go on');
    this.another = button('Join another');
  }

  /** From wherever the window is. */
  async open(): Promise<void> {
    await new MainPage(this.#page).openTab('Grids');
    await this.#page.getByRole('button', { name: 'Join a project' }).click();
  }

  /** A project of the list. */
  project(name: string): Locator {
    return this.#page.getByRole('button', { name, exact: true });
  }

  area(name: string): Locator {
    return this.#page.getByRole('region', { name });
  }

  async lookAt(address: string): Promise<void> {
    await this.address.fill(address);
    await this.lookUp.click();
  }

  way(name: 'E-mail and password' | 'Name and password' | 'Account key' | 'New account'): Locator {
    return this.#page.getByRole('radio', { name });
  }

  field(name: 'E-mail address' | 'Name' | 'Name that others see' | 'Password' | 'Account key'): Locator {
    return this.#page.getByLabel(name, { exact: true }).and(this.#page.locator('input:not([type=radio])'));
  }

  get agreed(): Locator {
    return this.#page.getByRole('checkbox', { name: 'I have read them and agree' });
  }

  get terms(): Locator {
    return this.#page.getByRole('region', { name: 'Its terms' });
  }

  /** Signs in and waits until it is joined. */
  async signInByKey(key: string): Promise<void> {
    await this.way('Account key').check();
    await this.field('Account key').fill(key);
    await this.join.click();
    await this.see.waitFor();
  }
}

/** What is joined. */
export class GridsPage {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  async open(): Promise<void> {
    await new MainPage(this.#page).openTab('Grids');
  }

  /** The card of a project, an account manager, or the network. */
  card(name: string): Locator {
    return this.#page.getByRole('region', { name, exact: true });
  }

  async showDetails(name: string): Promise<void> {
    await this.#page.getByRole('button', { name: `Details of ${name}`, expanded: false }).click();
    await this.card(name).getByRole('group', { name: 'About the project' }).waitFor();
  }

  async showPool(name: string): Promise<void> {
    await this.#page.getByRole('button', { name: `Details of ${name}`, expanded: false }).click();
    await this.card(name).getByRole('group', { name: 'About the pool' }).waitFor();
  }

  /** A part of the details of a project. */
  part(name: string, title: string): Locator {
    return this.card(name).getByRole('group', { name: title, exact: true });
  }

  task(name: string): Locator {
    return this.#page.getByRole('row').filter({ has: this.#page.getByRole('rowheader', { name }) });
  }

  /** A button of a card, by its whole name. */
  press(name: string): Locator {
    return this.#page.getByRole('button', { name, exact: true });
  }

  /** Its part of the work. */
  share(name: string): Locator {
    return this.card('How the work is shared').getByRole('slider', { name });
  }

  /** The parts of all grids, as they read. */
  async parts(): Promise<string[]> {
    return await this.card('How the work is shared').getByRole('status').allTextContents();
  }

  noNewWork(name: string): Locator {
    return this.card(name).getByRole('switch', { name: /^No new work/ });
  }

  /** What is asked before something is done. */
  get question(): Locator {
    return this.#page.getByRole('dialog');
  }
}
