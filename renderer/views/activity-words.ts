import type { AttemptBody, EntryBody, LedgerEntry } from '../../electron/contract/ledger.ts';
import { jobSource } from '../text/grid-names.ts';
import { plain } from '../text/plain.ts';
import { t } from '../text/say.ts';

export type NameOf = (grid: string) => string;

/** What an entry is about: a job's title as others wrote it, or words of ours. */
export function titleOf({ body, personal }: LedgerEntry): { readonly words: string; readonly ours: boolean } {
  if (body.kind === 'settlement' && body.credit.status !== 'settled')
    return { words: t('activity:entry.released'), ours: true };
  if (body.kind !== 'attempt') return { words: t(`activity:entry.${body.kind}`), ours: true };
  // The title may have expired; the job's name stays.
  return { words: personal?.title ?? body.job, ours: false };
}

export type SettlementBody = Extract<EntryBody, { kind: 'settlement' }>;

/**
 * What a statement takes back of what was pending, what it credits instead, and the difference, from one of its two entries
 * and others that may hold the second; null: that entry is not among them. Pure.
 */
export function settlementSums(
  body: SettlementBody,
  others: readonly Pick<LedgerEntry, 'body'>[],
): { readonly pending: number | null; readonly credited: number | null; readonly difference: number | null } {
  const both = [body, ...others.map((one) => one.body)].filter(
    (one): one is SettlementBody =>
      one.kind === 'settlement' && one.grid === body.grid && one.job === body.job,
  );
  const amountOf = (status: 'pending' | 'settled'): number | null =>
    both.find(({ credit }) => credit.status === status)?.credit.amount ?? null;
  const taken = amountOf('pending');
  const credited = amountOf('settled');
  const pending = taken === null ? null : Math.max(0, -taken);
  return {
    pending,
    credited,
    difference: pending === null || credited === null ? null : Math.round((credited - pending) * 1e6) / 1e6,
  };
}

/** Whose it was, and which grid's. */
export function sourceOf({ body, personal }: LedgerEntry, nameOf: NameOf): string {
  const name = nameOf(body.grid);
  if (body.kind !== 'attempt' || personal === null) return plain(name);
  return jobSource({ grid: body.grid, owner: personal.owner }, name);
}

/**
 * The program that ran, where the grid tells it: a project's tasks are booked as `APPLICATION: TASK`. Null where nothing
 * but the title is known. Pure.
 */
export function applicationOf({ body, personal }: LedgerEntry): string | null {
  const end = `: ${body.job}`;
  const title = personal?.title ?? '';
  return title.endsWith(end) && title.length > end.length ? title.slice(0, -end.length) : null;
}

/** Why an attempt did not end well, in a sentence; null when it did. */
export function whyOf({ failure }: Pick<AttemptBody, 'failure'>): string | null {
  // What the host said about it then is not in the record.
  return failure === null ? null : t(`said:failure.${failure}`);
}

/** What went to and came from all hosts of an entry, in bytes. Pure. */
export function trafficOf({ hosts }: Pick<EntryBody, 'hosts'>): {
  readonly sent: number;
  readonly received: number;
} {
  return hosts.reduce(
    (sum, host) => ({ sent: sum.sent + host.sent, received: sum.received + host.received }),
    {
      sent: 0,
      received: 0,
    },
  );
}
