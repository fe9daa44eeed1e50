import type { Locator, Page } from '@playwright/test';

export const tabs = ['Home', 'Earnings', 'Activity', 'Grids', 'Preferences', 'Health'] as const;
export type Tab = (typeof tabs)[number];

/** The window as a person sees it: by roles and labels only. */
export class MainPage {
  readonly state: Locator;
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
    this.state = page.getByRole('heading', { level: 1 });
  }

  card(title: string): Locator {
    return this.#page.getByRole('region', { name: title });
  }

  pause(choice: string): Locator {
    return this.#page.getByRole('button', { name: choice, exact: true });
  }

  get resume(): Locator {
    return this.#page.getByRole('button', { name: 'Resume now' });
  }

  /** The button beside how fast the computer was given back. */
  get details(): Locator {
    return this.#page.getByRole('button', { name: 'How fast, in detail' });
  }

  get timer(): Locator {
    return this.#page.getByRole('timer');
  }

  /** Of the first job that runs. */
  get progress(): Locator {
    return this.card('Now').getByRole('progressbar').first();
  }

  /** How much of the processor may be used, and is. */
  get gauge(): Locator {
    return this.#page.getByRole('meter', { name: 'CPU share in use', exact: true });
  }

  /** A sentence where it is to be seen; what is only told politely is none. */
  seen(sentence: string): Locator {
    return this.#page.getByText(sentence).and(this.#page.locator(':not([aria-live])'));
  }

  /** What is told politely, once, when the state changes. */
  get announced(): Locator {
    return this.#page.getByRole('main').locator('> [aria-live="polite"]');
  }

  tab(name: Tab): Locator {
    return this.#page.getByRole('navigation').getByRole('button', { name });
  }

  async openTab(name: Tab): Promise<void> {
    await this.tab(name).click();
  }

  /** The row of a job in the list of what ran. */
  job(title: string): Locator {
    return this.#page.getByRole('row').filter({ has: this.#page.getByRole('rowheader', { name: title }) });
  }
}

/** The page of preferences: every value by its name. */
export class PreferencesPage {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  async open(): Promise<void> {
    await new MainPage(this.#page).openTab('Preferences');
    await this.preset('Balanced').waitFor();
  }

  preset(name: string): Locator {
    return this.#page.getByRole('radio', { name: new RegExp(`^${name}`) });
  }

  /** A value's control. */
  control(name: string): Locator {
    return this.#page
      .locator('.setting')
      .getByLabel(new RegExp(`^${name}`))
      .first();
  }

  /** A value with its source and whatever was refused. */
  row(name: string): Locator {
    return this.#page.locator('.setting').filter({ hasText: name });
  }

  /** The search that shows only what is called so. */
  get search(): Locator {
    return this.#page.getByRole('searchbox', { name: 'Search the preferences' });
  }

  /** A group of values, with its title and what it says of them. */
  group(title: string): Locator {
    return this.#page.getByRole('region', { name: title, exact: true });
  }

  back(name: string): Locator {
    return this.#page.getByRole('button', { name: `${name}: Back to` });
  }

  get lastChange(): Locator {
    return this.#page.getByRole('status').filter({ has: this.undo });
  }

  get undo(): Locator {
    return this.#page.getByRole('button', { name: 'Undo' });
  }

  async show(...titles: readonly string[]): Promise<void> {
    for (const name of titles) {
      await this.#page.getByRole('button', { name, exact: true, expanded: false }).click();
    }
  }

  async showAll(): Promise<void> {
    const titles = this.#page.getByRole('heading', { level: 2 });
    const closed = titles.getByRole('button', { expanded: false });
    while ((await closed.count()) > 0) await closed.first().click();
  }
}
