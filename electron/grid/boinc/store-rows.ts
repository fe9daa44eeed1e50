import { z } from 'zod';
import { Contact, Failure } from '../../contract/index.ts';
import type { JoinedProject } from './store-types.ts';

/**
 * Numbered for ever: a released step is never edited, a change is a new step. JSON columns: managed_by, named,
 * contacts, standing, seen. What is kept of a project that was left (its id, its tasks, its host's totals) keeps the
 * bookings of a later time with it apart from those of the first.
 */
export const boincMigrations: readonly string[] = [
  `
  CREATE TABLE boinc_ids (
    id TEXT PRIMARY KEY,
    place TEXT NOT NULL UNIQUE
  ) STRICT;
  CREATE TABLE boinc_projects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE REFERENCES boinc_ids (id),
    url TEXT NOT NULL,
    name TEXT NOT NULL,
    share REAL NOT NULL,
    no_new_work INTEGER NOT NULL,
    suspended INTEGER NOT NULL,
    managed_by TEXT NOT NULL,
    contacts TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('joining', 'joined', 'leaving')),
    host_id TEXT,
    weak_key INTEGER NOT NULL,
    key_held INTEGER NOT NULL,
    rpc_password TEXT,
    standing TEXT,
    joined_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE boinc_tasks (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    grid TEXT NOT NULL REFERENCES boinc_ids (id),
    name TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    outcome TEXT CHECK (outcome IN ('done', 'failed', 'aborted', 'lost')),
    ended_at INTEGER,
    listed INTEGER NOT NULL,
    seen TEXT NOT NULL,
    UNIQUE (grid, name),
    CHECK ((outcome IS NULL) = (ended_at IS NULL))
  ) STRICT;
  CREATE INDEX boinc_tasks_outcome ON boinc_tasks (grid, outcome, ended_at);
  CREATE INDEX boinc_tasks_listed ON boinc_tasks (grid) WHERE listed = 1;
  CREATE TABLE boinc_hosts (
    grid TEXT NOT NULL REFERENCES boinc_ids (id),
    host TEXT NOT NULL,
    total REAL NOT NULL,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (grid, host)
  ) STRICT;
  CREATE TABLE boinc_credits (
    grid TEXT NOT NULL REFERENCES boinc_ids (id),
    job TEXT NOT NULL,
    times INTEGER NOT NULL,
    PRIMARY KEY (grid, job)
  ) STRICT;
  `,
  'ALTER TABLE boinc_projects ADD COLUMN named TEXT;',
];

const json = <T extends z.ZodType>(inner: T) =>
  z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(inner);
const flag = z.int().transform((value) => value === 1);

const Standing = z.object({
  at: z.int(),
  hostTotal: z.number(),
  hostRecent: z.number(),
  userTotal: z.number(),
  userRecent: z.number(),
  userName: z.string(),
  diskBytes: z.number().nullable(),
});

export const ProjectRow = z
  .object({
    id: z.string(),
    url: z.string(),
    name: z.string(),
    share: z.number(),
    no_new_work: flag,
    suspended: flag,
    managed_by: json(
      z.object({ kind: z.enum(['person', 'manager', 'organization']), name: z.string().nullable() }),
    ),
    named: json(z.object({ url: z.string(), keyDigest: z.string() })).nullable(),
    contacts: json(z.array(Contact)),
    state: z.enum(['joining', 'joined', 'leaving']),
    host_id: z.string().nullable(),
    weak_key: flag,
    key_held: flag,
    rpc_password: z.string().nullable(),
    standing: json(Standing).nullable(),
    joined_at: z.int(),
  })
  .transform(
    (row): JoinedProject => ({
      id: row.id,
      url: row.url,
      name: row.name,
      share: row.share,
      noNewWork: row.no_new_work,
      suspended: row.suspended,
      managedBy: row.managed_by,
      named: row.named,
      contacts: row.contacts,
      state: row.state,
      hostId: row.host_id,
      weakKey: row.weak_key,
      keyHeld: row.key_held,
      rpcPassword: row.rpc_password,
      standing: row.standing,
      joinedAt: row.joined_at,
    }),
  );

export const Outcome = z.enum(['done', 'failed', 'aborted', 'lost']);
/** `lost`: it was there, and is no more, and nobody said why. */
export type Outcome = z.infer<typeof Outcome>;

/** What is remembered of a task: the last figures that were seen. Times are epoch ms, durations seconds. */
export const SeenTask = z.object({
  name: z.string(),
  application: z.string(),
  /** RESULT_* and PROCESS_*, see `messages.ts`. */
  state: z.int(),
  process: z.int().nullable(),
  scheduled: z.int().nullable(),
  suspended: z.boolean(),
  readyToReport: z.boolean(),
  exitStatus: z.int(),
  progress: z.number(),
  cpuSeconds: z.number(),
  elapsedSeconds: z.number(),
  remainingSeconds: z.number().nullable(),
  checkpointCpuSeconds: z.number(),
  checkpointAt: z.int().nullable(),
  memoryPeakBytes: z.int(),
  /** How long it stood still with its machine while it was in memory. */
  frozenSeconds: z.number(),
  receivedAt: z.int().nullable(),
  deadline: z.int().nullable(),
  firstSeenAt: z.int(),
  startedAt: z.int().nullable(),
  lastSeenAt: z.int(),
  /** What it ran on last. */
  accelerator: z.string(),
  appliance: z.string(),
  /** Who asked for its end, if somebody did. */
  abortedBy: z.enum(['person', 'watchdog', 'leaving']).nullable(),
  /** How often it was begun: it is again only after it was lost. */
  attempt: z.int(),
  outcome: Outcome.nullable(),
  failure: Failure.nullable(),
  endedAt: z.int().nullable(),
  /** Its client still has it: one that is over waits to be reported. */
  listed: z.boolean(),
});
export type SeenTask = z.infer<typeof SeenTask>;

export const TaskRow = z.object({ seen: json(SeenTask) }).transform(({ seen }) => seen);
