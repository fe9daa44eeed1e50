import type { ActivityFilter } from '../../electron/contract/activity.ts';
import type { EntryKind, Outcome } from '../../electron/contract/ledger.ts';
import { dayOf, later, startOf } from './activity-calendar.ts';

/** How many days each goes back, today included. */
const spans = { today: 1, week: 7, month: 30, year: 365 } as const;
export const times = ['all', 'today', 'week', 'month', 'year', 'days'] as const;
export type Time = (typeof times)[number];

/** What the person wants to see; null and an empty text: all. */
export interface Choice {
  readonly grid: string | null;
  readonly kind: EntryKind | null;
  /** Only attempts have one. */
  readonly outcome: Outcome | null;
  readonly time: Time;
  /** With `days`: the first and the last day, both included; empty: open. */
  readonly first: string;
  readonly last: string;
  readonly text: string;
}

export const everything: Choice = {
  grid: null,
  kind: null,
  outcome: null,
  time: 'all',
  first: '',
  last: '',
  text: '',
};

/** The same for the host; `now` in epoch ms. Pure but for the time zone. */
export function filterOf(choice: Choice, now: number): ActivityFilter {
  const { grid, kind, outcome } = choice;
  const text = choice.text.trim();
  return {
    ...(grid === null ? {} : { grid }),
    ...(kind === null ? {} : { kind }),
    ...(outcome === null ? {} : { outcome }),
    ...timeOf(choice, now),
    ...(text === '' ? {} : { text }),
  };
}

function timeOf({ time, first, last }: Choice, now: number): Pick<ActivityFilter, 'from' | 'to'> {
  if (time === 'all') return {};
  if (time !== 'days') return { from: startOf(later(dayOf(now), 1 - spans[time])) };
  return {
    ...(first === '' ? {} : { from: Math.max(0, startOf(first)) }),
    ...(last === '' ? {} : { to: Math.max(0, startOf(later(last, 1))) }),
  };
}

/** Whether anything is left out. Pure. */
export function isFiltered(filter: ActivityFilter): boolean {
  return Object.keys(filter).length > 0;
}

/**
 * A change of one part, with what follows from it: an outcome is one of attempts, and whoever looks for another kind wants
 * none. Pure.
 */
export function changed(choice: Choice, change: Partial<Choice>): Choice {
  const next = { ...choice, ...change };
  if (change.outcome !== undefined && change.outcome !== null) return { ...next, kind: 'attempt' };
  if (next.kind !== 'attempt' && next.outcome !== null) return { ...next, outcome: null };
  return next;
}

/** What a file with entries is called unless the person says otherwise; `at` in epoch ms. Pure but for the time zone. */
export function exportName(format: 'csv' | 'json', at: number): string {
  return `gleaner-activity-${dayOf(at)}.${format}`;
}
