import { type ReactNode, useState } from 'react';
import type { ProjectOffer } from '../../electron/contract/grids.ts';
import { bytes } from '../text/format.ts';
import { joinText } from '../text/join-text.ts';
import { Tick } from '../ui/form.tsx';
import { Mark } from '../ui/marks.tsx';
import { Button, Card, Facts, Foreign } from '../ui/primitives.tsx';
import { ContactList } from './contacts.tsx';
import { mayGoOn } from './join-flow.ts';

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
        {isManager ? <p>{joinText.managerAbout}</p> : null}
        {known === null ? null : (
          <p>
            {known.about}
            <span className="soft small line">{joinText.knownMark(known.asOf, known.verified)}</span>
          </p>
        )}
        <Fit offer={offer} />
      </div>
      <div className="columns">
        <Card title={isManager ? joinText.managerContact : joinText.mayContact}>
          <ContactList contacts={offer.contacts} />
          {isManager ? null : <p className="soft small">{joinText.mayContactHint}</p>}
        </Card>
        {isManager ? null : (
          <Card title={joinText.needs}>
            <Facts
              rows={[
                [joinText.disk, bytes(offer.diskBytes)],
                [joinText.memory, bytes(offer.memoryBytes)],
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
              <Tick label={joinText.privateConsent} on={allowPrivate} onChange={setAllowPrivate} />
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
              {joinText.agree}
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
  const rest = platforms.length - most;
  return (
    <div className="platforms">
      {runsHere === true ? <p>{joinText.runsHere}</p> : null}
      {platforms.length === 0 ? null : (
        <p className="soft small">
          <Foreign>{joinText.platforms(platforms.slice(0, most).join(', '))}</Foreign>
          {rest > 0 ? ` ${joinText.platformsMore(rest)}` : '.'}
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
          <p>{joinText.runsUnknown}</p>
        ) : (
          <>
            <p>
              <strong>{joinText.runsNotHere}</strong>
            </p>
            <p>{joinText.runsNotHereWhy}</p>
          </>
        )}
      </div>
    </div>
  );
}
