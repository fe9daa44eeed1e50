import type { Allowance, Reason } from '../../electron/contract/policy.ts';
import { failureSaid, type Said } from '../../electron/contract/said.ts';
import type { Contribution } from '../../electron/contract/snapshot.ts';
import { allowanceSentence, type ReasonSaid, reasonWords } from '../../electron/policy/words.ts';
import { fakeNow } from './fake-grid-views.ts';

/** What is said of a made-up sentence: in English, this sentence. */
export function fakeSaid(sentence: string): Said {
  return failureSaid({ code: 'internal', sentence });
}

/** A reason in the host's own words at `now` (epoch ms). */
export function fakeReason(
  code: Reason['code'],
  said: ReasonSaid,
  changes: Partial<Reason> = {},
  now = fakeNow,
): Reason {
  return {
    code,
    words: reasonWords(said, now),
    said,
    lingers: false,
    source: 'built-in',
    share: 0,
    ...changes,
  };
}

/** What is allowed, and what holds it back, the most useful first. */
export function fakeAllowance(
  share: number,
  reasons: readonly Reason[] = [],
  organization: string | null = null,
): Allowance {
  return {
    run: share > 0,
    rung: share === 0 ? 'frozen' : share < 1 ? 'throttled' : 'full',
    share,
    vcpus: 1,
    memoryBytes: 805_306_368,
    network: share > 0,
    reason: allowanceSentence(share, reasons[0], organization),
    organization,
    reasons: [...reasons],
  };
}

/** A contribution that its allowance speaks for. */
export function fakeHeld(allowance: Allowance): Pick<Contribution, 'sentence' | 'said' | 'allowance'> {
  return { sentence: allowance.reason, said: null, allowance };
}

export function fakeContribution(changes: Partial<Contribution> = {}): Contribution {
  const sentence = changes.sentence ?? 'Working: nobody needs this computer.';
  return {
    state: 'working',
    sentence,
    said: fakeSaid(sentence),
    since: fakeNow - 60_000,
    allowance: fakeAllowance(1),
    pause: null,
    ...changes,
  };
}
