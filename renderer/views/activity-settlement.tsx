import { type ReactNode, useCallback } from 'react';
import type { LedgerEntry } from '../../electron/contract/ledger.ts';
import { client } from '../bridge/store.ts';
import { amount, signedAmount } from '../text/format.ts';
import { unitWords } from '../text/grid-names.ts';
import { t } from '../text/say.ts';
import { Facts, Sum } from '../ui/primitives.tsx';
import { useAsked } from '../ui/use-asked.ts';
import { Digests } from './activity-digests.tsx';
import { type SettlementBody, settlementSums } from './activity-words.ts';
import { Part } from './part.tsx';

/** What a pool's statement settles: both of its entries together, of which one is looked at. */
export function Settlement({ body }: { body: SettlementBody }): ReactNode {
  const { grid, job } = body;
  const ask = useCallback(
    () => client.call('activity.list', { grid, kind: 'settlement', text: job, limit: 10 }),
    [grid, job],
  );
  const { answer } = useAsked(ask, null);
  const entries: readonly Pick<LedgerEntry, 'body'>[] = answer?.ok === true ? answer.value.entries : [];
  const { pending, credited, difference } = settlementSums(body, entries);
  const unit = unitWords(body.credit.unit);
  const sum = (words: (value: number) => string, value: number | null): ReactNode =>
    value === null ? t('common:none') : <Sum words={words(value)} unit={unit} />;
  return (
    <Part title={t('activity:settlement')}>
      <Facts
        wide
        rows={[
          [t('activity:settlement.pending'), sum(amount, pending)],
          [t('activity:settlement.credited'), sum(amount, credited)],
          [t('activity:settlement.difference'), sum(signedAmount, difference)],
        ]}
      />
      <p className="soft small">{t('activity:settlement.hint')}</p>
      <Digests rows={[[t('activity:settlement.digest'), body.statement]]} />
    </Part>
  );
}
