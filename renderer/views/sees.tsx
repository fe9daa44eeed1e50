import type { ReactNode } from 'react';
import type { ReasonCode } from '../../electron/contract/policy.ts';
import { client } from '../bridge/store.ts';
import { sayState } from '../text/host-words.ts';
import { plain } from '../text/plain.ts';
import { signalRows } from '../text/policy-words.ts';
import { t } from '../text/say.ts';
import { Card, Disclosure } from '../ui/primitives.tsx';
import { useAsked } from '../ui/use-asked.ts';
import { useNow } from '../ui/use-now.ts';
import { Failed } from './failed.tsx';

/** How often the signals are looked at while they are shown, in ms. */
const freshMs = 2000;

/** While these hold, as while there is no work, nothing that could be seen would change a decision: nobody looks. */
const resting: ReadonlySet<ReasonCode> = new Set<ReasonCode>(['disabled', 'pause', 'profile-broken']);

/** What the policy looks at, as it is now. */
export function Sees(): ReactNode {
  return (
    <Card title={t('policy:sees')}>
      <p className="soft small">{t('policy:seesAbout')}</p>
      <Disclosure label={t('policy:seesShow')}>
        <Seen />
      </Disclosure>
    </Card>
  );
}

function Seen(): ReactNode {
  const { answer } = useAsked(client.explainPolicy, freshMs);
  // Only to tell whether a time is today's.
  const now = useNow(null);
  if (answer === null) return <p className="soft small">{t('common:loading')}</p>;
  if (!answer.ok) return <Failed failure={answer.failure} />;
  const { said, allowance, signals, sensorTroubles } = answer.value;
  const rests = said?.code === 'state.no-work' || allowance.reasons.some(({ code }) => resting.has(code));
  return (
    <div className="stack">
      <p className="foreign">{sayState({ said, allowance }, now)}</p>
      {sensorTroubles.length === 0 ? null : (
        <ul className="notice notice-warn small">
          {sensorTroubles.map(({ sensor, words }) => (
            <li key={`${sensor} ${words}`} className="foreign">
              {t('policy:trouble', { sensor: plain(sensor), words: plain(words) })}
            </li>
          ))}
        </ul>
      )}
      <dl className="signals">
        {signalRows(signals).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className={value === null ? 'soft unknown' : 'foreign'}>
              {value ?? t(rests ? 'policy:notLooked' : 'policy:unknown')}
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
