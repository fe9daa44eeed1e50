import type { Clock } from '../base/clock.ts';
import {
  type automaticFixes,
  type Check,
  type CheckCode,
  type CheckFix,
  type CheckId,
  type commonCodes,
  type manualFixes,
  toFailure,
} from '../contract/index.ts';

/** A look that takes longer is told as such; whoever asks does not wait for it. In ms. */
const lookLimitMs = 10_000;

/** What a look came to. */
export interface Finding<I extends CheckId> {
  readonly state: Check['state'];
  readonly code: CheckCode<I>;
  readonly values?: Check['values'];
  readonly detail: string;
  readonly hint?: string;
}

interface ManualFix {
  readonly kind: 'manual';
  readonly code: (typeof manualFixes)[number];
  readonly words: string;
  readonly command: string | null;
}

export interface AutomaticFix {
  readonly kind: 'automatic';
  readonly code: (typeof automaticFixes)[number];
  readonly words: string;
  readonly freesBytes: number | null;
  readonly cancellable: boolean;
  /** Resolves with the bytes that it freed; null where it frees nothing. Rejects with what it fails with. */
  run(signal: AbortSignal): Promise<number | null>;
}

export type Fix = ManualFix | AutomaticFix;

/** One thing to look at. `Facts` is what it looks at; the host supplies it. */
export interface Checker<I extends CheckId, Facts> {
  readonly id: I;
  readonly title: string;
  /** Whether this computer has such a thing at all; by default it has. */
  applicable?(facts: Facts): boolean;
  /** What it rejects with is a failed check in that failure's words. */
  check(facts: Facts): Promise<Finding<I>>;
  /** What would mend it. */
  fix?(facts: Facts, code: CheckCode<I>): Promise<Fix | null>;
}

export interface Examined {
  readonly check: Check;
  readonly fix: Fix | null;
}

/** A fix that is under way. */
export interface UnderWay {
  readonly fix: AutomaticFix;
  /** Epoch ms. */
  readonly since: number;
}

/** Looks at one thing. Never rejects, and never takes longer than the limit. */
export async function lookAt<I extends CheckId, Facts>(
  { id, title, ...checker }: Checker<I, Facts>,
  facts: Facts,
  clock: Clock,
): Promise<Examined> {
  let cancel = (): void => undefined;
  const late = new Promise<Examined>((resolve) => {
    cancel = clock.after(lookLimitMs, () => {
      const detail = `Not known within ${lookLimitMs / 1000} s: something else is at work there.`;
      resolve({ check: { ...common(id, title, 'late', detail), state: 'unknown' }, fix: null });
    });
  });
  const look = async (): Promise<Examined> => {
    try {
      const finding = await checker.check(facts);
      const fix = (await checker.fix?.(facts, finding.code)) ?? null;
      return { check: { id, title, values: {}, ...finding, fix: viewOf(fix, null) }, fix };
    } catch (error) {
      const { code, sentence, hint } = toFailure(error);
      const check = common(id, title, 'error', sentence);
      return {
        check: { ...check, values: { failure: code }, ...(hint === undefined ? {} : { hint }) },
        fix: null,
      };
    }
  };
  try {
    return await Promise.race([look(), late]);
  } finally {
    cancel();
  }
}

/** The check of a thing that is being mended: it is not looked at meanwhile. Pure. */
export function mending({ id, title }: { id: CheckId; title: string }, { fix, since }: UnderWay): Check {
  return { ...common(id, title, 'mending', fix.words), state: 'unknown', fix: viewOf(fix, since) };
}

function common(id: CheckId, title: string, code: (typeof commonCodes)[number], detail: string): Check {
  return { id, title, state: 'failed', code, values: {}, detail, fix: null };
}

function viewOf(fix: Fix | null, since: number | null): CheckFix | null {
  if (fix?.kind !== 'automatic') return fix;
  const { kind, code, words, freesBytes, cancellable } = fix;
  return { kind, code, words, freesBytes, cancellable, running: since === null ? null : { since } };
}
