import type { ReactNode } from 'react';
import type { Failure } from '../../electron/contract/failures.ts';
import { t } from '../text/say.ts';
import { Told } from './told.tsx';

/** Why something did not work, and what to do about it. */
export function Failed(props: { failure: Failure; children?: ReactNode }): ReactNode {
  const { sentence, hint } = props.failure;
  return (
    <div className="notice notice-bad" role="alert">
      <div>
        <p>
          <strong>{t('failures:command')}</strong>
        </p>
        <Told>{sentence}</Told>
        {hint === undefined ? null : <Told className="soft">{hint}</Told>}
        {props.children}
      </div>
    </div>
  );
}
