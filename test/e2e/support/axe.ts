import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import type axe from 'axe-core';

const source = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

/** What depends on colours: the rest of a dark page is that of the light one, which tests look at as well. */
const colourRules = ['color-contrast', 'link-in-text-block'];

declare global {
  interface Window {
    readonly axe?: typeof axe;
  }
}

/** What axe finds wrong with the page as it is now, a line each; of a dark one, what colours do. */
export async function violations(page: Page): Promise<string[]> {
  // A colour on its way from one to another is neither.
  await page.emulateMedia({ reducedMotion: 'reduce' });
  // Read by the page once, however often it is looked at.
  if (!(await page.evaluate(() => window.axe !== undefined))) await page.evaluate(source);
  return await page.evaluate(async (rules) => {
    const isDark = matchMedia('(prefers-color-scheme: dark)').matches;
    const found = await window.axe?.run({
      // What passes is not asked for: naming every element of a page takes longer than looking at it.
      resultTypes: ['violations'],
      // Of styles and media from elsewhere, which no rule that is on needs.
      preload: false,
      ...(isDark ? { runOnly: { type: 'rule', values: rules } } : {}),
    });
    if (found === undefined) throw new Error('axe is not there');
    return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
  }, colourRules);
}
