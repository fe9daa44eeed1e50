import type { ReactNode } from 'react';
import type { LedgerEntry } from '../../electron/contract/ledger.ts';
import type { Snapshot } from '../../electron/contract/snapshot.ts';
import { client } from '../bridge/store.ts';
import { amount, moment, signedAmount } from '../text/format.ts';
import { gridNames } from '../text/grid-names.ts';
import { t } from '../text/say.ts';
import { Disclosure, Foreign } from '../ui/primitives.tsx';
import { useAsked } from '../ui/use-asked.ts';
import { Failed } from './failed.tsx';

/** How often is looked whether a project told of credit, in ms. */
const freshMs = 10_000;
const ask = () => client.call('ledger.list', { limit: 1000 });

/** What each project said that it credits this computer, as it was booked. */
export function CreditChanges({ snapshot }: { snapshot: Snapshot }): ReactNode {
  return (
    <div className="card">
      <Disclosure label={t('activity:credit.title')}>
        <Changes snapshot={snapshot} />
      </Disclosure>
    </div>
  );
}

type Change = Extract<LedgerEntry['body'], { kind: 'credit' }>;

function Changes({ snapshot }: { snapshot: Snapshot }): ReactNode {
  const { answer } = useAsked(ask, freshMs);
  if (answer === null) return <p className="soft small">{t('common:loading')}</p>;
  if (!answer.ok) return <Failed failure={answer.failure} />;
  const changes = answer.value
    .map(({ body }) => body)
    .filter((body): body is Change => body.kind === 'credit');
  if (changes.length === 0) return <p className="soft small">{t('activity:credit.none')}</p>;
  const name = gridNames(snapshot.grids);
  return (
    <>
      <table className="latest small" aria-label={t('activity:credit.title')}>
        <thead>
          <tr>
            <th scope="col">{t('activity:credit.column.when')}</th>
            <th scope="col">{t('activity:credit.column.project')}</th>
            <th scope="col" className="number">
              {t('activity:credit.column.change')}
            </th>
            <th scope="col" className="number">
              {t('activity:credit.column.total')}
            </th>
          </tr>
        </thead>
        <tbody>
          {changes.map((change) => (
            <tr key={`${change.grid} ${change.job} ${change.attempt}`}>
              <td>{moment(change.endedAt, snapshot.at)}</td>
              <td>
                <Foreign>{name(change.grid)}</Foreign>
              </td>
              <td className="number">
                {/* A fall is a correction by the project. */}
                {signedAmount(change.to - change.from)} <Foreign>{change.credit.unit}</Foreign>
              </td>
              <td className="number">{amount(change.to)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="soft small">{t('activity:observedHint')}</p>
    </>
  );
}
