import type { ReactNode } from 'react';
import type { Failure } from '../../electron/contract/failures.ts';
import { Mark } from '../ui/marks.tsx';
import { Told } from './told.tsx';

/** What is wrong at the moment, and what to do about it. */
export function Problem({ problem }: { problem: Failure }): ReactNode {
  const { sentence, hint } = problem;
  return (
    <div className="notice notice-warn" role="alert">
      <Mark name="attention" size={20} />
      <div>
        <Told>{sentence}</Told>
        {hint === undefined ? null : <Told className="soft small">{hint}</Told>}
      </div>
    </div>
  );
}
