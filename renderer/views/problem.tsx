import type { ReactNode } from 'react';
import type { Failure } from '../../electron/contract/failures.ts';
import { Mark } from '../ui/marks.tsx';

/** What is wrong at the moment, and what to do about it. */
export function Problem({ problem }: { problem: Failure }): ReactNode {
  const { sentence, hint } = problem;
  return (
    <div className="notice notice-warn" role="alert">
      <Mark name="attention" size={20} />
      <div>
        <p className="foreign">{sentence}</p>
        {hint === undefined ? null : <p className="foreign soft small">{hint}</p>}
      </div>
    </div>
  );
}
