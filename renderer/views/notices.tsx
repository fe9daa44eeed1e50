import { type ReactNode, useEffect, useState } from 'react';
import type { Place } from '../../electron/contract/place.ts';
import { onAskedPlace } from '../bridge/asked-place.ts';
import { t } from '../text/say.ts';
import { Button } from '../ui/primitives.tsx';

/** Said once, by the shell's address: this desktop has no tray to find Gleaner in. */
export function TrayNotice(): ReactNode {
  const [shown, setShown] = useState(
    () => new URLSearchParams(window.location.search).get('notice') === 'no-tray',
  );
  if (!shown) return null;
  return (
    <Notice
      words={t('common:noTray')}
      onDismiss={() => {
        setShown(false);
      }}
    />
  );
}

/** A link was followed that leads nowhere; gone with the next one that leads somewhere. */
export function LinkNotice({ begin }: { begin: Place | null }): ReactNode {
  const [shown, setShown] = useState(begin?.page === 'refused-link');
  useEffect(
    () =>
      onAskedPlace(({ page }) => {
        setShown(page === 'refused-link');
      }),
    [],
  );
  if (!shown) return null;
  return (
    <Notice
      words={t('common:refusedLink')}
      onDismiss={() => {
        setShown(false);
      }}
    />
  );
}

function Notice(props: { words: string; onDismiss: () => void }): ReactNode {
  return (
    <div className="notice notice-line" role="status">
      <p>{props.words}</p>
      <Button small onPress={props.onDismiss}>
        {t('common:dismiss')}
      </Button>
    </div>
  );
}
