import { z } from 'zod';
import { FailureCode } from './failures.ts';

/** `settled`: signed or, for the embedded grid, booked by the grid itself; `pending`: from our own metering only. */
const CreditStatus = z.enum(['pending', 'settled', 'observed']);

export const Outcome = z.enum(['done', 'failed', 'aborted', 'interrupted']);
export type Outcome = z.infer<typeof Outcome>;

/** The hashed body of one entry: one attempt at one job. Times are epoch ms; durations and CPU are seconds. */
export const EntryBody = z.strictObject({
  kind: z.literal('attempt'),
  grid: z.string().max(64),
  job: z.string().max(64),
  attempt: z.int().min(1),
  outcome: Outcome,
  failure: FailureCode.nullable(),
  startedAt: z.int(),
  endedAt: z.int(),
  wallSeconds: z.number().min(0),
  frozenSeconds: z.number().min(0),
  cpuSeconds: z.number().min(0),
  memoryPeakBytes: z.int().min(0),
  appliance: z.string().max(80),
  documentDigest: z.string().max(80),
  inputDigest: z.string().max(80),
  resultDigest: z.string().max(80).nullable(),
  accelerator: z.string().max(16),
  hosts: z.array(z.strictObject({ host: z.string().max(260), sent: z.int(), received: z.int() })),
  credit: z.strictObject({ amount: z.number(), unit: z.string().max(16), status: CreditStatus }).nullable(),
  /** sha256 of the personal fields beside the entry, so that they can expire without breaking the chain. */
  personalDigest: z.string().max(80),
});
export type EntryBody = z.infer<typeof EntryBody>;

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

/** `verify` proves that the chain is consistent in itself, not that its owner never rewrote it as a whole. */
export const LedgerVerdict = z.strictObject({
  ok: z.boolean(),
  entries: z.int(),
  head: z.string().nullable(),
  firstBad: z.strictObject({ seq: z.int(), why: z.string() }).nullable(),
});
export type LedgerVerdict = z.infer<typeof LedgerVerdict>;
