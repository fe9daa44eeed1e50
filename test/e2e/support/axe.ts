import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';

/** What depends on colours: the rest of a dark page is that of the light one, which tests look at as well. */
const colourRules = ['color-contrast', 'link-in-text-block'];

/** What axe finds wrong with the page as it is now, a line each; of a dark one, what colours do. */
export async function violations(page: Page): Promise<string[]> {
  // Legacy mode: the other one opens a page of its own, which Electron does not offer.
  const axe = new AxeBuilder({ page }).setLegacyMode(true);
  const isDark = await page.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches);
  const { violations: found } = await (isDark ? axe.withRules(colourRules) : axe).analyze();
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
}
