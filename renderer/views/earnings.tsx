import { type ReactNode, useCallback, useMemo, useState } from 'react';
import type { EarningsReport, Period } from '../../electron/contract/earnings.ts';
import type { Snapshot } from '../../electron/contract/snapshot.ts';
import { client } from '../bridge/store.ts';
import { dates } from '../text/format.ts';
import { gridNames } from '../text/grid-names.ts';
import { t } from '../text/say.ts';
import { Button } from '../ui/primitives.tsx';
import { Segments } from '../ui/segments.tsx';
import { useAsked } from '../ui/use-asked.ts';
import { useNow } from '../ui/use-now.ts';
import { EarnedChart } from './earnings-chart.tsx';
import { type Range, rangeOf, statementName } from './earnings-range.ts';
import { Summary } from './earnings-summary.tsx';
import { earnedOf, isNothing } from './earnings-sums.ts';
import { Failed } from './failed.tsx';
import type { Go } from './place.ts';
import { SaveBar } from './save-bar.tsx';

/** How often is looked whether another day began, in ms. */
const dayMs = 60_000;
/** How often is asked although no job ended and no credit came, in ms: CPU time of interrupted jobs is booked, too. */
const freshMs = 300_000;
const periods = ['day', 'week', 'month'] as const;

/** What was earned by grid and unit over a time, and the electricity that it took. */
export function Earnings({ snapshot, go }: { snapshot: Snapshot; go: Go }): ReactNode {
  const [by, setBy] = useState<Period>('day');
  /** How many ranges before the one that today is in. */
  const [back, setBack] = useState(0);
  const now = useNow(dayMs);
  const { from, to } = rangeOf(by, back, now);
  const { jobsDone, jobsFailed, earned } = snapshot.today;
  const booked = JSON.stringify([jobsDone, jobsFailed, earned]);
  const ask = useCallback(
    () => client.call('earnings.report', { from, to, by }),
    // What was booked today is a reason to ask anew.
    // eslint-disable-next-line react-hooks/exhaustive-deps -- see above
    [from, to, by, booked],
  );
  const { answer } = useAsked(ask, freshMs);
  return (
    <>
      <div className="title-row">
        <h1 className="page-title">{t('common:tab.earnings')}</h1>
        <Segments
          label={t('earnings:by')}
          hideLabel
          value={by}
          options={periods.map((id) => ({ id, words: t(`earnings:by.${id}`) }))}
          onChange={(id) => {
            setBy(id);
            setBack(0);
          }}
        />
      </div>
      <div className="earned-range">
        <Button
          onPress={() => {
            setBack(back + 1);
          }}
        >
          {t('earnings:earlier')}
        </Button>
        <p role="status">{dates(from, to - 1)}</p>
        {/* It stays a button that can have the focus: whoever pressed it last is not thrown out of the page. */}
        <button
          type="button"
          className="button"
          aria-disabled={back === 0}
          onClick={() => {
            setBack(Math.max(0, back - 1));
          }}
        >
          {t('earnings:later')}
        </button>
      </div>
      {answer === null ? (
        <p className="soft">{t('common:loading')}</p>
      ) : answer.ok ? (
        <Report report={answer.value} snapshot={snapshot} go={go} />
      ) : (
        <Failed failure={answer.failure} />
      )}
    </>
  );
}

function Report(props: { report: EarningsReport; snapshot: Snapshot; go: Go }): ReactNode {
  const { report, snapshot, go } = props;
  const earned = useMemo(() => earnedOf(report), [report]);
  if (isNothing(report.total)) {
    return (
      <div className="card empty">
        <p>{t('earnings:none')}</p>
        <p className="soft">{t('earnings:noneHint')}</p>
      </div>
    );
  }
  const name = gridNames(snapshot.grids);
  return (
    <>
      <Summary report={report} earned={earned} name={name} go={go} />
      {earned.map((one) => (
        <EarnedChart
          key={`${report.by} ${report.from} ${one.grid} ${one.unit}`}
          earned={one}
          by={report.by}
          name={name(one.grid)}
        />
      ))}
      <Statement by={report.by} range={report} />
    </>
  );
}

/** Saves what is shown, period by period, for a spreadsheet or a program. */
function Statement({ by, range }: { by: Period; range: Range }): ReactNode {
  const { from, to } = range;
  const choices = (['csv', 'json'] as const).map((format) => ({
    name: t(`earnings:save.${format}`),
    save: () => client.save('earnings.export', { from, to, by, format }, statementName(range, format)),
  }));
  return <SaveBar choices={choices} />;
}
