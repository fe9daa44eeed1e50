import type { Locator, Page } from '@playwright/test';
import { GridsPage } from './grid-pages.ts';

export const poolName = 'Acme Research pool';

/** The way from an enrolment to a joined pool. */
export class JoinPoolPage {
  readonly title: Locator;
  readonly back: Locator;
  readonly file: Locator;
  readonly address: Locator;
  readonly lookUp: Locator;
  readonly cancel: Locator;
  readonly failure: Locator;
  readonly agree: Locator;
  readonly #page: Page;

  constructor(page: Page) {
    const button = (name: string): Locator => page.getByRole('button', { name, exact: true });
    this.#page = page;
    this.title = page.getByRole('heading', { level: 1 });
    this.back = button('Back');
    this.file = page.getByLabel('Choose the file …');
    this.address = page.getByRole('textbox', { name: 'Address of the enrolment' });
    this.lookUp = button('Look it up');
    this.cancel = button('Cancel');
    this.failure = page.getByRole('alert');
    this.agree = page.getByRole('button', { name: /^Agree and join / });
  }

  /** From wherever the window is. */
  async open(): Promise<void> {
    await new GridsPage(this.#page).open();
    await this.#page.getByRole('button', { name: 'Join a project' }).click();
    await this.#page.getByRole('button', { name: 'Join a pool' }).click();
  }

  card(title: string): Locator {
    return this.#page.getByRole('region', { name: title, exact: true });
  }

  async lookAt(address: string): Promise<void> {
    await this.address.fill(address);
    await this.lookUp.click();
  }
}
