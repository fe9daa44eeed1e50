import type { Locator, Page } from '@playwright/test';

/** What was earned, as a person meets it. */
export class EarningsPage {
  readonly title: Locator;
  /** From when to when. */
  readonly range: Locator;
  readonly earlier: Locator;
  readonly later: Locator;
  readonly summary: Locator;
  readonly electricity: Locator;
  /** To where it is said what a kWh costs. */
  readonly setPrice: Locator;
  readonly nothing: Locator;
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
    this.title = page.getByRole('heading', { level: 1, name: 'Earnings' });
    this.range = page.getByRole('status').first();
    this.earlier = page.getByRole('button', { name: 'Earlier' });
    this.later = page.getByRole('button', { name: 'Later' });
    this.summary = this.card('In this time');
    this.electricity = this.card('Electricity');
    this.setPrice = this.electricity.getByRole('button', { name: 'Say what electricity costs you' });
    this.nothing = page.getByText('Nothing was earned in this time.');
  }

  async open(): Promise<void> {
    await this.#page.getByRole('navigation').getByRole('button', { name: 'Earnings' }).click();
    await this.title.waitFor();
  }

  period(name: 'Days' | 'Weeks' | 'Months'): Locator {
    return this.#page.getByRole('radio', { name });
  }

  /** By mouse; the radio button itself lies hidden behind its words. */
  async show(name: 'Days' | 'Weeks' | 'Months'): Promise<void> {
    await this.#page.getByRole('radiogroup', { name: 'Shown by' }).getByText(name).click();
  }

  card(title: string): Locator {
    return this.#page.getByRole('region', { name: title, exact: true });
  }

  /** The bars of a grid and unit: what arrow keys move along. */
  bars(title: string): Locator {
    return this.card(title).getByRole('slider');
  }

  table(title: string): Locator {
    return this.card(title).getByRole('table', { name: title });
  }

  /** What the table stands in. */
  tableBox(title: string): Locator {
    return this.table(title).locator('..');
  }
}
