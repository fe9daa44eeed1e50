import type { ReactNode } from 'react';
import type { Failure } from '../../electron/contract/failures.ts';
import { sayFailure } from '../text/host-words.ts';
import { Told } from './told.tsx';

/** What went wrong and what to do about it, in the page's language; beneath, where that is not English, the host's own words. */
export function FailureWords({ failure }: { failure: Failure }): ReactNode {
  const { sentence, hint, detail } = sayFailure(failure);
  return (
    <>
      <p className="foreign">{sentence}</p>
      {hint === null ? null : <p className="foreign soft small">{hint}</p>}
      {detail === null ? null : <Told className="soft small">{detail}</Told>}
    </>
  );
}
