import { type ReactNode, useState } from 'react';
import type { ProjectOffer } from '../../electron/contract/grids.ts';
import { bytes, list } from '../text/format.ts';
import { plain } from '../text/plain.ts';
import { t } from '../text/say.ts';
import { Tick } from '../ui/form.tsx';
import { Mark } from '../ui/marks.tsx';
import { Button, Card, Facts, Foreign } from '../ui/primitives.tsx';
import { ContactList } from './contacts.tsx';
import { mayGoOn } from './join-flow.ts';
import { knownMark } from './known-projects.ts';

/** What joining means, before anything of it is done. */
export function Asks(props: {
  offer: ProjectOffer;
  /** It was said already that it is on the company's network. */
  allowPrivate: boolean;
  onAgree: (allowPrivate: boolean) => void;
}): ReactNode {
  const { offer } = props;
  const { known, kind } = offer;
  const [allowPrivate, setAllowPrivate] = useState(props.allowPrivate);
  const isManager = kind === 'manager';
  return (
    <>
      <div className="stack">
        <p className="soft">
          <Foreign>{offer.url}</Foreign>
        </p>
        {isManager ? <p>{t('join:asks.manager')}</p> : null}
        {known === null ? null : (
          <p>
            <Foreign>{known.about}</Foreign>
            <span className="soft small line">{knownMark(known)}</span>
          </p>
        )}
        <Fit offer={offer} />
      </div>
      <div className="columns">
        <Card title={isManager ? t('join:asks.managerContacts') : t('join:asks.contacts')}>
          <ContactList contacts={offer.contacts} />
          {isManager ? null : <p className="soft small">{t('join:asks.contactsHint')}</p>}
        </Card>
        {isManager ? null : (
          <Card title={t('join:asks.needs')}>
            <Facts
              rows={[
                [t('join:asks.disk'), bytes(offer.diskBytes)],
                [t('join:asks.memory'), bytes(offer.memoryBytes)],
              ]}
            />
            <Platforms offer={offer} />
          </Card>
        )}
      </div>
      {mayGoOn(offer) ? (
        <div className="stack">
          {offer.needsPrivate ? (
            <div>
              <Tick label={t('join:asks.privateConsent')} on={allowPrivate} onChange={setAllowPrivate} />
            </div>
          ) : null}
          <div className="buttons">
            <Button
              primary
              disabled={offer.needsPrivate && !allowPrivate}
              onPress={() => {
                props.onAgree(allowPrivate);
              }}
            >
              {t('join:asks.agree')}
            </Button>
          </div>
        </div>
      ) : null}
    </>
  );
}

/** Platforms are the project's words: many and long, if it likes. */
function Platforms({ offer }: { offer: ProjectOffer }): ReactNode {
  const { platforms, runsHere } = offer;
  const most = 6;
  const rest = Math.max(0, platforms.length - most);
  return (
    <div className="platforms">
      {runsHere === true ? <p>{t('join:asks.runsHere')}</p> : null}
      {platforms.length === 0 ? null : (
        <p className="soft small foreign">
          {t('join:asks.platforms', { names: list(platforms.slice(0, most).map(plain)), rest })}
        </p>
      )}
    </div>
  );
}

function Fit({ offer }: { offer: ProjectOffer }): ReactNode {
  if (offer.kind === 'manager' || offer.runsHere === true) return null;
  return (
    <div className="notice notice-warn" role={offer.runsHere === false ? 'alert' : undefined}>
      <Mark name="attention" size={20} />
      <div>
        {offer.runsHere === null ? (
          <p>{t('join:asks.runsUnknown')}</p>
        ) : (
          <>
            <p>
              <strong>{t('join:asks.runsNotHere')}</strong>
            </p>
            <p>{t('join:asks.runsNotHereWhy')}</p>
          </>
        )}
      </div>
    </div>
  );
}
