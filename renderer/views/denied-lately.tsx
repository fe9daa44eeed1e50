import type { ReactNode } from 'react';
import type { Denial } from '../../electron/contract/network.ts';
import { useAdministered } from '../bridge/store.ts';
import { plain } from '../text/plain.ts';
import { t } from '../text/say.ts';
import { Mark } from '../ui/marks.tsx';
import { Button } from '../ui/primitives.tsx';
import { placeOf } from './contacts.tsx';
import type { Go } from './place.ts';

/** That something was refused lately, the latest first; what and why stands with its grid. */
export function DeniedLately(props: {
  denials: readonly Denial[];
  name: (grid: string) => string;
  go: Go;
  onSeen: (until: number) => void;
}): ReactNode {
  const { denials, name, go } = props;
  const administered = useAdministered();
  const [latest] = denials;
  if (latest === undefined) return null;
  const others = denials.length - 1;
  return (
    <section className="notice notice-warn" aria-label={t('grids:denials')}>
      <Mark name="attention" size={20} />
      <div>
        <p className="foreign">
          {t('home:denied.lately', { name: plain(name(latest.grid)), place: plain(placeOf(latest)) })}
        </p>
        {others === 0 ? null : <p className="soft small">{t('home:denied.more', { count: others })}</p>}
      </div>
      <span className="buttons">
        {administered ? null : (
          <Button
            onPress={() => {
              go({ page: 'grids', open: latest.grid });
            }}
          >
            {t('home:denied.see')}
          </Button>
        )}
        <Button
          quiet
          onPress={() => {
            props.onSeen(latest.lastAt);
          }}
        >
          {t('common:dismiss')}
        </Button>
      </span>
    </section>
  );
}
