import type { ReactNode } from 'react';
import { t } from '../text/say.ts';
import type { Changes, InForce } from './changes.ts';
import { PresetCards } from './preset-cards.tsx';

/** Which preset. */
export function AmountStep(props: {
  settings: InForce;
  organization: string | null;
  changes: Pick<Changes, 'set' | 'refusal'>;
}): ReactNode {
  return (
    <>
      <PresetCards isAlone {...props} />
      <p className="soft">{t('welcome:amount.words')}</p>
    </>
  );
}
