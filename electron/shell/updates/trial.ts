import { z } from 'zod';
import { Failure } from '../../contract/failures.ts';

const version = z.string().min(1).max(64);
const filePath = z.string().min(1).max(4096);

/**
 * `trial.json`: a newer version was put in place and has not shown yet that it runs. Written by the version before it,
 * read by both.
 */
export const Trial = z.object({
  /** What is tried. */
  version,
  /** What it replaced, and goes back to. */
  from: version,
  /** The file that was replaced. */
  target: filePath,
  /** Where what it was before is kept. */
  previous: filePath,
  /** How often it was started. */
  starts: z.int().min(0).max(1000),
});
export type Trial = z.infer<typeof Trial>;

/** `state.json`: what outlives a restart. */
export const UpdateMemory = z.object({
  /** Random, for the rollout; never sent. */
  id: z.uuid(),
  /** The newest version that each channel has ever signed. */
  newest: z.record(z.string().max(20), version).default({}),
  takenBack: z.array(version).max(50).default([]),
  /** Of the last look that succeeded, epoch ms. */
  checkedAt: z.int().nullable().default(null),
  /** The last version that could not be put in place or was taken back, and when (epoch ms). */
  failed: z.object({ version, at: z.int(), failure: Failure }).nullable().default(null),
});
export type UpdateMemory = z.infer<typeof UpdateMemory>;

/** So often may a version start without becoming healthy. */
export const allowedStarts = 3;

export type TrialStep =
  /** Nothing is being tried. */
  | { readonly do: 'nothing' }
  /** This start counts: `trial` is to be written before anything else is done. */
  | { readonly do: 'try'; readonly trial: Trial }
  /** It had its chances: the version before it is to be put back and started. */
  | { readonly do: 'put-back'; readonly trial: Trial }
  /** It was put back: this is the version before it, which remembers that. */
  | { readonly do: 'remember'; readonly trial: Trial };

/** What a start of the version `running` does about a trial. Pure. */
export function trialStep(trial: Trial | null, running: string): TrialStep {
  if (trial === null) return { do: 'nothing' };
  if (running === trial.from) return { do: 'remember', trial };
  // Somebody put a third version there by hand.
  if (running !== trial.version) return { do: 'nothing' };
  if (trial.starts >= allowedStarts) return { do: 'put-back', trial };
  return { do: 'try', trial: { ...trial, starts: trial.starts + 1 } };
}

/**
 * After an end in good order: the start does not count against the version, unless it had its time to become healthy. Pure.
 * @param ranMs since its host started; null: it never did
 */
export function afterOrderlyEnd(trial: Trial, ranMs: number | null): Trial {
  const hadItsTime = ranMs !== null && ranMs >= healthyAfterMs;
  return hadItsTime ? trial : { ...trial, starts: Math.max(0, trial.starts - 1) };
}

/** After a version was taken back: it is never offered again. Pure. */
export function afterTakenBack(memory: UpdateMemory, bad: string, at: number): UpdateMemory {
  const failure: Failure = {
    code: 'update-taken-back',
    sentence: `Version ${bad} did not run well, and was taken back.`,
    hint: 'It is not tried again; the one after it is.',
  };
  return {
    ...memory,
    takenBack: [...memory.takenBack.filter((one) => one !== bad), bad].slice(-50),
    failed: { version: bad, at, failure },
  };
}

/** What tells of health, as far as it is known. */
export interface Vitals {
  /** The host has started. */
  readonly hasStarted: boolean;
  /** A Snapshot came after that: the policy has decided. */
  readonly hasDecided: boolean;
  /** null: no window was opened. */
  readonly pageLoaded: boolean | null;
  /** Since the host started, in ms. */
  readonly ranMs: number;
}

/** For so long a version runs before it counts as healthy, in ms. */
export const healthyAfterMs = 20_000;

/** Whether the version that runs may stay. Pure. */
export function isHealthy({ hasStarted, hasDecided, pageLoaded, ranMs }: Vitals): boolean {
  return hasStarted && hasDecided && pageLoaded !== false && ranMs >= healthyAfterMs;
}
