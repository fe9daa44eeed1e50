import type { ReactNode } from 'react';
import type { Failure } from '../../electron/contract/failures.ts';
import { t } from '../text/say.ts';
import { FailureWords } from './failure-words.tsx';

/** Why something did not work, and what to do about it. */
export function Failed(props: { failure: Failure; children?: ReactNode }): ReactNode {
  return (
    <div className="notice notice-bad" role="alert">
      <div>
        <p>
          <strong>{t('failures:command')}</strong>
        </p>
        <FailureWords failure={props.failure} />
        {props.children}
      </div>
    </div>
  );
}
