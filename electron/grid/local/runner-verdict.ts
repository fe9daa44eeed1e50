import {
  type Failure,
  type FailureCode,
  GleanerError,
  type JobDocument,
  toFailure,
} from '../../contract/index.ts';
import type { MachineJobEnd } from './runner-machine.ts';

const signalNames: Readonly<Record<number, string>> = {
  4: 'SIGILL',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  13: 'SIGPIPE',
  15: 'SIGTERM',
  24: 'SIGXCPU',
  25: 'SIGXFSZ',
};

const seeLogs = 'Its own output may say why: gleaner jobs show.';

/** How a job ended, as a failure; null for exit code 0. `limit` is why we killed it, if we did. Pure. */
export function failureOfEnd(
  end: MachineJobEnd,
  limit: Failure | undefined,
  document: JobDocument,
): Failure | null {
  switch (end.kind) {
    case 'exit':
      if (end.code === 0) return null;
      return {
        code: 'job-exited',
        sentence: `The job's program ended with exit code ${end.code}.`,
        hint: seeLogs,
      };
    case 'oom':
      return {
        code: 'job-out-of-memory',
        sentence: `The job used more memory than the ${inMiB(document.resources.memory)} that its document allows.`,
        hint: 'Raise resources.memory in its document.',
      };
    case 'killed':
      return limit ?? signaled(9);
    case 'signal':
      return limit ?? signaled(end.signal);
  }
}

function signaled(signal: number): Failure {
  const name = signalNames[signal];
  return {
    code: 'job-signaled',
    sentence: `The job's program was ended by signal ${signal}${name === undefined ? '' : ` (${name})`}.`,
    hint: seeLogs,
  };
}

/** The limits that we enforce ourselves. Pure. */
export function limitFailure(
  code: 'job-wall-limit' | 'job-cpu-limit' | 'job-deadline',
  { limits }: JobDocument,
): Failure {
  switch (code) {
    case 'job-wall-limit':
      return {
        code,
        sentence: `The job ran longer than the ${limits.wall} s that its document allows.`,
        hint: 'Raise limits.wall in its document.',
      };
    case 'job-cpu-limit':
      return {
        code,
        sentence: `The job used more than the ${limits.cpu} s of CPU time that its document allows.`,
        hint: 'Raise limits.cpu in its document.',
      };
    case 'job-deadline':
      return { code, sentence: "The job's deadline passed before it was done." };
  }
}

/** What the job itself is to blame for: it would fail the same way on any machine. */
const ownFaults: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'launch-failed',
  'archive-invalid',
  'archive-too-large',
  'job-output-too-large',
  'appliance-unknown',
  'resources-unavailable',
  'document-invalid',
]);

const hints: Partial<Record<FailureCode, string>> = {
  'archive-invalid': 'Give the files under out/ plain names, and leave nothing but files and folders there.',
  'job-output-too-large': 'Raise limits.output in its document, or let it leave less under out/.',
  'launch-failed': 'The command must be a program of the appliance, or a path below /job.',
};

/** The failure of the job that an error amounts to; undefined when it says nothing about the job. Pure. */
export function ownFault(error: unknown): Failure | undefined {
  if (!(error instanceof GleanerError) || !ownFaults.has(error.code)) return undefined;
  const hint = hints[error.code];
  return hint === undefined ? toFailure(error) : { hint, ...toFailure(error) };
}

export function isCode(error: unknown, ...codes: readonly FailureCode[]): boolean {
  return codes.includes(toFailure(error).code);
}

function inMiB(bytes: number): string {
  return `${Math.round(bytes / 1024 ** 2)} MiB`;
}
