import { type ReactNode, useCallback } from 'react';
import type { Snapshot } from '../../electron/contract/snapshot.ts';
import { client } from '../bridge/store.ts';
import { t } from '../text/say.ts';
import { Card } from '../ui/primitives.tsx';
import { useAsked } from '../ui/use-asked.ts';
import { Failed } from './failed.tsx';
import { Totals } from './totals.tsx';

/** Something may be booked that no job of today's tells of: a project's credit. In ms. */
const freshMs = 300_000;

/** Local midnight of the Monday before `now`, or of `now`'s own; both epoch ms. */
export function weekStart(now: number): number {
  const date = new Date(now);
  const sinceMonday = (date.getDay() + 6) % 7;
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() - sinceMonday).getTime();
}

/** What was booked since Monday. */
export function ThisWeek({ snapshot: { today, grids } }: { snapshot: Snapshot }): ReactNode {
  const ended = today.jobsDone + today.jobsFailed;
  const ask = useCallback(() => {
    const now = Date.now();
    return client.call('earnings.report', { from: weekStart(now), to: now + 1, by: 'week' });
    // Asked anew when a job has ended.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [ended]);
  const { answer } = useAsked(ask, freshMs);
  if (answer?.ok === true) return <Totals title={t('home:week')} totals={answer.value.total} grids={grids} />;
  return (
    <Card title={t('home:week')}>
      {answer === null ? (
        <p className="soft small">{t('common:loading')}</p>
      ) : (
        <Failed failure={answer.failure} />
      )}
    </Card>
  );
}
