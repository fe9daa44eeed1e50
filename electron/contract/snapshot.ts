import { z } from 'zod';
import { Failure } from './failures.ts';
import { GridView, ManagerView } from './grids.ts';
import { JobState } from './job.ts';
import { Denial } from './network.ts';
import { Allowance, YieldStats } from './policy.ts';
import { Said } from './said.ts';
import { ServiceView } from './session.ts';

import { type DesktopKey, desktopKeys, Preset, Source, settingTypes } from './settings.ts';
import { UpdateView } from './update.ts';

/** Epoch milliseconds. */
const time = z.int();

export const ContributionState = z.enum([
  'working',
  'starting',
  'yielding',
  'paused',
  'waiting',
  'attention',
]);
export type ContributionState = z.infer<typeof ContributionState>;

/** The lengths of a pause that tray and window offer. */
export const PauseChoice = z.enum(['30m', '1h', 'tomorrow', 'manual']);
export type PauseChoice = z.infer<typeof PauseChoice>;

/** One of them, or so many seconds. */
export const PauseLength = z.union([
  PauseChoice,
  z
    .int()
    .min(60)
    .max(7 * 86_400),
]);
export type PauseLength = z.infer<typeof PauseLength>;

/**
 * `yielding`: given back for the person's sake; `waiting`: for work, for a time of the schedule, or because it is
 * turned off.
 */
export const Contribution = z.strictObject({
  state: ContributionState,
  /** One sentence: what is happening and why. */
  sentence: z.string(),
  /** null: what the allowance says. */
  said: Said.nullable(),
  since: time,
  allowance: Allowance,
  pause: z.strictObject({ length: PauseLength, since: time, until: time.nullable() }).nullable(),
});
export type Contribution = z.infer<typeof Contribution>;

export const vmPhases = [
  'stopped',
  'preparing',
  'starting',
  'running',
  'freezing',
  'frozen',
  'saving',
  'saved',
  'stopping',
  'backoff',
  'failed',
] as const;
export const VmPhase = z.enum(vmPhases);
export type VmPhase = z.infer<typeof VmPhase>;

export const VmView = z.strictObject({
  name: z.string(),
  grid: z.string(),
  phase: VmPhase,
  since: time,
  accelerator: z.strictObject({ name: z.string(), reason: z.string(), said: Said }).nullable(),
  isolation: z.enum(['full', 'reduced']).nullable(),
  /** QEMU start → guest ready. */
  bootMs: z.number().nullable(),
  vcpus: z.int(),
  memoryBytes: z.int(),
  shareGranted: z.number(),
  /** Measured by the host over the last 10 s; null while unknown. */
  shareMeasured: z.number().nullable(),
  failure: Failure.nullable(),
});
export type VmView = z.infer<typeof VmView>;

export const JobView = z.strictObject({
  id: z.string(),
  grid: z.string(),
  title: z.string(),
  owner: z.string(),
  state: JobState,
  attempt: z.int().min(0),
  /** 0…1; null when the job does not tell. */
  progress: z.number().min(0).max(1).nullable(),
  progressText: z.string(),
  /** Where `progressText` is the host's word, not the job's. */
  progressSaid: Said.nullable(),
  addedAt: time,
  startedAt: time.nullable(),
  endedAt: time.nullable(),
  cpuSeconds: z.number(),
  memoryPeakBytes: z.int(),
  checkpointAt: time.nullable(),
  /** After it the result is worth nothing. */
  deadline: time.nullable(),
  earned: z.strictObject({ amount: z.number(), unit: z.string() }).nullable(),
  failure: Failure.nullable(),
  hasResult: z.boolean(),
});
export type JobView = z.infer<typeof JobView>;

export const Today = z.strictObject({
  cpuSeconds: z.number(),
  wallSeconds: z.number(),
  jobsDone: z.int(),
  jobsFailed: z.int(),
  /** One row per grid and unit: units are never added up. `observed` is read off a grid that signs nothing. */
  earned: z.array(
    z.strictObject({
      grid: z.string(),
      unit: z.string(),
      settled: z.number(),
      pending: z.number(),
      observed: z.number(),
    }),
  ),
});
export type Today = z.infer<typeof Today>;

/** The settings that the desktop's shell heeds, as they are in force. */
export const DesktopSettings = z
  .object(settingTypes)
  .pick(Object.fromEntries(desktopKeys.map((key) => [key, true])) as Record<DesktopKey, true>);
export type DesktopSettings = z.infer<typeof DesktopSettings>;

/** The one value that window, tray and CLI see. Jobs: the running ones, then the latest others, at most 50. */
export const Snapshot = z.strictObject({
  version: z.string(),
  at: time,
  contribution: Contribution,
  vms: z.array(VmView),
  jobs: z.array(JobView),
  grids: z.array(GridView),
  manager: ManagerView.nullable(),
  /** What VMs wanted to reach and did not, of the last day: the newest first, at most 5. */
  denials: z.array(Denial),
  today: Today,
  yields: YieldStats,
  /** Work that was lost today because the computer had to go faster than it could be kept, in seconds. */
  lostSeconds: z.number().min(0),
  /** The host cannot see the person's input itself and would like the desktop session to tell (`presence.report`). */
  asksPresence: z.boolean(),
  /** null: the host lives in a person's own app. Else it is a service of the machine, which people look at and an administrator changes. */
  service: ServiceView.nullable(),
  /** The preset in force, where it comes from, and who set the admin's values, where they say so. */
  preset: z.strictObject({ name: Preset, source: Source, organization: z.string().nullable() }),
  desktop: DesktopSettings,
  update: UpdateView,
  problems: z.array(Failure),
});
export type Snapshot = z.infer<typeof Snapshot>;
