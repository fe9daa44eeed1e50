import type { ReactNode } from 'react';
import { t } from '../text/say.ts';
import type { Changes } from './changes.ts';
import { PresetCards } from './preset-cards.tsx';
import type { Settings } from './welcome-settings.ts';

/** Which preset. */
export function AmountStep(props: {
  settings: Settings;
  organization: string | null;
  changes: Pick<Changes, 'set' | 'refusal'>;
}): ReactNode {
  return (
    <>
      <PresetCards {...props} />
      <p className="soft">{t('welcome:amount.words')}</p>
    </>
  );
}
