import type { ReactNode } from 'react';
import type { Failure } from '../../electron/contract/failures.ts';
import type { PoolOffer } from '../../electron/contract/pool-views.ts';
import { bytes, figure } from '../text/format.ts';
import { plain } from '../text/plain.ts';
import { t } from '../text/say.ts';
import { Button, Card, Facts } from '../ui/primitives.tsx';
import { ContactList } from './contacts.tsx';
import { Failed } from './failed.tsx';
import { membershipRows } from './pool-details.tsx';
import { Policy, Tariff } from './pool-terms.tsx';
import { allAttributes } from './pool-words.ts';

/** What joining a pool means, before anything of it is done. */
export function PoolAsks(props: {
  offer: PoolOffer;
  /** It came from a file, which is of no use afterwards. */
  byFile: boolean;
  joining: boolean;
  failure: Failure | null;
  onAgree: () => void;
}): ReactNode {
  const { offer, byFile, joining, failure } = props;
  const name = plain(offer.name);
  const isJoined = failure?.code === 'already-joined';
  return (
    <>
      <Card title={t('pools:asks.who')}>
        <Facts wide rows={membershipRows({ ...offer, domain: offer.pool })} />
      </Card>
      <div className="columns">
        <Card title={t('pools:asks.contacts')}>
          <ContactList contacts={offer.contacts} />
          <p className="soft small">{t('join:asks.contactsHint')}</p>
        </Card>
        <Card title={t('join:asks.needs')}>
          <Facts
            rows={[
              [t('join:asks.disk'), bytes(offer.diskBytes)],
              [t('join:asks.memory'), bytes(offer.memoryBytes)],
              [t('pools:asks.cpus'), figure(offer.vcpus)],
            ]}
          />
        </Card>
        <Card title={t('pools:policy')}>
          <div className="stack">
            <Policy policy={offer.policy} />
          </div>
        </Card>
        <Card title={t('pools:tariff')}>
          <div className="stack">
            <Tariff tariff={offer.tariff} />
          </div>
        </Card>
      </div>
      <Card title={t('pools:sees')}>
        <div className="stack">
          <ul className="plain-list seen">
            {allAttributes().map((words) => (
              <li key={words}>{words}</li>
            ))}
          </ul>
          <p className="soft small">{t('pools:sees.hint')}</p>
        </div>
      </Card>
      {failure === null ? null : <Failed failure={failure} />}
      <div className="stack">
        <div className="buttons">
          <Button primary disabled={joining || isJoined} onPress={props.onAgree}>
            {t('pools:asks.agree', { name })}
          </Button>
          {joining ? (
            <span role="status" className="soft foreign">
              {t('join:signIn.joining', { name })}
            </span>
          ) : null}
        </div>
        {byFile ? <p className="soft small">{t('pools:asks.file')}</p> : null}
      </div>
    </>
  );
}
