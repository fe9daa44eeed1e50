import type { Locator, Page } from '@playwright/test';
import { MainPage } from './pages.ts';

/** What ran: the day, what is ahead, and the record. */
export class ActivityPage {
  readonly day: Locator;
  /** The pieces of the day, one after the other. */
  readonly line: Locator;
  readonly dayBefore: Locator;
  readonly dayAfter: Locator;
  readonly today: Locator;
  readonly search: Locator;
  readonly count: Locator;
  readonly table: Locator;
  readonly record: Locator;
  readonly close: Locator;
  readonly newer: Locator;
  readonly #page: Page;

  constructor(page: Page) {
    const button = (name: string): Locator => page.getByRole('button', { name, exact: true });
    this.#page = page;
    this.day = page.getByRole('region', { name: 'The day' });
    this.line = this.day.getByRole('slider');
    this.dayBefore = button('Day before');
    this.dayAfter = button('Day after');
    this.today = button('Today');
    this.search = page.getByRole('searchbox', { name: 'Search titles, owners, hosts' });
    this.count = page
      .getByRole('region', { name: 'The record' })
      .getByRole('status')
      .getByText(/entr(y|ies)$/);
    this.table = page.getByRole('grid', { name: 'The record' });
    this.record = page.getByRole('dialog');
    this.close = this.record.getByRole('button', { name: 'Close' });
    this.newer = page.getByRole('button', { name: /newer entr/ });
  }

  async open(): Promise<void> {
    await new MainPage(this.#page).openTab('Activity');
    await this.count.waitFor();
  }

  row(title: string): Locator {
    return this.table.getByRole('row').filter({ has: this.#page.getByRole('rowheader', { name: title }) });
  }

  /** The row that the keys are at. */
  get current(): Locator {
    return this.table.locator('[aria-selected="true"]');
  }

  /** Chooses from one of the lists above the table. */
  async choose(list: 'Grid' | 'Kind' | 'Outcome' | 'When', option: string): Promise<void> {
    await this.#page.getByRole('button', { name: new RegExp(`${list}$`) }).click();
    await this.#page.getByRole('option', { name: option, exact: true }).click();
  }
}
