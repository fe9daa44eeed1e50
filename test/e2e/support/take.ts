import path from 'node:path';
import type { Page } from '@playwright/test';
import type { Language } from '../../../text/languages.ts';
import type { GalleryRun } from './gallery.ts';
import { speaks } from './language.ts';

/** How a picture is taken; `whole`: of all of the page, however long. */
export type Take = (gallery: GalleryRun, name: string, whole?: boolean) => Promise<void>;

/** All text in `factor` times its size. */
export async function enlarge({ page }: GalleryRun, factor: number): Promise<void> {
  await page.evaluate((times) => {
    document.documentElement.style.fontSize = `${times * 100}%`;
  }, factor);
}

async function shoot(page: Page, file: string, whole: boolean): Promise<void> {
  // As high as the whole page it would have no scroll bar, so it is laid out without.
  await page.evaluate((isWhole) => {
    document.documentElement.style.scrollbarWidth = isWhole ? 'none' : '';
    if (isWhole) window.scrollTo(0, 0);
    // Everything has been drawn once as it is now.
    return new Promise((drawn) => {
      requestAnimationFrame(() => requestAnimationFrame(drawn));
    });
  }, whole);
  await page.screenshot({ path: file, animations: 'disabled', fullPage: whole });
}

async function speak(gallery: GalleryRun, language: Language): Promise<void> {
  await speaks(gallery, language);
  await gallery.page.waitForFunction((wanted) => document.documentElement.lang === wanted, language);
}

/** Does something while the window speaks another language than English. */
export async function takeIn(
  gallery: GalleryRun,
  language: Language,
  picture: () => Promise<void>,
): Promise<void> {
  await speak(gallery, language);
  await picture();
  await speak(gallery, 'en');
}

/**
 * Takes pictures of a window that speaks English, which it speaks afterwards, too.
 * @param others the same picture in these languages; the page stays as it is, and so does whatever is open on it
 */
export function takeInto(dir: string, dark: boolean, scale: number, others: readonly Language[]): Take {
  const file = (name: string): string =>
    path.join(dir, `${name}-${dark ? 'dark' : 'light'}-${String(scale)}x.png`);
  return async (gallery, name, whole = false) => {
    await shoot(gallery.page, file(name), whole);
    for (const language of others) {
      await takeIn(gallery, language, () => shoot(gallery.page, file(`${name}-${language}`), whole));
    }
  };
}
