import type { Clock } from '../base/clock.ts';
import type {
  ActivityFilter,
  ActivityList,
  ActivityListQuery,
  ActivityPage,
  ActivityPageQuery,
  LedgerEntry,
} from '../contract/index.ts';
import type { Database } from './database.ts';
import { readEntries } from './entries.ts';
import { csvOf, jsonOf } from './export.ts';
import { type Search, searchOf } from './search.ts';
import { Turns } from './turns.ts';

/** How many entries are searched in one go: some milliseconds. */
const atOnce = 4000;
const exportPage = 200;

/** The seqs of all entries that fit a filter, the oldest first, up to the newest entry that was looked at. */
interface Selection {
  readonly key: string;
  readonly search: Search;
  readonly seqs: number[];
  upTo: number;
  growing: Promise<void>;
}

/**
 * Entries by filter. What fits the filter that was asked for last is remembered by seq and only added to, since the
 * ledger only grows: the first question walks all entries, in slices that leave the event loop free between them; every
 * further page is a look-up.
 */
export class Activity {
  readonly #db: Database;
  readonly #clock: Clock;
  #last: Selection | undefined;

  constructor(database: Database, clock: Clock) {
    this.#db = database;
    this.#clock = clock;
  }

  /** See {@link ActivityListQuery}. */
  async list({ before, limit, ...filter }: ActivityListQuery): Promise<ActivityList> {
    const { seqs } = await this.#select(filter);
    const end = before === undefined ? seqs.length : countUpTo(seqs, before - 1);
    const first = Math.max(0, end - limit);
    const entries = this.#read(seqs.slice(first, end), 'DESC');
    return { entries, total: seqs.length, next: first === 0 ? null : (seqs[first] ?? null) };
  }

  /** See {@link ActivityPageQuery}. */
  async page({ anchor, offset, limit, ...filter }: ActivityPageQuery): Promise<ActivityPage> {
    const { seqs, upTo } = await this.#select(filter);
    const stand = Math.min(anchor ?? upTo, upTo);
    const total = countUpTo(seqs, stand);
    const end = Math.max(0, total - offset);
    const entries = this.#read(seqs.slice(Math.max(0, end - limit), end), 'DESC');
    return { anchor: stand, offset, entries, total, newer: seqs.length - total };
  }

  /** As {@link Ledger.exportCsv}, of what fits the filter. */
  async exportCsv(filter: ActivityFilter): Promise<AsyncIterable<Uint8Array>> {
    return csvOf(this.#pages(await this.#select(filter)));
  }

  /** As {@link Ledger.exportJson}; without the entries in between it is no chain, and says so by its format. */
  async exportJson(filter: ActivityFilter): Promise<AsyncIterable<Uint8Array>> {
    return jsonOf('gleaner-activity', this.#pages(await this.#select(filter)));
  }

  async #select(filter: ActivityFilter): Promise<Selection> {
    const { grid, kind, outcome, from, to, text } = filter;
    const key = JSON.stringify([grid, kind, outcome, from, to, text]);
    let selection = this.#last;
    if (selection?.key !== key) {
      selection = { key, search: searchOf(filter), seqs: [], upTo: 0, growing: Promise.resolve() };
      this.#last = selection;
    }
    const grown = selection;
    // One after the other: a table asks for several pages at once.
    const growing = grown.growing.then(() => this.#grow(grown));
    grown.growing = growing.catch(() => undefined);
    await growing;
    return grown;
  }

  async #grow(selection: Selection): Promise<void> {
    const { search, seqs } = selection;
    const turns = new Turns(this.#clock);
    const head = Number(this.#db.get('SELECT max(seq) AS head FROM ledger')?.['head'] ?? 0);
    while (selection.upTo < head) {
      const upTo = Math.min(head, selection.upTo + atOnce);
      for (const seq of this.#fitting(search, selection.upTo, upTo)) seqs.push(seq);
      selection.upTo = upTo;
      await turns.letOthersIn();
    }
  }

  #fitting({ where, params, sure }: Search, after: number, upTo: number): readonly number[] {
    const range = `FROM ledger_facts WHERE seq > ? AND seq <= ? AND ${where}`;
    if (sure) {
      return this.#db
        .all(`SELECT seq, title, owner, job, hosts ${range} ORDER BY seq`, after, upTo, ...params)
        .filter(sure)
        .map((row) => Number(row['seq']));
    }
    // In one text: a row of its own for each would cost more than the search.
    const row = this.#db.get(
      `SELECT json_group_array(seq ORDER BY seq) AS seqs ${range}`,
      after,
      upTo,
      ...params,
    );
    return JSON.parse(String(row?.['seqs'])) as number[];
  }

  #read(seqs: readonly number[], order: 'ASC' | 'DESC'): LedgerEntry[] {
    const which = `WHERE l.seq IN (SELECT value FROM json_each(?)) ORDER BY l.seq ${order}`;
    return [...readEntries(this.#db, which, JSON.stringify(seqs))];
  }

  *#pages({ seqs }: Selection): Generator<readonly LedgerEntry[]> {
    const end = seqs.length;
    for (let at = 0; at < end; at += exportPage) {
      yield this.#read(seqs.slice(at, Math.min(end, at + exportPage)), 'ASC');
    }
  }
}

/** How many of these, which are in order, are at most `most`. Pure. */
function countUpTo(seqs: readonly number[], most: number): number {
  let [low, high] = [0, seqs.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((seqs[middle] ?? 0) <= most) low = middle + 1;
    else high = middle;
  }
  return low;
}
