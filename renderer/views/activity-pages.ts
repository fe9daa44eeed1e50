import type { ActivityFilter } from '../../electron/contract/activity.ts';
import type { Answer } from '../../electron/contract/commands.ts';
import type { Failure } from '../../electron/contract/failures.ts';
import type { LedgerEntry } from '../../electron/contract/ledger.ts';

/** Rows of one page; every page begins at a multiple of it. */
export const pageRows = 100;
/** Pages that are kept, those in sight included. */
const mostPages = 40;
const mostRequests = 2;

export interface PageQuery extends ActivityFilter {
  readonly anchor?: number;
  readonly offset: number;
  readonly limit: number;
}

/** As `activity.page` answers. */
export interface PageAnswer {
  readonly anchor: number;
  readonly offset: number;
  readonly entries: readonly LedgerEntry[];
  readonly total: number;
  readonly newer: number;
}

/** What stands in the table; another object after every change. */
export interface PagesState {
  /** How many rows there are; null: not known yet. */
  readonly total: number | null;
  /** How many entries that fit were booked since. */
  readonly newer: number;
  /** Why the last question failed; nothing more is asked until `retry`. */
  readonly failure: Failure | null;
  /** How often the table has begun anew with its first row. */
  readonly beginnings: number;
}

/**
 * The rows of one table by index, from a host that hands them out page by page. Only pages in sight are asked for, at
 * most two at a time, those that were wanted last first; what was wanted and is out of sight again is not asked for any
 * more. All rows stand on one anchor (see `ActivityPageQuery`), until `begin` asks for another.
 */
export class ActivityPages {
  readonly #ask: (query: PageQuery) => Promise<Answer<PageAnswer>>;
  readonly #listeners = new Set<() => void>();
  /** In the order in which they were last seen. */
  readonly #pages = new Map<number, readonly LedgerEntry[]>();
  readonly #asking = new Set<number>();
  #anchor: number | null = null;
  #state: PagesState = { total: null, newer: 0, failure: null, beginnings: 0 };
  #filter: ActivityFilter = {};
  #requests = 0;
  #sight: readonly [first: number, last: number] = [0, 0];
  #looks = false;

  constructor(ask: (query: PageQuery) => Promise<Answer<PageAnswer>>) {
    this.#ask = ask;
  }

  get state(): PagesState {
    return this.#state;
  }

  /** Calls `listener` after every change; returns the way to stop. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** The row with this index from the newest; null while it is not here. */
  row(index: number): LedgerEntry | null {
    return this.#pages.get(pageOf(index))?.[index % pageRows] ?? null;
  }

  /** These rows, both included, are in sight. */
  readonly see = (first: number, last: number): void => {
    this.#sight = [first, last];
    for (const offset of this.#inSight()) {
      const page = this.#pages.get(offset);
      if (page === undefined) continue;
      this.#pages.delete(offset);
      this.#pages.set(offset, page);
    }
    this.#pump();
  };

  /** Looks whether something has come since. */
  readonly look = (): void => {
    if (this.#anchor === null) return;
    this.#looks = true;
    this.#pump();
  };

  /** Begins anew, with the newest entry that fits the filter. What is shown stays until the answer is there. */
  readonly begin = (filter: ActivityFilter): void => {
    this.#filter = filter;
    this.#asking.clear();
    this.#anchor = null;
    this.#sight = [0, 0];
    this.#looks = false;
    this.#change({ failure: null, beginnings: this.#state.beginnings + 1 });
    this.#pump();
  };

  /** Asks again for what failed. */
  readonly retry = (): void => {
    this.#change({ failure: null });
    this.#pump();
  };

  /** Where the pages begin that are needed now. */
  #inSight(): number[] {
    // The first page brings the anchor, on which everything else stands.
    if (this.#anchor === null) return [0];
    const [first, last] = this.#sight;
    const end = Math.min(last + 1, this.#state.total ?? 0);
    const offsets: number[] = [];
    for (let offset = pageOf(first); offset < end; offset += pageRows) offsets.push(offset);
    return offsets;
  }

  #pump(): void {
    if (this.#state.failure !== null) return;
    const anchor = this.#anchor;
    // What is kept from before a new beginning is only shown until its first page is there.
    const missing = this.#inSight().filter((offset) => anchor === null || !this.#pages.has(offset));
    for (const offset of missing) {
      if (this.#requests >= mostRequests) return;
      if (!this.#asking.has(offset)) void this.#request({ offset, limit: pageRows }, anchor);
    }
    if (this.#looks && anchor !== null && this.#requests < mostRequests) {
      this.#looks = false;
      void this.#request({ offset: 0, limit: 1 }, anchor);
    }
  }

  async #request(rows: Pick<PageQuery, 'offset' | 'limit'>, anchor: number | null): Promise<void> {
    const { beginnings } = this.#state;
    const isPage = rows.limit === pageRows;
    this.#requests += 1;
    if (isPage) this.#asking.add(rows.offset);
    const answer = await this.#ask({ ...this.#filter, ...rows, ...(anchor === null ? {} : { anchor }) });
    this.#requests -= 1;
    // What was asked before another beginning answers nothing any more.
    if (beginnings === this.#state.beginnings) {
      if (isPage) this.#asking.delete(rows.offset);
      if (answer.ok) this.#take(answer.value, isPage);
      else this.#change({ failure: answer.failure });
    }
    this.#pump();
  }

  #take({ anchor, offset, entries, total, newer }: PageAnswer, isPage: boolean): void {
    if (this.#anchor === null) {
      this.#anchor = anchor;
      this.#pages.clear();
    }
    if (isPage) {
      this.#pages.set(offset, entries);
      this.#forget();
    }
    this.#change({ total, newer });
  }

  #forget(): void {
    const needed = new Set(this.#inSight());
    for (const offset of this.#pages.keys()) {
      if (this.#pages.size <= mostPages) return;
      if (!needed.has(offset)) this.#pages.delete(offset);
    }
  }

  #change(changes: Partial<PagesState>): void {
    this.#state = { ...this.#state, ...changes };
    for (const listener of this.#listeners) listener();
  }
}

const pageOf = (index: number): number => index - (index % pageRows);
