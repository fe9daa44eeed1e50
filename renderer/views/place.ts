import type { Place as AskedPlace } from '../../electron/contract/place.ts';
import type { Snapshot } from '../../electron/contract/snapshot.ts';
import type { GroupId } from '../text/setting-rows.ts';

/** Where in the window the person is. */
export type Place =
  | AskedPlace
  | { readonly page: 'welcome' }
  /** `open`: the group of settings that is opened at once. */
  | { readonly page: 'preferences'; readonly open?: GroupId }
  /** To choose a project, or to write an address. */
  | { readonly page: 'join'; readonly url?: undefined };

export type Go = (place: Place) => void;

export const tabs = ['home', 'earnings', 'activity', 'grids', 'preferences', 'health'] as const;
export type Tab = (typeof tabs)[number];

/** The tab that is marked as the current one; the welcome page has none. */
export function tabOf({ page }: Place): Tab | null {
  if (page === 'welcome') return null;
  return page === 'join' ? 'grids' : page;
}

/**
 * Where a window begins: with the welcome page while nothing is joined and nothing was ever done here. Nothing
 * remembers that somebody left it; the first finished job, or joining, ends it. Pure.
 */
export function firstPlace({ grids, manager }: Pick<Snapshot, 'grids' | 'manager'>): Place {
  const untouched = manager === null && grids.every(({ kind, done }) => kind === 'local' && done === 0);
  return { page: untouched ? 'welcome' : 'home' };
}
