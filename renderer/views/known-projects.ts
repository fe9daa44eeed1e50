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

/** How far what is told of a project can be relied on. */
export function knownMark({ asOf, verified }: KnownProject): string {
  const day = date(new Date(`${asOf}T12:00:00`).getTime(), 'wholeDate');
  return verified ? t('join:known.checked', { date: day }) : t('join:known.memory', { date: day });
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
