import { z } from 'zod';
import { Contact, Enrolment, ExecutionState, PoolPolicy, PoolTariff } from '../../contract/index.ts';

/**
 * Numbered for ever: a released step is never edited, a change is a new step. JSON columns: enrolment (without the token),
 * contacts, documents, seen. What is kept of a pool that was left (its id, its executions) keeps the bookings of a later
 * time with it apart from those of the first.
 */
export const condorMigrations: readonly string[] = [
  `
  CREATE TABLE condor_ids (
    id TEXT PRIMARY KEY,
    pool TEXT NOT NULL UNIQUE
  ) STRICT;
  CREATE TABLE condor_pools (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE REFERENCES condor_ids (id),
    enrolment TEXT NOT NULL,
    share REAL NOT NULL,
    no_new_work INTEGER NOT NULL,
    suspended INTEGER NOT NULL,
    managed_by TEXT,
    contacts TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('joining', 'joined', 'leaving')),
    documents TEXT,
    documents_at INTEGER,
    joined_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE condor_executions (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    grid TEXT NOT NULL REFERENCES condor_ids (id),
    job TEXT NOT NULL,
    run INTEGER NOT NULL,
    ended_at INTEGER,
    settled INTEGER NOT NULL DEFAULT 0,
    seen TEXT NOT NULL,
    UNIQUE (grid, job, run)
  ) STRICT;
  CREATE INDEX condor_executions_open ON condor_executions (grid) WHERE ended_at IS NULL;
  CREATE INDEX condor_executions_ended ON condor_executions (grid, ended_at);
  CREATE TABLE condor_statements (
    grid TEXT NOT NULL REFERENCES condor_ids (id),
    period TEXT NOT NULL,
    digest TEXT NOT NULL,
    seen TEXT NOT NULL,
    PRIMARY KEY (grid, period)
  ) STRICT;
  `,
];

const json = <T extends z.ZodType>(inner: T) =>
  z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(inner);
const flag = z.int().transform((value) => value === 1);

/** An enrolment as it is remembered: its token is kept elsewhere, its root with the documents. */
export const Membership = Enrolment.omit({ token: true, catalog: true, expiresAt: true }).extend({
  catalogUrl: z.string(),
});
export type Membership = z.infer<typeof Membership>;

/** The pool's signed documents, as they were taken last. */
export const Taken = z.object({
  version: z.int(),
  expiresAt: z.int(),
  policy: PoolPolicy,
  tariff: PoolTariff.nullable(),
});
export type Taken = z.infer<typeof Taken>;

export interface JoinedPool {
  readonly id: string;
  readonly membership: Membership;
  readonly share: number;
  readonly noNewWork: boolean;
  readonly suspended: boolean;
  /** Who decides about it; null: the person. */
  readonly managedBy: string | null;
  readonly contacts: readonly Contact[];
  /** `joining`: its node was never in the pool yet; `leaving`: its VM is still there. */
  readonly state: 'joining' | 'joined' | 'leaving';
  readonly documents: Taken | null;
  /** Epoch ms at which the catalog was asked last with success. */
  readonly documentsAt: number | null;
  readonly joinedAt: number;
}

export const PoolRow = z
  .object({
    id: z.string(),
    enrolment: json(Membership),
    share: z.number(),
    no_new_work: flag,
    suspended: flag,
    managed_by: z.string().nullable(),
    contacts: json(z.array(Contact)),
    state: z.enum(['joining', 'joined', 'leaving']),
    documents: json(Taken).nullable(),
    documents_at: z.int().nullable(),
    joined_at: z.int(),
  })
  .transform(
    (row): JoinedPool => ({
      id: row.id,
      membership: row.enrolment,
      share: row.share,
      noNewWork: row.no_new_work,
      suspended: row.suspended,
      managedBy: row.managed_by,
      contacts: row.contacts,
      state: row.state,
      documents: row.documents,
      documentsAt: row.documents_at,
      joinedAt: row.joined_at,
    }),
  );

/** What is remembered of an execution: the last figures that were seen. Times are epoch ms, durations seconds. */
export const SeenExecution = z.object({
  job: z.string(),
  run: z.int(),
  slot: z.string(),
  name: z.string(),
  owner: z.string(),
  program: z.string(),
  group: z.string().nullable(),
  cores: z.number(),
  memoryBytes: z.number(),
  startedAt: z.int(),
  endedAt: z.int().nullable(),
  cpuSeconds: z.number(),
  residentPeakBytes: z.number(),
  frozenSeconds: z.number(),
  progress: z.number().nullable(),
  deadline: z.int().nullable(),
  bytesSent: z.number(),
  bytesReceived: z.number(),
  state: ExecutionState,
  /** Its results could not be delivered: the pool runs it again. */
  undelivered: z.boolean(),
  exitCode: z.int().nullable(),
  exitSignal: z.int().nullable(),
  accelerator: z.string(),
  appliance: z.string(),
  /** Pending, in the unit's millionths; null without a tariff. */
  amount: z.int().nullable(),
  unit: z.string().nullable(),
  settled: z.boolean(),
});
export type SeenExecution = z.infer<typeof SeenExecution>;
export const ExecutionRow = z.object({ seen: json(SeenExecution) }).transform(({ seen }) => seen);

/** A statement that was booked. Amounts are in the unit's millionths. */
export const BookedStatement = z.object({
  period: z.string(),
  digest: z.string(),
  from: z.int(),
  to: z.int(),
  unit: z.string(),
  amount: z.int(),
  pending: z.int(),
  executions: z.int(),
  bookedAt: z.int(),
});
export type BookedStatement = z.infer<typeof BookedStatement>;
export const StatementRow = z.object({ seen: json(BookedStatement) }).transform(({ seen }) => seen);
