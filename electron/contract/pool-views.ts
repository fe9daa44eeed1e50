import { z } from 'zod';
import { Failure } from './failures.ts';
import { Contact } from './network.ts';
import { CatalogUrl, enrolmentBytesMax, PoolDomain, PoolHost, PoolPolicy, PoolTariff } from './pool.ts';
import { Said } from './said.ts';

/** Epoch milliseconds. */
const time = z.int();

/** The address of an enrolment on the web. It may be all that keeps others from the secret in it. */
export const EnrolmentUrl = z.url({ protocol: /^https?$/ }).max(500);

/** Where an enrolment comes from: its text, or where it lies on the web. */
export const EnrolmentSource = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('text'), text: z.string().min(1).max(enrolmentBytesMax) }),
  z.strictObject({ kind: z.literal('url'), url: EnrolmentUrl }),
]);
export type EnrolmentSource = z.infer<typeof EnrolmentSource>;

/** What joining a pool means. */
export const PoolOffer = z.strictObject({
  pool: PoolDomain,
  name: z.string(),
  /** What this computer is called there. */
  host: PoolHost,
  department: z.string().nullable(),
  tags: z.array(z.string()),
  catalogUrl: CatalogUrl,
  /** What its VM may contact when it is joined; the person consents to exactly these. */
  contacts: z.array(Contact),
  /** As the pool's signed documents say now; null: they cannot be had at the moment. */
  policy: PoolPolicy.nullable(),
  tariff: PoolTariff.nullable(),
  memoryBytes: z.int(),
  diskBytes: z.int(),
  vcpus: z.int(),
});
export type PoolOffer = z.infer<typeof PoolOffer>;

export const PoolJoin = z.strictObject({
  from: EnrolmentSource,
  /** Exactly the contacts of the offer that the person has seen: `consent-required` when they are others now. */
  contacts: z.array(z.strictObject({ host: z.string().max(260), port: z.int() })).max(64),
  share: z.number().min(0).max(1_000_000).default(100),
});
export type PoolJoin = z.infer<typeof PoolJoin>;

/**
 * `running`; `done`: its program ended by itself, with whatever code; `evicted`: it was handed back, to go on elsewhere;
 * `lost`: it is not known what became of it, and the pool runs it again.
 */
export const ExecutionState = z.enum(['running', 'done', 'failed', 'evicted', 'lost']);
export type ExecutionState = z.infer<typeof ExecutionState>;

/** One run of a pool's job on this computer. All names and words are hostile text. Times are epoch ms, durations seconds. */
export const ExecutionView = z.strictObject({
  /** HTCondor's GlobalJobId. */
  job: z.string(),
  run: z.int().min(0),
  /** As in `12.0`. */
  name: z.string(),
  owner: z.string(),
  program: z.string(),
  state: ExecutionState,
  cores: z.number().min(0),
  memoryBytes: z.number().min(0),
  startedAt: time,
  endedAt: time.nullable(),
  cpuSeconds: z.number().min(0),
  /** How long it stood still with this computer. */
  frozenSeconds: z.number().min(0),
  /** 0…1; null when the job does not publish it. */
  progress: z.number().min(0).max(1).nullable(),
  /** Its files, by the pool's own transfer. */
  bytesSent: z.number().min(0),
  bytesReceived: z.number().min(0),
  /** Pending until a statement of the pool settles it; null without a tariff. */
  earned: z.strictObject({ amount: z.number(), unit: z.string(), settled: z.boolean() }).nullable(),
  words: z.string().nullable(),
  said: Said.nullable(),
});
export type ExecutionView = z.infer<typeof ExecutionView>;

/** What is known of one joined pool beside what every grid has. */
export const PoolDetail = z.strictObject({
  domain: PoolDomain,
  host: PoolHost,
  department: z.string().nullable(),
  tags: z.array(z.string()),
  /** Whether its daemons are in the pool: null while the VM does not run. */
  connected: z.boolean().nullable(),
  policy: PoolPolicy.nullable(),
  /** Of the signed documents; null: never yet. */
  policyVersion: z.int().nullable(),
  policyAt: time.nullable(),
  tariff: PoolTariff.nullable(),
  /** Why the signed documents cannot be taken now. */
  documents: Failure.nullable(),
  executions: z.array(ExecutionView),
  /** Executions that the pool has to run again because of this computer. */
  lost: z.int().min(0),
  statements: z.array(
    z.strictObject({
      period: z.string(),
      from: time,
      to: time,
      unit: z.string(),
      /** What the pool credits, and what was booked as pending for the same executions. */
      amount: z.number(),
      pending: z.number(),
      executions: z.int().min(0),
      bookedAt: time,
    }),
  ),
  /** What the machine's ad tells the pool beside what HTCondor itself does: name and value as written there. */
  published: z.array(z.strictObject({ name: z.string(), value: z.string() })),
});
export type PoolDetail = z.infer<typeof PoolDetail>;
