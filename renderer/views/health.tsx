import type { ReactNode } from 'react';
import type { Snapshot } from '../../electron/contract/snapshot.ts';
import { t } from '../text/say.ts';

export function Health(_props: { snapshot: Snapshot }): ReactNode {
  return <h1 className="page-title">{t('common:tab.health')}</h1>;
}
