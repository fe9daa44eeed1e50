import { z } from 'zod';
import { Failure, JobState, JobStream, type JobView } from '../../contract/index.ts';

/** Numbered for ever: a released step is never edited, a change is a new step. JSON columns: label, document, failure, earned, lease, truncated. */
export const queueMigrations: readonly string[] = [
  `
  CREATE TABLE local_jobs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'aborted')),
    attempt INTEGER NOT NULL DEFAULT 0,
    stalls INTEGER NOT NULL DEFAULT 0,
    label TEXT NOT NULL,
    document TEXT NOT NULL,
    document_digest TEXT NOT NULL,
    input_digest TEXT NOT NULL,
    added_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER,
    cpu_seconds REAL NOT NULL DEFAULT 0,
    memory_peak_bytes INTEGER NOT NULL DEFAULT 0,
    failure TEXT,
    earned TEXT,
    has_result INTEGER NOT NULL DEFAULT 0,
    lease TEXT,
    CHECK ((state = 'running') = (lease IS NOT NULL))
  ) STRICT;
  CREATE INDEX local_jobs_state ON local_jobs (state, seq);
  CREATE TABLE local_checkpoints (
    job TEXT NOT NULL REFERENCES local_jobs (id),
    n INTEGER NOT NULL,
    digest TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (job, n)
  ) STRICT;
  `,
  `ALTER TABLE local_jobs ADD COLUMN truncated TEXT NOT NULL DEFAULT '[]';`,
  `
  CREATE TABLE local_losses (
    job TEXT NOT NULL REFERENCES local_jobs (id),
    attempt INTEGER NOT NULL,
    at INTEGER NOT NULL,
    wall_seconds REAL NOT NULL,
    cpu_seconds REAL NOT NULL,
    PRIMARY KEY (job, attempt)
  ) STRICT;
  CREATE INDEX local_losses_at ON local_losses (at);
  `,
];

/** What one attempt used. Seconds; `wallSeconds` without the time the machine was frozen. */
export interface Usage {
  readonly wallSeconds: number;
  readonly frozenSeconds: number;
  readonly cpuSeconds: number;
  readonly memoryPeakBytes: number;
}

const UsageMemo = z.object({
  wallSeconds: z.number(),
  frozenSeconds: z.number(),
  cpuSeconds: z.number(),
  memoryPeakBytes: z.int(),
});

/** An attempt whose machine was saved to disk: it goes on when that machine comes back, and only then. */
export const Parked = z.object({
  /** Names the saved machine. */
  generation: z.string(),
  /** Epoch ms. */
  at: z.int(),
  /** As of then. */
  usage: UsageMemo,
  /** How much of its wall limit the job had used, in ms. */
  ranMs: z.number(),
  /** Why it was being killed. */
  limit: Failure.nullable(),
  progress: z.number().min(0).max(1).nullable(),
  progressText: z.string(),
});
export type Parked = z.infer<typeof Parked>;

/** What the database remembers of a running attempt, in case that the host dies with it. */
export const LeaseMemo = z.object({
  accelerator: z.string(),
  appliance: z.string(),
  startedAt: z.int(),
  /** When this was written last; `usage` is as of then. */
  seenAt: z.int(),
  usage: UsageMemo,
  /** Whether this attempt has left a checkpoint of its own. */
  checkpointed: z.boolean(),
  /** What this attempt had used at its last checkpoint. */
  kept: UsageMemo.optional(),
  parked: Parked.optional(),
});
export type LeaseMemo = z.infer<typeof LeaseMemo>;

const json = <T extends z.ZodType>(inner: T) =>
  z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(inner);

export const JobRow = z.object({
  id: z.string(),
  state: JobState,
  attempt: z.int(),
  stalls: z.int(),
  label: json(z.object({ title: z.string(), owner: z.string() })),
  document_digest: z.string(),
  input_digest: z.string(),
  added_at: z.int(),
  started_at: z.int().nullable(),
  ended_at: z.int().nullable(),
  cpu_seconds: z.number(),
  memory_peak_bytes: z.int(),
  failure: json(Failure).nullable(),
  earned: json(z.object({ amount: z.number(), unit: z.string() })).nullable(),
  has_result: z.int(),
  truncated: json(z.array(JobStream)),
  lease: json(LeaseMemo).nullable(),
  checkpoint_at: z.int().nullable(),
});
export type JobRow = z.infer<typeof JobRow>;

/** Everything of a job but its document, which may be long. */
export const jobColumns = `id, state, attempt, stalls, label, document_digest, input_digest, added_at, started_at,
  ended_at, cpu_seconds, memory_peak_bytes, failure, earned, has_result, truncated, lease,
  (SELECT max(at) FROM local_checkpoints WHERE job = id) AS checkpoint_at FROM local_jobs`;

/** What only the runner knows of the job that runs now. */
export interface LiveJob {
  readonly id: string;
  readonly progress: number | null;
  readonly progressText: string;
  readonly cpuSeconds: number;
  readonly memoryPeakBytes: number;
}

/** What was last known of a job whose machine is saved. */
function parkedAs({ id, lease }: JobRow): LiveJob | undefined {
  const parked = lease?.parked;
  if (!parked) return undefined;
  const { progress, progressText, usage } = parked;
  const { cpuSeconds, memoryPeakBytes } = usage;
  return { id, progress, progressText, cpuSeconds, memoryPeakBytes };
}

/** A row as the outside sees it; CPU time is that of all attempts together. Pure. */
export function viewOf(row: JobRow, live: LiveJob | undefined): JobView {
  const running = row.state === 'running' ? (live?.id === row.id ? live : parkedAs(row)) : undefined;
  return {
    id: row.id,
    grid: 'local',
    title: row.label.title,
    owner: row.label.owner,
    state: row.state,
    attempt: row.attempt,
    progress: running?.progress ?? (row.state === 'done' ? 1 : null),
    progressText: running?.progressText ?? '',
    progressSaid: null,
    addedAt: row.added_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    cpuSeconds: row.cpu_seconds + (running?.cpuSeconds ?? 0),
    memoryPeakBytes: Math.max(row.memory_peak_bytes, running?.memoryPeakBytes ?? 0),
    checkpointAt: row.checkpoint_at,
    deadline: null,
    earned: row.earned,
    failure: row.failure,
    hasResult: row.has_result === 1,
  };
}
