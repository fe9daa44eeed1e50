import type { Reason, ReasonCode } from '../contract/policy.ts';
import type { Said } from '../contract/said.ts';
import { isSetByOrganization } from '../contract/set-by.ts';

/** Local wall-clock time of `at` in words, with the day when it is not today's. Pure but for the time zone. */
export function clockWords(at: number, now: number): string {
  const time = new Date(at).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  const sameDay = new Date(at).toDateString() === new Date(now).toDateString();
  const day = { day: 'numeric', month: 'short' } as const;
  return sameDay ? time : `${new Date(at).toLocaleDateString('en-GB', day)} ${time}`;
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** What is said of a reason; whose turn it is, is no matter of the policy. */
export type ReasonSaid = Exclude<Extract<Said, { code: `reason.${string}` }>, { code: 'reason.turn' }>;

/** A reason in words that fit behind "Paused: …", at `now` (epoch ms). Pure but for the time zone. */
export function reasonWords(said: ReasonSaid, now: number): string {
  switch (said.code) {
    case 'reason.pause-until':
    case 'reason.schedule-until':
      return `until ${clockWords(said.values.until, now)}`;
    case 'reason.program':
      return `“${said.values.program}” is running`;
    default:
      return fixedWords[said.code];
  }
}

const fixedWords: Readonly<
  Record<Exclude<ReasonSaid['code'], 'reason.program' | `reason.${string}-until`>, string>
> = {
  'reason.profile-broken': 'your organization’s settings cannot be read',
  'reason.shutdown': 'this computer is shutting down',
  'reason.sleep': 'this computer is going to sleep',
  'reason.pause': 'until you resume',
  'reason.disabled': 'contributing is turned off',
  'reason.call': 'you are in a call',
  'reason.presentation': 'a presentation or a film is shown',
  'reason.full-screen': 'a program fills the screen',
  'reason.remote-session': 'this computer is used from afar',
  'reason.session-away': 'another session has the screen',
  'reason.input': 'you are using the computer',
  'reason.load': 'other programs need the processor',
  'reason.battery': 'this computer runs on battery',
  'reason.schedule': 'by the schedule',
  'reason.disk': 'the disk is nearly full',
  'reason.quiet': 'quiet mode keeps this computer cool',
  'reason.quiet-blind': 'quiet mode, and this computer does not tell how warm it is',
  'reason.locked-screen': 'the limit while the screen is locked',
  'reason.limit': 'the limit in the settings',
  'reason.limit-of-grid': 'the limit of the grid',
};

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
  const by = isSetByOrganization(reason) ? ` (set by ${organization ?? 'your organization'})` : '';
  if (share > 0) return `Working at ${percent(share)}: ${reason.words}${by}.`;
  if (reason.code === 'disabled') return `Off: ${reason.words}${by}.`;
  const verb = reason.code === 'schedule' ? 'Waiting' : 'Paused';
  return `${verb}${untilCodes.includes(reason.code) ? '' : ':'} ${reason.words}${by}.`;
}
