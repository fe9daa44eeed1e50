import type { KnownProject } from '../../electron/contract/grids.ts';
import { date } from '../text/format.ts';
import { t } from '../text/say.ts';

/** Those in which every word that was searched for occurs. Pure. */
export function matching(known: readonly KnownProject[], search: string): readonly KnownProject[] {
  const words = search.toLocaleLowerCase('en').split(/\s+/).filter(Boolean);
  return known.filter(({ name, area, about, url }) => {
    const hay = `${name} ${area} ${about} ${url}`.toLocaleLowerCase('en');
    return words.every((word) => hay.includes(word));
  });
}

/** Whether two addresses are those of one project: the scheme and a slash at the end make no difference. Pure. */
export function isSameProject(one: string, other: string): boolean {
  return placeOf(one) === placeOf(other);
}

function placeOf(address: string): string {
  const trimmed = address.trim();
  const url = /^https?:\/\//i.test(trimmed) ? trimmed : `https://${trimmed}`;
  if (!URL.canParse(url)) return trimmed;
  const { host, pathname } = new URL(url);
  return `${host}${pathname.replace(/\/+$/, '')}`;
}

/** Those that the settings permit. `permitted`: addresses; null: any. Pure. */
export function permittedOf(
  known: readonly KnownProject[],
  permitted: readonly string[] | null,
): readonly KnownProject[] {
  if (permitted === null) return known;
  return known.filter(({ url }) => permitted.some((address) => isSameProject(address, url)));
}

/** How far what is told of a project can be relied on. */
export function knownMark({ asOf, verified }: KnownProject): string {
  const day = dayWords(asOf);
  return verified ? t('join:known.checked', { date: day }) : t('join:known.memory', { date: day });
}

function dayWords(asOf: string): string {
  return date(new Date(`${asOf}T12:00:00`).getTime(), 'wholeDate');
}

/** The day of what is told from memory, to be said once for all of a list; null: nothing is. Pure. */
export function sharedDay(known: readonly KnownProject[]): string | null {
  return known.find(({ verified }) => !verified)?.asOf ?? null;
}

/** In a sentence: {@link sharedDay}. */
export function sharedMark(day: string): string {
  return t('join:known.shared', { date: dayWords(day) });
}

/** By area, areas and names in the order of the alphabet. Pure. */
export function byArea(
  known: readonly KnownProject[],
): readonly (readonly [area: string, projects: readonly KnownProject[]])[] {
  const areas = [...new Set(known.map(({ area }) => area))].sort((one, other) =>
    one.localeCompare(other, 'en'),
  );
  return areas.map((area) => [
    area,
    known
      .filter((project) => project.area === area)
      .sort((one, other) => one.name.localeCompare(other.name, 'en')),
  ]);
}
