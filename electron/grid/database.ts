import type { EntryBody, EntryPersonal } from '../contract/index.ts';

export type Value = string | number | null;

/** The part of the host's database that is needed here. Synchronous; what returned is on the disk. */
export interface GridDatabase {
  run(sql: string, ...params: readonly Value[]): unknown;
  get(sql: string, ...params: readonly Value[]): Readonly<Record<string, Value>> | undefined;
  all(sql: string, ...params: readonly Value[]): readonly Readonly<Record<string, Value>>[];
  transaction<T>(work: () => T): T;
  migrate(component: string, steps: readonly string[]): void;
}

/** An entry before the ledger has put the personal fields beside it. */
export type Booking = EntryBody extends infer Body
  ? Body extends EntryBody
    ? Omit<Body, 'personalDigest'>
    : never
  : never;

/** Books one entry; called inside the transaction that remembers what it is about. */
export type Book = (booking: Booking, personal: EntryPersonal) => unknown;
