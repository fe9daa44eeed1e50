import type { Clock } from '../../base/clock.ts';
import type { AttemptBody, EntryPersonal, JobDocument } from '../../contract/index.ts';

export type Value = string | number | null;

/** The part of the host's database that the queue needs. Synchronous; what returned is on the disk. */
export interface QueueDatabase {
  run(sql: string, ...params: readonly Value[]): unknown;
  get(sql: string, ...params: readonly Value[]): Readonly<Record<string, Value>> | undefined;
  all(sql: string, ...params: readonly Value[]): readonly Readonly<Record<string, Value>>[];
  transaction<T>(work: () => T): T;
  migrate(component: string, steps: readonly string[]): void;
}

/** Books one attempt; called inside the transaction that ends its lease. */
export type Book = (body: Omit<AttemptBody, 'personalDigest'>, personal: EntryPersonal) => unknown;

/** What the running job has moved so far through the gateway. */
export interface Contacted {
  /** Writes down what was only counted; called before the transaction that books it. */
  settle(): void;
  /** What is written down, once; called inside of it. */
  take(): AttemptBody['hosts'];
}

export interface QueueOptions {
  readonly database: QueueDatabase;
  readonly book: Book;
  /** Made when missing. */
  readonly jobsDir: string;
  readonly clock: Clock;
  /** Whether jobs that declare network may be begun now; by default they may. */
  readonly networkOpen?: () => boolean;
  readonly contacted?: Contacted;
  /** Told the name of each step of a settlement, inside its transaction; tests stop the process there. */
  readonly step?: (name: QueueStep) => void;
}

export const queueSteps = ['settle-begun', 'settle-released', 'settle-booked', 'settle-committed'] as const;
export type QueueStep = (typeof queueSteps)[number];

/** The right to run one attempt at a job. */
export interface Lease {
  readonly id: string;
  readonly attempt: number;
  readonly document: JobDocument;
}

/** A package that was read and checked. */
export interface NewJob {
  readonly document: JobDocument;
  readonly inputTarPath: string;
  readonly documentDigest: string;
  readonly inputDigest: string;
}
