import type { FailureCode } from '../contract/failures.ts';

/** What the process answers to the shell; `--help` shows this table. */
export const exitCodes = {
  ok: { code: 0, means: 'done as asked' },
  failed: {
    code: 1,
    means: 'failed, or the thing asked about failed (a broken ledger, a failed check or job)',
  },
  usage: { code: 2, means: 'this is not how the command is used' },
  noHost: { code: 3, means: 'Gleaner is not running, or went away' },
  refused: { code: 4, means: 'refused: bad input, or not possible now' },
  notFound: { code: 5, means: 'there is no such thing' },
  interrupted: { code: 130, means: 'interrupted' },
} as const;

/** How a command ends. */
export type Ending = keyof typeof exitCodes;

const special: Partial<Record<FailureCode, Ending>> = {
  'host-not-running': 'noHost',
  'not-found': 'notFound',
  'bad-request': 'refused',
  'wrong-phase': 'refused',
  'already-running': 'refused',
  'not-permitted': 'refused',
  'platform-not-ready': 'refused',
  'document-invalid': 'refused',
  'document-version': 'refused',
  'document-too-large': 'refused',
  'archive-invalid': 'refused',
  'archive-too-large': 'refused',
  'appliance-unknown': 'refused',
  'resources-unavailable': 'refused',
  'job-finished': 'refused',
  'job-unfinished': 'refused',
  'already-joined': 'refused',
  'not-joined': 'notFound',
  'consent-required': 'refused',
  'grid-refused': 'refused',
  'grid-unsupported': 'refused',
  'grid-not-permitted': 'refused',
  'account-refused': 'refused',
  'egress-denied': 'refused',
  'enrolment-invalid': 'refused',
  'update-off': 'refused',
  'update-refused': 'refused',
  'setting-unknown': 'notFound',
  'setting-invalid': 'refused',
  'setting-locked': 'refused',
  'setting-reserved': 'refused',
};

/** The exit code for a failure. Pure. */
export function exitCodeOf(code: FailureCode): number {
  return exitCodes[special[code] ?? 'failed'].code;
}

/** The table as `--help` prints it. Pure. */
export function exitCodeHelp(): string {
  const lines = Object.values(exitCodes).map(({ code, means }) => `  ${String(code).padEnd(4)} ${means}`);
  return ['Exit codes:', ...lines].join('\n');
}
