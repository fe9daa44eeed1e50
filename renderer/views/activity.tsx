import { type ReactNode, useMemo } from 'react';
import type { Snapshot } from '../../electron/contract/snapshot.ts';
import { client } from '../bridge/store.ts';
import { gridNames } from '../text/grid-names.ts';
import { t } from '../text/say.ts';
import { dayOf, startOf } from './activity-calendar.ts';
import type { SaveActivity } from './activity-export.tsx';
import { ActivityJobs } from './activity-jobs.tsx';
import { ActivityList } from './activity-list.tsx';
import { Timeline } from './timeline.tsx';

/** Kept, so that nothing is asked anew when the page is. */
const saveActivity: SaveActivity = (input, suggestedName) =>
  client.save('activity.export', input, suggestedName);

type Named = readonly { readonly id: string; readonly name: string }[];

/** What ran on this computer: the day, what is ahead, and the record. */
export function Activity({ snapshot }: { snapshot: Snapshot }): ReactNode {
  const { grids, at, today } = snapshot;
  // Every Snapshot brings new objects; the long table stays as it is while the names are the same.
  const key = JSON.stringify(grids.map(({ id, name }) => ({ id, name })));
  const named = useMemo(() => JSON.parse(key) as Named, [key]);
  const nameOf = useMemo(() => gridNames(named), [named]);
  return (
    <div className="stack activity">
      <h1 className="page-title">{t('common:tab.activity')}</h1>
      <Timeline nameOf={nameOf} today={dayOf(at)} />
      <ActivityJobs snapshot={snapshot} nameOf={nameOf} />
      <ActivityList
        grids={named.map(({ id }) => id)}
        nameOf={nameOf}
        today={startOf(dayOf(at))}
        booked={today.jobsDone + today.jobsFailed}
        save={saveActivity}
      />
    </div>
  );
}
