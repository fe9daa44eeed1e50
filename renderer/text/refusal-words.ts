import type { Failure } from '../../electron/contract/failures.ts';
import { sayFailure } from '../../text/said.ts';
import { speaker } from './say.ts';

/** Why the host refused a change, and what it would take instead, in the page's language. */
export function refusalWords(failure: Failure): string {
  const { sentence, hint } = sayFailure(speaker(), failure);
  return hint === null ? sentence : `${sentence} ${hint}`;
}
