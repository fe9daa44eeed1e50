import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test as base, type ElectronApplication, type Page } from '@playwright/test';
import type { GalleryState } from '../../fixtures/snapshots.ts';
import { buildGallery } from '../gallery/build.ts';
import { checkoutDir, launch, makeHome, nextWindow } from './launch.ts';

const galleryDir = path.join(checkoutDir, '.cache', 'gallery');
let built: Promise<void> | undefined;

export interface GalleryRun {
  readonly app: ElectronApplication;
  readonly page: Page;
  /** Shows a state of test/fixtures/snapshots.ts and waits until the page does. */
  show(state: GalleryState, heading: string): Promise<void>;
  /** Makes the window as narrow as it may be, or so many pixels wide. */
  narrow(width?: number): Promise<void>;
  close(): Promise<void>;
}

/** By how many pixels the page is wider than its window. */
export async function overflow(page: Page): Promise<number> {
  return await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    // A page without a scrollbar leaves the room for one all the same.
    return Math.max(0, scrollWidth - clientWidth);
  });
}

/** The changes of settings that the host was asked for, in order: what was asked, the key, the value. */
export async function changesIn({ app }: GalleryRun): Promise<unknown[]> {
  return await app.evaluate(() =>
    globalThis.gallery.host.asked
      .filter(({ name }) => name === 'settings.set' || name === 'settings.unset')
      .map(({ name, input }): unknown[] => [
        name.slice('settings.'.length),
        ...Object.values(input as Record<string, unknown>),
      ]),
  );
}

export interface GalleryOptions {
  readonly dark?: boolean;
  readonly scale?: number;
  /** Leaves the shell to notice that there is no tray. */
  readonly noTray?: boolean;
  /** What the window begins with. */
  readonly state?: GalleryState;
  /** Much is wrong with the computer. */
  readonly troubled?: boolean;
  /** In a process of its own: for what changes more than a window, as what Electron knows of this desktop. */
  readonly alone?: boolean;
}

/** An Electron that galleries are opened in, one after the other. */
interface Theatre {
  readonly app: ElectronApplication;
  /** What cannot change while it runs. */
  readonly kind: string;
  close(): Promise<void>;
}

let theatre: Theatre | undefined;

async function openTheatre(options: GalleryOptions): Promise<Theatre> {
  const { dark = false, scale } = options;
  built ??= buildGallery(galleryDir);
  await built;
  const home = makeHome();
  const app = await launch({
    appDir: galleryDir,
    homeDir: home.homeDir,
    switches: scale === undefined ? [] : [`--force-device-scale-factor=${scale}`],
    colorScheme: dark ? 'dark' : 'light',
    env: { GALLERY_CHECKOUT: checkoutDir },
  });
  return {
    app,
    kind: kindOf(options),
    async close() {
      await app.close();
      home.remove();
    },
  };
}

const kindOf = ({ dark, scale }: GalleryOptions): string => `${dark === true} ${scale ?? 'as it is'}`;

/** The one that is open, if it is of this kind. */
async function theatreFor(options: GalleryOptions): Promise<Theatre> {
  if (theatre?.kind !== kindOf(options)) {
    await closeTheatre();
    theatre = await openTheatre(options);
  }
  return theatre;
}

/** Ends what galleries were opened in. */
export async function closeTheatre(): Promise<void> {
  const closed = theatre;
  theatre = undefined;
  await closed?.close();
}

/** Tests that open galleries: what these were opened in is ended with the last of them. */
export const test = base.extend<object, { theatre: undefined }>({
  theatre: [
    // Playwright reads from the pattern what a fixture needs.
    // biome-ignore lint/correctness/noEmptyPattern: it needs nothing
    async ({}, use) => {
      await use(undefined);
      await closeTheatre();
    },
    { scope: 'worker', auto: true },
  ],
});

/** Opens a gallery's window. */
export async function openGallery(options: GalleryOptions): Promise<GalleryRun> {
  const { alone = false, noTray = false, state = 'working', troubled = false } = options;
  const home = makeHome();
  if (!noTray) {
    writeFileSync(path.join(home.homeDir, 'shell.json'), JSON.stringify({ toldAboutTray: true }));
  }
  const where = alone ? await openTheatre(options) : await theatreFor(options);
  const { app } = where;
  const opened = nextWindow(app);
  await app.evaluate((_electron, start) => globalThis.stage.begin(start), {
    homeDir: home.homeDir,
    state,
    troubled,
  });
  const page = await opened;
  return {
    app,
    page,
    async show(state, heading) {
      await app.evaluate((_electron, wanted) => {
        globalThis.gallery.show(wanted);
      }, state);
      await page.getByRole('heading', { level: 1, name: heading }).waitFor();
    },
    async narrow(width = 420) {
      await app.evaluate(({ BrowserWindow }, wanted) => {
        BrowserWindow.getAllWindows()[0]?.setBounds({ width: wanted, height: 600 });
      }, width);
      await page.waitForFunction((wanted) => Math.abs(window.innerWidth - wanted) < 20, width);
    },
    async close() {
      if (alone) await where.close();
      else await app.evaluate(() => globalThis.stage.end());
      home.remove();
    },
  };
}

/** Closes the window, which ends its page, and opens another. */
export async function reopen({ app, page }: GalleryRun): Promise<Page> {
  const closed = page.waitForEvent('close');
  await app.evaluate(({ BrowserWindow }) => {
    BrowserWindow.getAllWindows()[0]?.close();
  });
  await closed;
  const opened = nextWindow(app);
  await app.evaluate(() => {
    globalThis.gallery.shell.openWindow();
  });
  return await opened;
}
