import type { ReactNode } from 'react';
import type { PoolDetail } from '../../electron/contract/pool-views.ts';
import { amount, dates, figure, signedAmount } from '../text/format.ts';
import { unitWords } from '../text/grid-names.ts';
import { t } from '../text/say.ts';
import { Sum } from '../ui/primitives.tsx';
import { Part } from './part.tsx';
import { differenceOf } from './pool-words.ts';

const figures = ['executions', 'pending', 'credited', 'difference'] as const;

/** The pool's signed statements: what each credits beside what was pending here, the newest first. */
export function PoolStatements({ statements }: Pick<PoolDetail, 'statements'>): ReactNode {
  const newestFirst = [...statements].sort((one, other) => other.to - one.to);
  return (
    <Part title={t('pools:statements')}>
      {statements.length === 0 ? <p className="soft small">{t('pools:statements.none')}</p> : null}
      {statements.length === 0 ? null : (
        <div className="table-scroll">
          {/* The roles are named because a narrow window lays the rows out as blocks, which would take them away. */}
          <table className="jobs tasks" role="table" aria-label={t('pools:statements')}>
            <thead role="rowgroup">
              <tr role="row">
                <th scope="col" role="columnheader">
                  {t('pools:statement.period')}
                </th>
                {figures.map((name) => (
                  <th key={name} scope="col" role="columnheader" className="number">
                    {t(`pools:statement.${name}`)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody role="rowgroup">
              {newestFirst.map((statement) => (
                <Row key={statement.period} statement={statement} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Part>
  );
}

function Row({ statement }: { statement: PoolDetail['statements'][number] }): ReactNode {
  const { from, to, executions, pending } = statement;
  const unit = unitWords(statement.unit);
  const difference = differenceOf(statement);
  return (
    <tr role="row">
      <th scope="row" role="rowheader">
        {/* Its end is the first instant that is not in it any more. */}
        {dates(from, to - 1)}
      </th>
      <Value name="executions">{figure(executions)}</Value>
      <Value name="pending">
        <Sum words={amount(pending)} unit={unit} />
      </Value>
      <Value name="credited">
        <Sum words={amount(statement.amount)} unit={unit} />
      </Value>
      <Value name="difference">
        {difference === 0 ? t('pools:statement.same') : <Sum words={signedAmount(difference)} unit={unit} />}
      </Value>
    </tr>
  );
}

function Value(props: { name: (typeof figures)[number]; children: ReactNode }): ReactNode {
  return (
    <td
      role="cell"
      className="number"
      data-name={t('grids:named', { name: t(`pools:statement.${props.name}`) })}
    >
      {props.children}
    </td>
  );
}
