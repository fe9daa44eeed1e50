import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Failure, JobDocument } from '../../contract/index.ts';
import type { LocalQueue } from './queue.ts';

/** A job as a machine takes it; `inputTarPath` is a tar of ours with `in/…` and, on a later attempt, `checkpoint/…`. */
export interface MachineJob {
  readonly id: string;
  readonly argv: string[];
  readonly env: Record<string, string>;
  readonly memoryBytes: number;
  readonly processes: number;
  readonly vcpus: number;
  /** Bound on stdout and on stderr, each, in bytes. */
  readonly logBytes: number;
  readonly inputTarPath: string;
  /** Whether it may use the gateway. */
  readonly network: boolean;
}

export interface MachineListener {
  /** `fraction` is 0…1; the text is hostile but bounded. */
  progress(fraction: number, text: string): void;
  usage(cpuSeconds: number, memoryPeakBytes: number): void;
}

export type MachineJobEnd = (
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'signal'; readonly signal: number }
  | { readonly kind: 'oom' }
  | { readonly kind: 'killed' }
) & { readonly truncated: readonly ('stdout' | 'stderr')[] };

/** A tar that the machine left at the path it was told; `digest` is `sha256:…` of that file. */
export interface Collected {
  readonly bytes: number;
  readonly digest: string;
}

/**
 * What runs jobs, one at a time. All methods reject with `session-lost` once the machine is gone for good; while
 * it is frozen they wait.
 */
export interface JobMachine {
  /** Resolves when the job's program runs; rejects with `launch-failed`, `wrong-phase` while another job is there. */
  startJob(job: MachineJob): Promise<void>;
  watchJob(id: string, on: MachineListener): Promise<MachineJobEnd>;
  /** null when the job has published nothing. */
  checkpointJob(id: string, toPath: string, maxBytes: number): Promise<Collected | null>;
  /** After the end only; rejects with `job-output-too-large`. `maxBytes` bounds the content of `out/`. */
  collectJob(id: string, toPath: string, maxBytes: number): Promise<Collected>;
  killJob(id: string): Promise<void>;
  cleanJob(id: string): Promise<void>;
  /** All time so far that the machine stood frozen, a freeze that goes on included; never decreases. */
  frozenMs(): number;
  /** Names the saved machine that this one has become, which goes on another time; null for one that was not saved. */
  savedAs(): string | null;
  /** Names the saved machine that this one was before, with its job in it; null for one that began anew. */
  restoredFrom(): string | null;
  facts(): { readonly accelerator: string; readonly applianceDigest: string };
}

/** Says whether a result is right; rejects when that cannot be found out for reasons that are not the result's. */
export type Judge = (files: {
  readonly check: JobDocument['check'];
  readonly inputTarPath: string;
  readonly resultTarPath: string;
}) => Promise<{ readonly ok: true } | { readonly ok: false; readonly sentence: string }>;

/** The steps of an attempt, in order, at which tests stop the process; see also the queue's. */
export const runnerSteps = [
  'leased',
  'staged',
  'started',
  'checkpoint-asked',
  'checkpoint-collected',
  'checkpoint-synced',
  'checkpoint-renamed',
  'checkpoint-recorded',
  'checkpoint-swept',
  'checkpoint-over',
  'ended',
  'result-collected',
  'result-judged',
  'result-synced',
  'result-renamed',
  'cleaned',
  'swept',
] as const;
export type RunnerStep = (typeof runnerSteps)[number];

/** What every attempt works with. */
export interface AttemptContext {
  readonly queue: LocalQueue;
  readonly judge: Judge;
  readonly clock: Clock;
  readonly log: Log;
  readonly onChange: () => void;
  /** What is wrong although the job goes on or waits; null when it is mended. */
  readonly onProblem: (failure: Failure | null) => void;
  readonly step: (name: RunnerStep) => void;
}
