import type { ReactNode } from 'react';
import type { Failure } from '../../electron/contract/failures.ts';
import { Mark } from '../ui/marks.tsx';
import { FailureWords } from './failure-words.tsx';

/** What is wrong at the moment, and what to do about it. */
export function Problem({ problem }: { problem: Failure }): ReactNode {
  return (
    <div className="notice notice-warn" role="alert">
      <Mark name="attention" size={20} />
      <div>
        <FailureWords failure={problem} />
      </div>
    </div>
  );
}
