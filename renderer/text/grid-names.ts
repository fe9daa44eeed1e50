import type { GridView } from '../../electron/contract/grids.ts';
import type { JobView } from '../../electron/contract/snapshot.ts';
import { text } from './text.ts';

/** What each grid is called, by its id; one that is not joined any more is called by its id. */
export function gridNames(grids: readonly Pick<GridView, 'id' | 'name'>[]): (id: string) => string {
  const names = new Map(grids.map(({ id, name }) => [id, name]));
  return (id) => names.get(id) ?? id;
}

/** Where a job comes from: who wants it, and which grid handed it out where that is not the embedded one. */
export function jobSource({ grid, owner }: Pick<JobView, 'grid' | 'owner'>, name: string): string {
  if (grid === 'local') return text.owner(owner);
  return owner === '' || owner === name ? name : `${name} · ${text.owner(owner)}`;
}
