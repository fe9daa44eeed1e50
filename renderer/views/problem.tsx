import type { ReactNode } from 'react';
import type { Failure } from '../../electron/contract/failures.ts';
import { Mark } from '../ui/marks.tsx';
import { FailureWords } from './failure-words.tsx';

/** What is wrong at the moment, and what to do about it. `children`: a way to do it. */
export function Problem({ problem, children }: { problem: Failure; children?: ReactNode }): ReactNode {
  return (
    <div className="notice notice-warn" role="alert">
      <Mark name="attention" size={20} />
      <div>
        <FailureWords failure={problem} />
        {children}
      </div>
    </div>
  );
}
