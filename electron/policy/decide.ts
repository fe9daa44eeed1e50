import type { Allowance } from '../contract/snapshot.ts';
import type { Pause } from './pause.ts';

/** What `decide` looks at. Later signals (presence, battery, load, schedule) join here. */
export interface Signals {
  /** Epoch ms. */
  readonly now: number;
  readonly pause: Pause | null;
}

/** The values in force. Bytes and shares as in `contract/settings.ts`. */
export interface Policy {
  readonly share: number;
  readonly vcpus: number;
  readonly memoryBytes: number;
}

/** Local wall-clock time of `at` in words, with the day when it is not today's. Pure but for the time zone. */
export function clockWords(at: number, now: number): string {
  const time = new Date(at).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  const sameDay = new Date(at).toDateString() === new Date(now).toDateString();
  return sameDay ? time : `${new Date(at).toLocaleDateString('en-GB', { weekday: 'long' })} ${time}`;
}

/**
 * What may be used right now, and why. Pure and total: the same inputs give the same answer.
 * A pause whose end has passed counts as none.
 */
export function decide(signals: Signals, policy: Policy): Allowance {
  const limits = { vcpus: policy.vcpus, memoryBytes: policy.memoryBytes };
  const { pause, now } = signals;
  if (pause && (pause.until === null || pause.until > now)) {
    const end = pause.until === null ? 'you resume' : clockWords(pause.until, now);
    return { run: false, share: 0, ...limits, reason: `Paused until ${end}.` };
  }
  const percent = Math.round(policy.share * 100);
  return {
    run: true,
    share: policy.share,
    ...limits,
    reason: percent < 100 ? `At ${percent} % by your settings.` : 'Nothing holds it back.',
  };
}
