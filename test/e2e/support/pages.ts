import type { Locator, Page } from '@playwright/test';

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

  get timer(): Locator {
    return this.#page.getByRole('timer');
  }

  get progress(): Locator {
    return this.#page.getByRole('progressbar', { name: 'Progress of the job' });
  }

  async openTab(name: 'Home' | 'Activity'): Promise<void> {
    await this.#page.getByRole('navigation').getByRole('button', { name }).click();
  }

  /** The row of a job in the list of what ran. */
  job(title: string): Locator {
    return this.#page.getByRole('row').filter({ has: this.#page.getByRole('rowheader', { name: title }) });
  }
}
