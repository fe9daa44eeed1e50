import { z } from 'zod';
import { FailureCode } from './failures.ts';

/** `settled`: signed or, for the embedded grid, booked by the grid itself; `pending`: from our own metering only. */
const CreditStatus = z.enum(['pending', 'settled', 'observed']);

export const Outcome = z.enum(['done', 'failed', 'aborted', 'interrupted']);
export type Outcome = z.infer<typeof Outcome>;

/**
 * How an attempt's energy was estimated. `rapl`: what the CPU package used above its use in calm (RAPL counters), in
 * proportion to the CPU time of everything that ran. `cpu-time`: the CPU time times the setting `energy.wattsPerCore`.
 * Neither knows of memory, disks, screen and the losses of the power supply.
 */
export const EnergyModel = z.enum(['rapl', 'cpu-time']);
export type EnergyModel = z.infer<typeof EnergyModel>;

export const Energy = z.strictObject({ wattHours: z.number().min(0), model: EnergyModel });
export type Energy = z.infer<typeof Energy>;

const Hosts = z.array(z.strictObject({ host: z.string().max(260), sent: z.int(), received: z.int() }));
const Credit = z.strictObject({ amount: z.number(), unit: z.string().max(16), status: CreditStatus });

/** What every body has; `grid`, `job` and `attempt` together are unique. Times are epoch ms; durations and CPU are seconds. */
const common = {
  grid: z.string().max(64),
  job: z.string().max(256),
  attempt: z.int().min(1),
  startedAt: z.int(),
  endedAt: z.int(),
  hosts: Hosts,
  /** sha256 of the personal fields beside the entry, so that they can expire without breaking the chain. */
  personalDigest: z.string().max(80),
};

/** One attempt at one job. */
export const AttemptBody = z.strictObject({
  kind: z.literal('attempt'),
  ...common,
  outcome: Outcome,
  failure: FailureCode.nullable(),
  wallSeconds: z.number().min(0),
  frozenSeconds: z.number().min(0),
  cpuSeconds: z.number().min(0),
  memoryPeakBytes: z.int().min(0),
  appliance: z.string().max(80),
  documentDigest: z.string().max(80),
  inputDigest: z.string().max(80),
  resultDigest: z.string().max(80).nullable(),
  accelerator: z.string().max(16),
  credit: Credit.nullable(),
  /** Absent in entries that were booked before energy was estimated. */
  energy: Energy.nullish(),
});
export type AttemptBody = z.infer<typeof AttemptBody>;

/**
 * A change of what a grid that signs nothing says it credits this host: a rise, or a fall as a correction. `job` is
 * `credit:HOST:FROM:TO`, so that the same change is never booked twice.
 */
const CreditBody = z.strictObject({
  kind: z.literal('credit'),
  ...common,
  /** The host's number at the grid. */
  hostId: z.string().max(64),
  from: z.number(),
  to: z.number(),
  credit: Credit,
});

/** What a grid's VM moved through the gateway between two times. `job` is `network:STARTED`. */
const NetworkBody = z.strictObject({
  kind: z.literal('network'),
  ...common,
  /** How often it was refused. */
  denied: z.int().min(0),
  credit: z.null(),
});

/**
 * A pool's signed statement for a time: attempt 1 takes back what was pending for the executions that it names, attempt 2
 * is what it credits instead. `job` is `statement:PERIOD`.
 */
const SettlementBody = z.strictObject({
  kind: z.literal('settlement'),
  ...common,
  /** SHA-256 (hex) of the signed statement. */
  statement: z.string().max(64),
  executions: z.int().min(0),
  credit: Credit,
});

/** The hashed body of one entry. */
export const EntryBody = z.discriminatedUnion('kind', [AttemptBody, CreditBody, NetworkBody, SettlementBody]);
export type EntryBody = z.infer<typeof EntryBody>;

export const EntryKind = z.enum(['attempt', 'credit', 'network', 'settlement']);
export type EntryKind = z.infer<typeof EntryKind>;

export const EntryPersonal = z.strictObject({ title: z.string().max(120), owner: z.string().max(120) });
export type EntryPersonal = z.infer<typeof EntryPersonal>;

export const LedgerEntry = z.strictObject({
  seq: z.int().min(1),
  bookedAt: z.int(),
  body: EntryBody,
  personal: EntryPersonal.nullable(),
  previous: z.string(),
  hash: z.string(),
});
export type LedgerEntry = z.infer<typeof LedgerEntry>;

export const AttemptEntry = LedgerEntry.extend({ body: AttemptBody });
export type AttemptEntry = z.infer<typeof AttemptEntry>;

/** `verify` proves that the chain is consistent in itself, not that its owner never rewrote it as a whole. */
export const LedgerVerdict = z.strictObject({
  ok: z.boolean(),
  entries: z.int(),
  head: z.string().nullable(),
  firstBad: z.strictObject({ seq: z.int(), why: z.string() }).nullable(),
});
export type LedgerVerdict = z.infer<typeof LedgerVerdict>;
