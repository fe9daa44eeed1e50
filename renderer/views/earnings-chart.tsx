import { type ReactNode, useMemo, useState } from 'react';
import type { Period } from '../../electron/contract/earnings.ts';
import { amount, sentenceCase } from '../text/format.ts';
import { unitWords } from '../text/grid-names.ts';
import { plain } from '../text/plain.ts';
import { language, t } from '../text/say.ts';
import { Bars } from '../ui/bars.tsx';
import type { BarLook, BarsPicture } from '../ui/bars-picture.ts';
import { Button, Card } from '../ui/primitives.tsx';
import type { Earned, Status } from './earnings-sums.ts';
import { barWords, shortPeriod, wholePeriod } from './earnings-words.ts';

const looks: Readonly<Record<Status, BarLook>> = {
  settled: 'solid',
  pending: 'hatched',
  observed: 'outlined',
};

/**
 * What one grid gave in one unit, as bars and as a table; the table is for ears alone until it is wanted.
 * @param name what the grid is called
 */
export function EarnedChart(props: { earned: Earned; by: Period; name: string }): ReactNode {
  const { earned, by, name } = props;
  const [isTable, setIsTable] = useState(false);
  const title = t('earnings:chart', { grid: plain(name), unit: unitWords(earned.unit) });
  const spoken = language();
  // eslint-disable-next-line react-hooks/exhaustive-deps -- its words are asked for in the language that is spoken
  const picture = useMemo(() => pictureOf(earned, by), [earned, by, spoken]);
  return (
    <Card title={title}>
      <Bars
        label={title}
        picture={picture}
        words={(index) => {
          const row = earned.periods[index];
          return row === undefined ? '' : barWords(by, row, earned.unit);
        }}
      />
      <div className={isTable ? 'earned-table' : 'hidden-label'}>
        <EarnedTable earned={earned} by={by} title={title} />
      </div>
      <Button
        quiet
        small
        onPress={() => {
          setIsTable(!isTable);
        }}
      >
        {isTable ? t('earnings:table.hide') : t('earnings:table.show')}
      </Button>
    </Card>
  );
}

function pictureOf({ statuses, periods }: Earned, by: Period): BarsPicture {
  return {
    parts: statuses.map((status) => ({
      words: statusTitle(status),
      look: looks[status],
      values: periods.map((row) => row[status]),
    })),
    labels: periods.map(({ period }) => shortPeriod(by, period)),
    figure: amount,
  };
}

const statusTitle = (status: Status): string => sentenceCase(t(`earnings:status.${status}`));

function EarnedTable(props: { earned: Earned; by: Period; title: string }): ReactNode {
  const { by, title } = props;
  const { statuses, periods, total } = props.earned;
  return (
    <table className="earned small" aria-label={title}>
      <thead>
        <tr>
          <th scope="col">{t(`earnings:column.${by}`)}</th>
          {statuses.map((status) => (
            <th key={status} scope="col" className="number">
              {statusTitle(status)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {periods.map((row) => (
          <tr key={row.period}>
            <th scope="row">{wholePeriod(by, row.period)}</th>
            {statuses.map((status) => (
              <td key={status} className={row[status] === 0 ? 'number soft' : 'number'}>
                {amount(row[status])}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">{t('earnings:together')}</th>
          {statuses.map((status) => (
            <td key={status} className="number">
              {amount(total[status])}
            </td>
          ))}
        </tr>
      </tfoot>
    </table>
  );
}
