import type { ReactNode } from 'react';
import type { GridView } from '../../electron/contract/grids.ts';
import type { Today } from '../../electron/contract/snapshot.ts';
import { amount, duration, figure } from '../text/format.ts';
import { gridNames, unitWords } from '../text/grid-names.ts';
import { plain } from '../text/plain.ts';
import { t } from '../text/say.ts';
import { Card, Facts, Sum } from '../ui/primitives.tsx';

/** What was given and what it earned in a time. */
export function Totals(props: {
  title: string;
  totals: Pick<Today, 'cpuSeconds' | 'jobsDone' | 'jobsFailed' | 'earned'>;
  grids: readonly GridView[];
  children?: ReactNode;
}): ReactNode {
  const { cpuSeconds, jobsDone, jobsFailed, earned } = props.totals;
  const name = gridNames(props.grids);
  return (
    <Card title={props.title}>
      <Facts
        large
        rows={[
          [t('home:contributed'), duration(cpuSeconds)],
          [
            t('home:jobsDone'),
            <>
              {figure(jobsDone)}
              {jobsFailed > 0 ? (
                <span className="soft small"> · {t('home:jobsFailed', { count: jobsFailed })}</span>
              ) : null}
            </>,
          ],
          ...(earned.length === 0 ? [[t('home:earned'), t('home:nothingEarned')] as const] : []),
          // Units are never added up: each grid and unit stands for itself.
          ...earned.map(
            (row) =>
              [t('home:earnedFrom', { grid: plain(name(row.grid)) }), <Earned key="" row={row} />] as const,
          ),
        ]}
      />
      {earned.some(({ observed }) => observed > 0) ? (
        <p className="soft small">{t('activity:observedHint')}</p>
      ) : null}
      {props.children}
    </Card>
  );
}

/** What is confirmed, what is only read off the grid, and what is not confirmed yet: never added up. */
function Earned({ row }: { row: Today['earned'][number] }): ReactNode {
  const { unit, settled, pending, observed } = row;
  const sum = (value: number) => ({ amount: amount(value), unit: unitWords(unit) });
  const isObserved = observed > 0 && settled === 0;
  const notes = [
    ...(isObserved ? [t('activity:observed')] : []),
    ...(observed > 0 && !isObserved ? [t('earnings:bar.observed', sum(observed))] : []),
    ...(pending > 0 ? [t('earnings:bar.pending', sum(pending))] : []),
  ];
  return (
    <>
      <Sum words={amount(isObserved ? observed : settled)} unit={unitWords(unit)} />
      {notes.length === 0 ? null : <span className="soft small line">{notes.join(' · ')}</span>}
    </>
  );
}
