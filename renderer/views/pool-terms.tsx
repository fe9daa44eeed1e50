import type { ReactNode } from 'react';
import type { PoolPolicy, PoolTariff } from '../../electron/contract/pool.ts';
import { t } from '../text/say.ts';
import { policyWords, tariffWords } from './pool-words.ts';

/** What a pool asks of its computers; null: its signed document is not here. */
export function Policy({ policy }: { policy: PoolPolicy | null }): ReactNode {
  if (policy === null) return <p className="soft small">{t('pools:policy.none')}</p>;
  return (
    <>
      <Sentences of={policyWords(policy)} />
      <p className="soft small">{t('pools:policy.narrows')}</p>
    </>
  );
}

/** What a pool pays; null: its signed document is not here. */
export function Tariff({ tariff }: { tariff: PoolTariff | null }): ReactNode {
  if (tariff === null) return <p className="soft small">{t('pools:tariff.none')}</p>;
  return (
    <>
      <Sentences of={tariffWords(tariff)} />
      <p className="soft small">{t('pools:tariff.version', { version: tariff.version })}</p>
    </>
  );
}

function Sentences({ of }: { of: readonly string[] }): ReactNode {
  return (
    <ul className="plain-list">
      {of.map((sentence) => (
        <li key={sentence} className="foreign">
          {sentence}
        </li>
      ))}
    </ul>
  );
}
