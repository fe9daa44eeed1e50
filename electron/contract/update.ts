import { z } from 'zod';
import { Failure, GleanerError } from './failures.ts';

/** Why there are no updates, or why one that is there waits; each with its English words. */
export const updateReasonWords = {
  // Off.
  checkout: 'This program runs out of a checkout, which is updated by its own means.',
  development: 'This version was built on a development runtime, which nothing may replace by itself.',
  package: 'Gleaner was installed as a package: the system’s package manager updates it.',
  installer: 'Gleaner was installed by an administrator, who updates it, too.',
  archive: 'Gleaner was unpacked from an archive: unpack a newer one in its place.',
  'no-feed': 'This installation names no feed of updates, or no key that signs it.',
  'not-in-place': 'The program was not started from the file that an update would replace.',
  'not-writable': 'The program’s file cannot be replaced by this user.',
  platform: 'Updating is not ready on this system yet.',
  unreadable: 'What this installation says of itself cannot be read.',
  headless: 'As a service, or without a window, Gleaner does not update itself.',
  demo: 'A demonstration does not update itself.',
  organization: 'Your organization has turned updates off.',
  'turned-off': 'Updates are turned off in the preferences.',
  // Waiting.
  'pool-jobs': 'A company pool’s jobs are running, which would have to be handed back.',
  'vm-changes': 'A virtual machine is just starting, stopping or being saved.',
  'cannot-save': 'A job is running in a virtual machine that cannot be saved.',
  judging: 'A job’s result is just being taken in.',
  'being-used': 'Something was asked of Gleaner that is not finished yet.',
  watched: 'You are looking at the window.',
  metered: 'This network is billed by volume.',
} as const satisfies Readonly<Record<string, string>>;

export type UpdateReason = keyof typeof updateReasonWords;
export const UpdateReason = z.enum(Object.keys(updateReasonWords) as [UpdateReason, ...UpdateReason[]]);

/**
 * `ready`: downloaded, and the person says when; `waiting`: for a moment at which nothing is lost, or for another network
 * (`reason`); `installing`: everything is being stopped for it.
 */
export const UpdateState = z.enum([
  'off',
  'idle',
  'checking',
  'downloading',
  'ready',
  'waiting',
  'installing',
  'failed',
]);
export type UpdateState = z.infer<typeof UpdateState>;

/** How it stands with newer versions of Gleaner itself. */
export const UpdateView = z.strictObject({
  state: UpdateState,
  /** The newer version; null while none is known. */
  version: z.string().max(64).nullable(),
  /** Of the download, 0…1. */
  progress: z.number().min(0).max(1).nullable(),
  /** Why `off` or `waiting`. */
  reason: UpdateReason.nullable(),
  /** Where it says what is new; text from the signed feed. */
  notes: z.string().max(500).nullable(),
  /** Epoch ms of the last look at the feed that succeeded. */
  checkedAt: z.int().nullable(),
  /** Why `failed`. */
  failure: Failure.nullable(),
});
export type UpdateView = z.infer<typeof UpdateView>;

/** With no newer version known. Pure. */
export function plainUpdate(state: UpdateState, reason: UpdateReason | null = null): UpdateView {
  return { state, version: null, progress: null, reason, notes: null, checkedAt: null, failure: null };
}

/** What is answered where the program does not update itself. */
export function updatesAreOff(reason: UpdateReason): GleanerError {
  return new GleanerError('update-off', 'Gleaner does not update itself here.', updateReasonWords[reason]);
}

/** What keeps the program up to date: the root that has such a thing hands it to the host. */
export interface Updates {
  view(): UpdateView;
  /** Looks at the feed now; rejects `update-off`, and what the look fails with. */
  check(): Promise<UpdateView>;
  /**
   * Installs what was downloaded, as soon as nothing is lost by it; rejects `update-off`, and `wrong-phase` when there is nothing.
   * @param handBack pools' jobs are handed back rather than waited for
   */
  install(handBack: boolean): UpdateView;
  /** Ends a download, or the wait for the moment; `wrong-phase` when there is neither. */
  cancel(): UpdateView;
  /** Calls back whenever the view is another. */
  onChange(listener: () => void): void;
}

/** Of a program that somebody else updates, or nobody. */
export function updatesOff(reason: UpdateReason): Updates {
  const off = (): never => {
    throw updatesAreOff(reason);
  };
  return {
    view: () => plainUpdate('off', reason),
    check: () => Promise.reject(updatesAreOff(reason)),
    install: off,
    cancel: off,
    onChange: () => undefined,
  };
}
