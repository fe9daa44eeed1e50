import type { Reason, ReasonCode } from '../contract/policy.ts';

/** Local wall-clock time of `at` in words, with the day when it is not today's. Pure but for the time zone. */
export function clockWords(at: number, now: number): string {
  const time = new Date(at).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  const sameDay = new Date(at).toDateString() === new Date(now).toDateString();
  return sameDay ? time : `${new Date(at).toLocaleDateString('en-GB', { weekday: 'long' })} ${time}`;
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** Reasons that say until when, so that no colon stands before them. */
const untilCodes: readonly ReasonCode[] = ['pause', 'schedule'];

/**
 * The sentence for what binds most, or for nothing. Pure.
 * @param organization who set admin values, where they say so
 */
export function allowanceSentence(
  share: number,
  reason: Reason | undefined,
  organization: string | null,
): string {
  if (!reason) return 'Nothing holds it back.';
  const by =
    reason.source === 'locked' || reason.source === 'default'
      ? ` (set by ${organization ?? 'your organization'})`
      : '';
  if (share > 0) return `Working at ${percent(share)}: ${reason.words}${by}.`;
  if (reason.code === 'disabled') return `Off: ${reason.words}${by}.`;
  const verb = reason.code === 'schedule' ? 'Waiting' : 'Paused';
  return `${verb}${untilCodes.includes(reason.code) ? '' : ':'} ${reason.words}${by}.`;
}
