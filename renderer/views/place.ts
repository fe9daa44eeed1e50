import type { Place as AskedPlace } from '../../electron/contract/place.ts';
import type { Snapshot } from '../../electron/contract/snapshot.ts';
import type { GroupId } from '../text/setting-rows.ts';
import type { Setup } from './welcome-flow.ts';

/** Where in the window the person is. */
export type Place =
  | Exclude<AskedPlace, { readonly page: 'join' | 'join-pool' | 'refused-link' }>
  | { readonly page: 'welcome' }
  /** `open`: the group of settings that is opened at once. */
  | { readonly page: 'preferences'; readonly open?: GroupId }
  | JoinPlace
  | JoinPoolPlace;

/**
 * To choose a project, or to write an address. `url`: the address that is filled in; `from`: where it goes on afterwards,
 * else to the grids; `at`: what comes first, the field for an address or the address that a link names.
 */
export interface JoinPlace {
  readonly page: 'join';
  readonly url?: string;
  readonly from?: 'welcome';
  readonly at?: 'address' | 'link';
}

/** `url`: the address of an enrolment that a link names; `from`: as with a project. */
export interface JoinPoolPlace {
  readonly page: 'join-pool';
  readonly url?: string;
  readonly from?: 'welcome';
}

/** Where the shell wants the window to be; null: where it is, or begins. Pure. */
export function placeAsked(asked: AskedPlace): Place | null {
  if (asked.page === 'refused-link') return null;
  return asked.page === 'join' ? { ...asked, at: 'link' } : asked;
}

export type Go = (place: Place) => void;

export const tabs = ['home', 'earnings', 'activity', 'grids', 'preferences', 'health'] as const;
export type Tab = (typeof tabs)[number];

/** The tab that is marked as the current one; the welcome page has none. */
export function tabOf({ page }: Place): Tab | null {
  if (page === 'welcome') return null;
  return page === 'join' || page === 'join-pool' ? 'grids' : page;
}

/**
 * Where a window begins: with the welcome page while somebody is amid it, or while nothing was joined by a person and
 * nothing was ever done here. Finishing it, joining, or the first job that is done ends that. Pure.
 */
export function firstPlace(
  { grids, manager }: Pick<Snapshot, 'grids' | 'manager'>,
  setup: Setup | null,
): Place {
  if (setup?.state === 'open') return { page: 'welcome' };
  const untouched =
    manager === null &&
    grids.every(({ kind, managedBy, done }) => (kind === 'local' || managedBy !== null) && done === 0);
  return { page: untouched && setup?.state !== 'finished' ? 'welcome' : 'home' };
}
