import { z } from 'zod';
import { GridId, ProjectUrl } from './grids.ts';
import { EnrolmentUrl } from './pool-views.ts';

/** Where in the window something is to be seen: what the shell asks the page to show. */
export const Place = z.discriminatedUnion('page', [
  z.strictObject({ page: z.enum(['home', 'earnings', 'activity', 'preferences', 'health']) }),
  /** `open`: the grid whose details are shown at once. */
  z.strictObject({ page: z.literal('grids'), open: GridId.optional() }),
  /** With the address that a link names filled in; nothing is looked up or joined until the person says so. */
  z.strictObject({ page: z.literal('join'), url: ProjectUrl }),
  /** To join a company's pool, with the address of an enrolment filled in; nothing is fetched until the person says so. */
  z.strictObject({ page: z.literal('join-pool'), url: EnrolmentUrl }),
  /** Nowhere else: a link was followed that leads nowhere, and the page says so where it is. */
  z.strictObject({ page: z.literal('refused-link') }),
]);
export type Place = z.infer<typeof Place>;

/**
 * A place as the fragment of the page's address, with its `#`. An open window is sent there by a change of that fragment
 * alone, which the page hears as `hashchange`. Pure.
 * @param count differs from one call to the next, so that the same place twice is a change, too
 */
export function placeFragment(place: Place, count: number): string {
  const { page, ...more } = place;
  const fields: readonly (readonly [string, string | undefined])[] = Object.entries(more);
  const given = fields.filter((field): field is [string, string] => field[1] !== undefined);
  return `#${new URLSearchParams([['place', page], ...given, ['count', String(count)]]).toString()}`;
}

/** The reverse of {@link placeFragment}; null for an address that names no place. Pure; never throws. */
export function placeOfFragment(fragment: string): Place | null {
  const fields = new URLSearchParams(fragment.replace(/^#/, ''));
  const page = fields.get('place');
  fields.delete('place');
  fields.delete('count');
  return Place.safeParse({ ...Object.fromEntries(fields), page }).data ?? null;
}
