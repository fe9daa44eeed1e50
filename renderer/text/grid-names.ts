import type { GridView } from '../../electron/contract/grids.ts';
import type { JobView } from '../../electron/contract/snapshot.ts';
import { figure } from './format.ts';
import { plain } from './plain.ts';
import { t } from './say.ts';

/**
 * What each grid is called, by its id: the embedded one in the page's language, one that is not joined any more by its id.
 */
export function gridNames(grids: readonly Pick<GridView, 'id' | 'name'>[]): (id: string) => string {
  const names = new Map(grids.map(({ id, name }) => [id, name]));
  return (id) => (id === 'local' ? t('grids:local') : (names.get(id) ?? id));
}

/** Where a job comes from: who wants it, and which grid handed it out where that is not the embedded one. */
export function jobSource({ grid, owner }: Pick<JobView, 'grid' | 'owner'>, name: string): string {
  const wants = t('activity:owner', { name: plain(owner) });
  if (grid === 'local') return wants;
  return owner === '' || owner === name ? plain(name) : `${plain(name)} · ${wants}`;
}

/** What a grid counts in: in the page's language where Gleaner named it, else as the grid calls it. */
export function unitWords(unit: string): string {
  if (unit === 'points' || unit === 'credit') return t(`grids:unit.${unit}`);
  return plain(unit);
}

/** How a project's tasks ended: `14 · 1 failed`. */
export function finishedWords({
  done,
  failed,
  aborted,
}: Pick<GridView, 'done' | 'failed' | 'aborted'>): string {
  return [
    figure(done),
    ...(failed > 0 ? [t('grids:finishedFailed', { count: failed })] : []),
    ...(aborted > 0 ? [t('grids:finishedAborted', { count: aborted })] : []),
  ].join(' · ');
}
