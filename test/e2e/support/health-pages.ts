import type { Locator, Page } from '@playwright/test';
import { MainPage } from './pages.ts';

/** Doctor's checks, wherever they are shown. */
export class Checks {
  readonly lookAgain: Locator;
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
    this.lookAgain = page.getByRole('button', { name: 'Look again' }).first();
  }

  check(name: string): Locator {
    return this.#page.getByRole('listitem', { name, exact: true });
  }

  /** How all of it stands. */
  get summary(): Locator {
    return this.#page.getByRole('status').first();
  }

  /** What is to be typed to mend it. */
  command(name: string): Locator {
    return this.check(name).locator('code');
  }

  copyOf(name: string): Locator {
    return this.check(name).getByRole('button', { name: 'Copy the command' });
  }
}

export class HealthPage extends Checks {
  readonly title: Locator;
  readonly save: Locator;
  readonly lines: Locator;
  readonly #main: MainPage;
  readonly #page: Page;

  constructor(page: Page) {
    super(page);
    this.#page = page;
    this.#main = new MainPage(page);
    this.title = page.getByRole('heading', { level: 1, name: 'Health' });
    this.save = page.getByRole('button', { name: 'Save the bundle …' });
    this.lines = page.getByRole('region', { name: 'Lines of the log' });
  }

  async open(): Promise<void> {
    await this.#main.openTab('Health');
    await this.check('QEMU').waitFor();
  }

  async showLog(): Promise<void> {
    await this.#page.getByRole('button', { name: 'Show its newest lines' }).click();
    await this.lines.waitFor();
  }

  card(title: string): Locator {
    return this.#main.card(title);
  }
}

/** The steps to the first work. */
export class WelcomePage extends Checks {
  readonly title: Locator;
  readonly step: Locator;
  readonly next: Locator;
  readonly back: Locator;
  readonly notNow: Locator;
  readonly choose: Locator;
  readonly manager: Locator;
  readonly sample: Locator;
  readonly pool: Locator;
  readonly atLogin: Locator;
  readonly agree: Locator;
  readonly #page: Page;

  constructor(page: Page) {
    super(page);
    const button = (name: string): Locator => page.getByRole('button', { name, exact: true });
    this.#page = page;
    this.title = page.getByRole('heading', { level: 1, name: 'Welcome to Gleaner' });
    this.step = page.getByRole('list', { name: 'Steps' }).locator('[aria-current="step"]');
    this.next = button('Go on');
    this.back = button('Back');
    this.notNow = button('Not now');
    this.choose = button('Choose a project');
    this.manager = button('Enter its address');
    this.sample = button('Use the sample');
    this.pool = button('Join its pool');
    this.atLogin = page.getByRole('switch', { name: /^Start when I sign in/ });
    this.agree = button('Agree and begin');
  }

  heading(words: string): Locator {
    return this.#page.getByRole('heading', { level: 1, name: words });
  }

  preset(name: string): Locator {
    return this.#page.getByRole('radio', { name: new RegExp(`^${name}`) });
  }

  /** What was looked at on this computer and is in order. */
  get checked(): Locator {
    return this.#page.getByRole('button', { name: /^Show what (was checked|is in order)$/ });
  }

  /** A titled part of a step. */
  part(title: string): Locator {
    return this.#page.getByRole('region', { name: title });
  }

  /** From the first step to the choice of a grid. */
  async toWork(): Promise<void> {
    await this.title.waitFor();
    await this.next.click();
    await this.choose.waitFor();
  }
}
