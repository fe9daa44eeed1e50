import { useCallback, useEffect, useRef, useState } from 'react';
import { useNow } from './use-now.ts';

/** An answer that is asked for when the component appears, every `everyMs` after that, and at `again`. */
export function useAsked<T>(
  ask: () => Promise<T>,
  everyMs: number | null,
): { readonly answer: T | null; readonly again: () => Promise<void> } {
  const [answer, setAnswer] = useState<T | null>(null);
  const latest = useRef(0);
  const now = useNow(everyMs);
  const again = useCallback(async () => {
    latest.current += 1;
    const mine = latest.current;
    const value = await ask();
    // An older answer that comes late would bring back what has changed since.
    if (mine === latest.current) setAnswer(value);
  }, [ask]);
  useEffect(() => {
    void again();
    // `now` is the reason to ask anew.
  }, [again, now]);
  return { answer, again };
}
