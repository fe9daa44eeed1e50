import { type ReactNode, useState } from 'react';
import type { Denial } from '../../electron/contract/network.ts';
import { client } from '../bridge/store.ts';
import { ago } from '../text/format.ts';
import { sayDenial } from '../text/host-words.ts';
import { plain } from '../text/plain.ts';
import { t } from '../text/say.ts';
import { Ask } from '../ui/ask.tsx';
import { Tick } from '../ui/form.tsx';
import { Mark } from '../ui/marks.tsx';
import { Button, Foreign } from '../ui/primitives.tsx';
import { placeOf } from './contacts.tsx';
import { FailureWords } from './failure-words.tsx';
import { Part } from './part.tsx';
import { useCommand } from './use-command.ts';

/** What the VM of one project wanted to reach and did not, why, and how it could. */
export function Denials(props: {
  denials: readonly Denial[];
  name: string;
  at: number;
  onChanged: () => Promise<void>;
}): ReactNode {
  const { denials, name, at } = props;
  const [allowing, setAllowing] = useState<Denial | null>(null);
  return (
    <Part title={t('grids:denials')}>
      <ul className="denials">
        {denials.map((denial) => (
          <li key={`${placeOf(denial)} ${denial.reason}`} className="notice notice-warn">
            <Mark name="attention" size={20} />
            <div>
              <p>
                <Foreign className="place">{placeOf(denial)}</Foreign>
                <span className="denial-why"> · {t(`grids:denialReason.${denial.reason}`)}</span>
              </p>
              <p className="foreign small">{sayDenial(denial, at)}</p>
              <p className="soft small">
                {t('grids:denialTimes', { count: denial.count, when: ago(denial.lastAt, at) })}
              </p>
            </div>
            {denial.allowable ? (
              <Button
                label={t('grids:allowLabel', { place: plain(placeOf(denial)) })}
                onPress={() => {
                  setAllowing(denial);
                }}
              >
                {t('grids:allow')}
              </Button>
            ) : null}
          </li>
        ))}
      </ul>
      {allowing === null ? null : (
        <Allow
          denial={allowing}
          name={name}
          onEnd={() => {
            setAllowing(null);
            void props.onChanged();
          }}
        />
      )}
    </Part>
  );
}

function Allow(props: { denial: Denial; name: string; onEnd: () => void }): ReactNode {
  const { denial, name, onEnd } = props;
  const { busy, failure, run } = useCommand();
  const [isCompanys, setIsCompanys] = useState(false);
  const isPrivate = denial.reason === 'private-address';
  return (
    <Ask
      title={t('grids:allowTitle', { place: plain(placeOf(denial)) })}
      confirm={t('grids:allowConfirm')}
      cancel={t('common:cancel')}
      busy={busy}
      ready={!isPrivate || isCompanys}
      failure={failure === null ? null : <FailureWords failure={failure} />}
      onCancel={onEnd}
      onConfirm={() => {
        const { grid: id, host, port } = denial;
        void run(() => client.call('grids.allow', { id, host, port, private: isPrivate })).then((done) => {
          if (done) onEnd();
        });
      }}
    >
      <p>{t('grids:allowMeans', { name: plain(name) })}</p>
      {isPrivate ? <Tick label={t('grids:allowPrivate')} on={isCompanys} onChange={setIsCompanys} /> : null}
    </Ask>
  );
}
