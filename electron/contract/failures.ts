import { z } from 'zod';

/**
 * Every failure that the outside may see. Closed: a new way to fail gets a code here first, so that the
 * window, the CLI and scripts can tell failures apart without reading sentences.
 */
export const failureCodes = [
  // asking
  'bad-request',
  'wrong-phase',
  'not-found',
  'host-not-running',
  'already-running',
  'not-permitted',
  'platform-not-ready',
  'internal',
  // VM
  'qemu-missing',
  'qemu-too-old',
  'qemu-exited',
  'guest-not-ready',
  'guest-clock',
  'accelerator-unusable',
  'isolation-unavailable',
  'isolation-leak',
  'session-lost',
  'guest-protocol',
  'state-unavailable',
  'state-unfit',
  // appliances
  'image-missing',
  'image-damaged',
  'image-build-failed',
  // jobs
  'document-invalid',
  'document-version',
  'document-too-large',
  'archive-invalid',
  'archive-too-large',
  'appliance-unknown',
  'resources-unavailable',
  'job-finished',
  'job-unfinished',
  'launch-failed',
  'job-exited',
  'job-signaled',
  'job-out-of-memory',
  'job-wall-limit',
  'job-cpu-limit',
  'job-deadline',
  'job-output-too-large',
  'job-check-failed',
  'job-aborted',
  'job-interrupted',
  'job-gave-up',
  // grids
  'already-joined',
  'not-joined',
  'consent-required',
  'grid-unreachable',
  'grid-refused',
  'grid-protocol',
  'grid-unsupported',
  'grid-not-permitted',
  'account-refused',
  'signature-invalid',
  'agent-failed',
  'data-unusable',
  'task-failed',
  'task-stuck',
  'appliance-old',
  // pools
  'enrolment-invalid',
  'pool-document-refused',
  'pool-refused',
  'pool-revoked',
  // network
  'egress-denied',
  'network-unavailable',
  'network-metered',
  'network-quota',
  'proxy-refused',
  // storage
  'disk-full',
  'storage-failed',
  'ledger-damaged',
  'settings-invalid',
  // policy
  'setting-unknown',
  'setting-invalid',
  'setting-locked',
  'setting-reserved',
  'profile-broken',
  'sensor-failed',
  // updates
  'update-off',
  'update-refused',
  'update-unreachable',
  'update-failed',
  'update-taken-back',
] as const;

export const FailureCode = z.enum(failureCodes);
export type FailureCode = z.infer<typeof FailureCode>;

/** What went wrong, in words for a person (`sentence`), and what to do about it (`hint`). */
export const Failure = z.object({
  code: FailureCode,
  sentence: z.string().max(1000),
  hint: z.string().max(1000).optional(),
});
export type Failure = z.infer<typeof Failure>;

/** The one error class that rooms throw on purpose; everything else that is thrown is a bug or the system's. */
export class GleanerError extends Error {
  readonly code: FailureCode;
  readonly hint: string | undefined;

  constructor(code: FailureCode, sentence: string, hint?: string, options?: { cause?: unknown }) {
    super(sentence, options);
    this.name = 'GleanerError';
    this.code = code;
    this.hint = hint;
  }

  toFailure(): Failure {
    return {
      code: this.code,
      sentence: this.message.slice(0, 1000),
      ...(this.hint === undefined ? {} : { hint: this.hint.slice(0, 1000) }),
    };
  }
}

const systemSentences: Readonly<Record<string, readonly [FailureCode, string, string]>> = {
  ENOSPC: ['disk-full', 'The disk is full.', 'Free some space; Gleaner goes on by itself.'],
  EDQUOT: ['disk-full', 'Your disk quota is used up.', 'Free some space; Gleaner goes on by itself.'],
};

/** Any thrown value as a Failure; a full disk is recognised wherever it comes from, the rest is `internal`. */
export function toFailure(error: unknown): Failure {
  if (error instanceof GleanerError) return error.toFailure();
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  const known = systemSentences[code] ?? (code === 'SQLITE_FULL' ? systemSentences['ENOSPC'] : undefined);
  if (known) return { code: known[0], sentence: known[1], hint: known[2] };
  const words = error instanceof Error ? error.message : String(error);
  return { code: 'internal', sentence: `Something went wrong inside Gleaner: ${words}`.slice(0, 1000) };
}

/** The reverse of {@link GleanerError.toFailure}, for clients of the contract. */
export function fromFailure(failure: Failure): GleanerError {
  return new GleanerError(failure.code, failure.sentence, failure.hint);
}
