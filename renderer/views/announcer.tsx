import { type ReactNode, useState } from 'react';
import type { Contribution, Snapshot } from '../../electron/contract/snapshot.ts';
import { sayState } from '../text/host-words.ts';

/**
 * The same as long as a listener needs to hear nothing: neither the next job of a computer that works, nor another minute
 * at which a pause ends, is news. Pure.
 */
export function newsKey({ state, said, allowance }: Contribution): string {
  if (said !== null) return `${state} ${said.code === 'failure' ? said.values.failure : said.code}`;
  const [first] = allowance.reasons;
  return `${state} ${first?.code ?? ''} ${Math.round(allowance.share * 100)}`;
}

/** Tells whoever listens, politely and once, when the state changes; the window's first state stands on its page. */
export function Announcer({ snapshot }: { snapshot: Snapshot }): ReactNode {
  const { contribution, at } = snapshot;
  const key = newsKey(contribution);
  const [told, setTold] = useState({ key, words: '' });
  if (told.key !== key) setTold({ key, words: sayState(contribution, at) });
  return (
    <p className="hidden-label" aria-live="polite">
      {told.words}
    </p>
  );
}
