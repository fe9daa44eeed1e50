import type { Failure, FailureCode } from '../../electron/contract/failures.ts';
import type { EnrolmentSource, PoolOffer } from '../../electron/contract/pool-views.ts';

/** Largest enrolment file that the host reads, in bytes. */
export const largestEnrolment = 256 * 1024;
/** Longest address of an enrolment, in characters. */
const longestAddress = 500;

/** Where somebody is who joins a company's pool. An enrolment's text holds a secret: no step keeps it that does not need it. */
export type PoolStep =
  /** `url`: the address that was refused, to be put right; null: a file was, or nothing. */
  | { readonly at: 'choose'; readonly failure: Failure | null; readonly url: string | null }
  | { readonly at: 'looking'; readonly from: EnrolmentSource }
  | {
      readonly at: 'asks';
      readonly from: EnrolmentSource;
      readonly offer: PoolOffer;
      readonly joining: boolean;
      readonly failure: Failure | null;
    };

export type PoolEvent =
  | { readonly type: 'look'; readonly from: EnrolmentSource }
  | { readonly type: 'found'; readonly from: EnrolmentSource; readonly offer: PoolOffer }
  | { readonly type: 'not-found'; readonly from: EnrolmentSource; readonly failure: Failure }
  | { readonly type: 'join' }
  | { readonly type: 'refused'; readonly failure: Failure }
  | { readonly type: 'back' };

export const firstPoolStep: PoolStep = { at: 'choose', failure: null, url: null };

/** After these another look, or another enrolment, is what helps: the same consent would not. */
const beginsAnew: ReadonlySet<FailureCode> = new Set<FailureCode>(['consent-required', 'enrolment-invalid']);

/** The next step. An event that the step does not know changes nothing, so late answers are harmless. Pure. */
export function poolFlow(step: PoolStep, event: PoolEvent): PoolStep {
  switch (event.type) {
    case 'look':
      return step.at === 'choose' ? { at: 'looking', from: event.from } : step;
    case 'found':
      if (step.at !== 'looking' || step.from !== event.from) return step;
      return { at: 'asks', from: event.from, offer: event.offer, joining: false, failure: null };
    case 'not-found':
      if (step.at !== 'looking' || step.from !== event.from) return step;
      return refusedAt(step.from, event.failure);
    case 'join':
      return step.at === 'asks' && !step.joining ? { ...step, joining: true, failure: null } : step;
    case 'refused':
      if (step.at !== 'asks' || !step.joining) return step;
      return beginsAnew.has(event.failure.code)
        ? refusedAt(step.from, event.failure)
        : { ...step, joining: false, failure: event.failure };
    case 'back':
      return step.at === 'asks' && step.joining ? step : firstPoolStep;
  }
}

function refusedAt(from: EnrolmentSource, failure: Failure): PoolStep {
  return { at: 'choose', failure, url: from.kind === 'url' ? from.url : null };
}

/** What keeps a file from being read as an enrolment. */
export type FileFault = 'several' | 'empty' | 'large' | 'unreadable';

/** Why files that were chosen or dropped are no enrolment, before anything of them is read; null: they may be one. Pure. */
export function faultOfFiles(files: readonly { readonly size: number }[]): FileFault | null {
  const [file] = files;
  if (file === undefined) return 'unreadable';
  if (files.length > 1) return 'several';
  if (file.size === 0) return 'empty';
  return file.size > largestEnrolment ? 'large' : null;
}

/** Why an address is none that an enrolment may lie at; the host has the last word. Pure. */
export function faultOfAddress(typed: string): 'empty' | 'none' | null {
  const address = typed.trim();
  if (address === '') return 'empty';
  if (address.length > longestAddress || !URL.canParse(address)) return 'none';
  const { protocol, hostname } = new URL(address);
  return /^https?:$/.test(protocol) && hostname !== '' ? null : 'none';
}
