import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ElectronApplication, Page } from '@playwright/test';
import type { GalleryState } from '../../fixtures/snapshots.ts';
import { buildGallery } from '../gallery/build.ts';
import { checkoutDir, launch, makeHome } from './launch.ts';

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

/** Starts the gallery with its window open. */
export async function openGallery(options: {
  readonly dark?: boolean;
  readonly scale?: number;
  /** Leaves the shell to notice that there is no tray. */
  readonly noTray?: boolean;
  /** What the window begins with; it decides about its first page by that. */
  readonly state?: GalleryState;
  /** Much is wrong with the computer. */
  readonly troubled?: boolean;
}): Promise<GalleryRun> {
  built ??= buildGallery(galleryDir);
  await built;
  const home = makeHome();
  if (options.noTray !== true) {
    writeFileSync(path.join(home.homeDir, 'shell.json'), JSON.stringify({ toldAboutTray: true }));
  }
  const app = await launch({
    appDir: galleryDir,
    homeDir: home.homeDir,
    switches: [...(options.scale === undefined ? [] : [`--force-device-scale-factor=${options.scale}`])],
    colorScheme: options.dark === true ? 'dark' : 'light',
    env: {
      GALLERY_CHECKOUT: checkoutDir,
      XDG_CONFIG_HOME: path.join(home.homeDir, 'config'),
      ...(options.troubled === true ? { GALLERY_CHECKS: 'troubled' } : {}),
      ...(options.state === undefined ? {} : { GALLERY_STATE: options.state }),
    },
  });
  const page = await app.firstWindow();
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
      await app.close();
      home.remove();
    },
  };
}
