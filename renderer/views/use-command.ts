import { useCallback, useState } from 'react';
import type { Answer } from '../../electron/contract/commands.ts';
import type { Failure } from '../../electron/contract/failures.ts';

export interface Command {
  readonly busy: boolean;
  /** Why the last one failed; gone with the next. */
  readonly failure: Failure | null;
  /** Whether it was done. */
  readonly run: (ask: () => Promise<Answer<unknown>>) => Promise<boolean>;
}

/** What a card asks of the host, and what came of the last of it. */
export function useCommand(): Command {
  const [asking, setAsking] = useState(0);
  const [failure, setFailure] = useState<Failure | null>(null);
  const run = useCallback(async (ask: () => Promise<Answer<unknown>>) => {
    setAsking((count) => count + 1);
    try {
      const answer = await ask();
      setFailure(answer.ok ? null : answer.failure);
      return answer.ok;
    } finally {
      setAsking((count) => count - 1);
    }
  }, []);
  return { busy: asking > 0, failure, run };
}
