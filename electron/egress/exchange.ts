import type { Clock } from '../base/clock.ts';
import type { TokenBucket } from './bucket.ts';
import type { GatewayLimits } from './limits.ts';
import type { Match } from './match.ts';
import type { Reach } from './reach.ts';
import { Refusal, unreachable } from './refusal.ts';
import type { Target } from './target.ts';

/** What carrying one request needs of its gateway. */
export interface Means {
  readonly clock: Clock;
  readonly limits: GatewayLimits;
  readonly reach: Reach;
  /** To the outside, and from there. */
  readonly up: TokenBucket;
  readonly down: TokenBucket;
}

/** One request under way. Its signal says when it has to end, with a Refusal or {@link GuestGone} as the reason. */
export interface Exchange {
  readonly target: Target;
  readonly match: Match;
  readonly signal: AbortSignal;
  /** Ends it from outside or inside; only the first reason counts. */
  end(reason: Error): void;
}

/** Nobody waits for the answer any more. */
export class GuestGone extends Error {
  override readonly name = 'GuestGone';
}

/** Any reason for an end as one that can be shown; undefined when nobody is there to see it. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error;
  if (error instanceof GuestGone) return undefined;
  return unreachable('Its answer cannot be understood.');
}
