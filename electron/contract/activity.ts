import { z } from 'zod';
import { epochMs } from './earnings.ts';
import { GridId } from './grids.ts';
import { EntryKind, LedgerEntry, Outcome } from './ledger.ts';
import { ReasonCode } from './policy.ts';

/** How many entries one answer holds at most. */
const mostEntries = 500;
const limit = z.int().min(1).max(mostEntries);
const seq = z.int().min(1);

/** Which entries: all that is named has to fit. */
const filterFields = {
  grid: GridId.optional(),
  kind: EntryKind.optional(),
  /** Of attempts; others have none. */
  outcome: Outcome.optional(),
  /** Booked from here on … */
  from: epochMs.optional(),
  /** … and before this. */
  to: epochMs.optional(),
  /** Stands, in whatever case, in the title, the owner, the job's id or the name of a host that was contacted. */
  text: z.string().min(1).max(200).optional(),
};
export const ActivityFilter = z.strictObject(filterFields);
export type ActivityFilter = z.infer<typeof ActivityFilter>;

/** From the newest to the oldest; `before`: only entries with a smaller seq. */
export const ActivityListQuery = z.strictObject({
  ...filterFields,
  before: seq.optional(),
  limit: limit.default(100),
});
export type ActivityListQuery = z.infer<typeof ActivityListQuery>;

export const ActivityList = z.strictObject({
  entries: z.array(LedgerEntry),
  /** How many fit the filter, `before` apart. */
  total: z.int().min(0),
  /** To be said as `before` for the next page; null after the last one. */
  next: seq.nullable(),
});
export type ActivityList = z.infer<typeof ActivityList>;

/**
 * Rows of a virtualized table, by their index from the newest (0) to the oldest. Entries that are booked meanwhile would
 * move every index, so a table stands on an anchor: the first page is asked without one and answers which it took, all
 * others are asked with that. Index and `total` mean the same then, however long the person scrolls, and any page may be
 * asked in any order. `newer` tells how many that fit have come since; a table that takes them in asks for its first
 * page without an anchor again.
 */
export const ActivityPageQuery = z.strictObject({
  ...filterFields,
  /** Only entries up to this seq; by default up to the newest one. */
  anchor: z.int().min(0).optional(),
  offset: z.int().min(0).default(0),
  limit: limit.default(100),
});
export type ActivityPageQuery = z.infer<typeof ActivityPageQuery>;

export const ActivityPage = z.strictObject({
  anchor: z.int().min(0),
  offset: z.int().min(0),
  /** Those with the indexes `offset`, `offset + 1` …; fewer than `limit` at the end. */
  entries: z.array(LedgerEntry),
  /** How many fit up to the anchor: the table's number of rows. */
  total: z.int().min(0),
  /** How many fit that were booked after the anchor. */
  newer: z.int().min(0),
});
export type ActivityPage = z.infer<typeof ActivityPage>;

export const ActivityExport = z.strictObject({ ...filterFields, format: z.enum(['csv', 'json']) });

/** What the computer did for others. `off`: no Gleaner ran, or the computer slept. */
export const TimelineState = z.enum([
  'worked',
  'yielded',
  'paused',
  'waiting',
  'starting',
  'attention',
  'off',
]);
export type TimelineState = z.infer<typeof TimelineState>;

/** What was so for a while. */
export const TimelineMoment = z.strictObject({
  state: TimelineState,
  /** What held it back most, also while it worked; null when nothing did, or when there was no work to be had. */
  reason: ReasonCode.nullable(),
  /** Whose VM was on the way or at work; null when none was. */
  grid: GridId.nullable(),
});
export type TimelineMoment = z.infer<typeof TimelineMoment>;

const TimelineSegment = TimelineMoment.extend({ from: epochMs, to: epochMs });

/** A day of the computer's own calendar, which has 23 or 25 hours when the clocks change. */
export const ActivityDay = z.strictObject({
  day: z.iso.date(),
  /** Where the day begins and ends. */
  from: epochMs,
  to: epochMs,
  /** Where the record begins: earlier times are told as `off`, but nobody knows. Null when there is none yet. */
  recordedSince: epochMs.nullable(),
  /** From the day's beginning until its end or now, without a gap, each unlike the one before. */
  segments: z.array(TimelineSegment),
  /** All hours of the day, in seconds by state; those that are yet to come hold nothing. */
  hours: z.array(
    z.strictObject({ from: epochMs, to: epochMs, seconds: z.record(TimelineState, z.number().min(0)) }),
  ),
});
export type ActivityDay = z.infer<typeof ActivityDay>;
