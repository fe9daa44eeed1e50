import { parseSetup, type Setup, setupText } from './welcome-flow.ts';

/** In the storage of the window's own pages, which outlives the window; no setting, since it is of no use elsewhere. */
const place = 'setup';

/** How far the person came the last time; null: never anywhere, or nothing was kept. */
export function rememberedSetup(): Setup | null {
  try {
    return parseSetup(window.localStorage.getItem(place));
  } catch {
    return null;
  }
}

/** Where nothing can be kept, what is done tells enough the next time. */
export function rememberSetup(setup: Setup): void {
  try {
    window.localStorage.setItem(place, setupText(setup));
  } catch {
    // Then it begins with what the host knows.
  }
}
