import type { Failure, FailureCode } from '../../electron/contract/failures.ts';
import type { ProjectOffer } from '../../electron/contract/grids.ts';

/** What is asked of the host; also tells one asking from another. */
export interface Looked {
  readonly url: string;
  readonly allowPrivate: boolean;
}

/** Where somebody is who joins a project or an account manager. */
export type JoinStep =
  | { readonly at: 'choose'; readonly refused: { readonly looked: Looked; readonly failure: Failure } | null }
  | { readonly at: 'looking'; readonly looked: Looked }
  | { readonly at: 'asks'; readonly offer: ProjectOffer; readonly looked: Looked }
  | {
      readonly at: 'sign-in';
      readonly offer: ProjectOffer;
      readonly looked: Looked;
      readonly joining: boolean;
      readonly failure: Failure | null;
    }
  /** `grid`: the id of what was joined; null for a manager. */
  | { readonly at: 'done'; readonly offer: ProjectOffer; readonly grid: string | null };

export type JoinEvent =
  | { readonly type: 'look'; readonly looked: Looked }
  | { readonly type: 'found'; readonly looked: Looked; readonly offer: ProjectOffer }
  | { readonly type: 'not-found'; readonly looked: Looked; readonly failure: Failure }
  /** `allowPrivate`: "on my company's network" was said of its contacts. */
  | { readonly type: 'agree'; readonly allowPrivate: boolean }
  | { readonly type: 'join' }
  | { readonly type: 'joined'; readonly grid: string | null }
  | { readonly type: 'refused'; readonly failure: Failure }
  | { readonly type: 'back' }
  | { readonly type: 'again' };

/** What another look at the same address may mend: the network, or that something else was agreed to. */
const mayGetBetter: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'grid-unreachable',
  'network-unavailable',
  'network-metered',
  'network-quota',
  'proxy-refused',
  'consent-required',
]);

/**
 * What can be done about an address that was refused: to look again as it is, or with the word that it is on the company's
 * network, since only the person knows whose network that is; null: only another address helps. Pure.
 */
export function remedyOf(looked: Looked, { code }: Failure): 'again' | 'private' | null {
  if (code === 'egress-denied') return looked.allowPrivate || isLoopback(looked.url) ? null : 'private';
  return mayGetBetter.has(code) ? 'again' : null;
}

/** Whether an address, as it was typed, is this computer's own. Pure. */
function isLoopback(typed: string): boolean {
  const address = /^https?:\/\//i.test(typed) ? typed : `https://${typed}`;
  if (!URL.canParse(address)) return false;
  const host = new URL(address).hostname.replace(/\.$/, '');
  return /^(localhost|.+\.localhost|127\.[\d.]+|0\.0\.0\.0|\[::1?\])$/i.test(host);
}

export const firstStep: JoinStep = { at: 'choose', refused: null };

/** The next step. An event that the step does not know changes nothing, so late answers are harmless. Pure. */
export function joinFlow(step: JoinStep, event: JoinEvent): JoinStep {
  switch (event.type) {
    case 'look':
      return step.at === 'choose' ? { at: 'looking', looked: event.looked } : step;
    case 'found':
      if (step.at !== 'looking' || step.looked !== event.looked) return step;
      return { at: 'asks', looked: event.looked, offer: event.offer };
    case 'not-found':
      if (step.at !== 'looking' || step.looked !== event.looked) return step;
      return { at: 'choose', refused: { looked: event.looked, failure: event.failure } };
    case 'agree': {
      if (step.at !== 'asks' || !mayGoOn(step.offer)) return step;
      if (step.offer.needsPrivate && !event.allowPrivate) return step;
      const looked = { ...step.looked, allowPrivate: event.allowPrivate };
      return { at: 'sign-in', offer: step.offer, looked, joining: false, failure: null };
    }
    case 'join':
      return step.at === 'sign-in' && !step.joining ? { ...step, joining: true, failure: null } : step;
    case 'joined':
      if (step.at !== 'sign-in' || !step.joining) return step;
      return { at: 'done', offer: step.offer, grid: event.grid };
    case 'refused':
      if (step.at !== 'sign-in' || !step.joining) return step;
      // What it may contact is another than the person has seen: it is looked at anew.
      if (event.failure.code === 'consent-required') {
        return { at: 'choose', refused: { looked: step.looked, failure: event.failure } };
      }
      return { ...step, joining: false, failure: event.failure };
    case 'back':
      return before(step);
    case 'again':
      return step.at === 'done' ? firstStep : step;
  }
}

/** Whether this can be joined at all: a project that has no work for the VM cannot. */
export function mayGoOn({ kind, runsHere }: ProjectOffer): boolean {
  return kind === 'manager' || runsHere !== false;
}

function before(step: JoinStep): JoinStep {
  if (step.at === 'sign-in' && !step.joining) return { at: 'asks', offer: step.offer, looked: step.looked };
  if (step.at === 'looking' || step.at === 'asks') return firstStep;
  return step;
}
