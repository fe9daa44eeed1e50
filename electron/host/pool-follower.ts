import { backoffMs } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposal.ts';
import type { Log } from '../base/log.ts';
import { type Failure, toFailure, unitScale } from '../contract/index.ts';
import type { Documents } from '../grid/condor/messages.ts';
import type { CondorStore } from '../grid/condor/store.ts';
import type { CatalogPlace, PoolWeb } from './pool-web.ts';

/** While the pool's VM works or could: "within a minute", and not all hosts at the same moment. In ms. */
const busyMs = [30_000, 50_000] as const;
/** While it does not. */
const idleMs = [4 * 60_000, 6 * 60_000] as const;
const longestBackoffMs = 5 * 60_000;

export interface PoolFollowerOptions {
  readonly id: string;
  readonly store: CondorStore;
  readonly web: Pick<PoolWeb, 'documents' | 'statement'>;
  readonly place: CatalogPlace;
  /** Whether news matter within a minute. */
  readonly isBusy: () => boolean;
  readonly clock: Clock;
  readonly log: Log;
  /** 0…1; tests say it themselves. */
  readonly random?: () => number;
  /** The documents are others than before, or a statement was booked. */
  readonly onNews: () => void;
  readonly onProblem: (failure: Failure | null) => void;
}

/** Follows one pool's signed documents: policy and tariff as they change, and statements, each of which is booked once. */
export class PoolFollower implements Disposable {
  readonly #o: PoolFollowerOptions;
  #cancel: (() => void) | undefined;
  #asking: Promise<void> | undefined;
  #failure: Failure | null = null;
  #failures = 0;
  #disposed = false;

  constructor(o: PoolFollowerOptions) {
    this.#o = o;
  }

  /** Why the documents cannot be taken now. */
  get failure(): Failure | null {
    return this.#failure;
  }

  /** Asks now, and from here on ever again. */
  begin(): void {
    void this.ask();
  }

  /** Resolves when the catalog was asked; never rejects. */
  ask(): Promise<void> {
    if (this.#disposed) return Promise.resolve();
    this.#cancel?.();
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
      this.#later();
    });
    return this.#asking;
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    this.#cancel?.();
    await this.#asking;
  }

  async #ask(): Promise<void> {
    const { id, store, web, place, log, onNews, onProblem } = this.#o;
    try {
      const documents = await web.documents(place);
      if (this.#disposed) return;
      const { version, expiresAt, policy, tariff } = documents;
      const before = store.pool(id).documents;
      store.take(id, { version, expiresAt, policy, tariff });
      this.#failures = 0;
      this.#failure = null;
      onProblem(null);
      if (documents.changed || before === null) {
        log.info('pool', 'took the pool’s documents', { grid: id, version });
        onNews();
      }
      await this.#settle(documents.statements);
    } catch (error) {
      if (this.#disposed) return;
      this.#failures += 1;
      const failure = toFailure(error);
      log.info('pool', failure.sentence, { grid: id, code: failure.code });
      const isNew = this.#failure?.sentence !== failure.sentence;
      this.#failure = failure;
      // What cannot be reached now is not worth a word: what was taken before counts until it expires.
      onProblem(failure.code === 'pool-document-refused' || this.#isStale() ? failure : null);
      if (isNew) onNews();
    }
  }

  /** One statement after the other, so that a host that was away for long asks for little at a time. */
  async #settle(statements: Documents['statements']): Promise<void> {
    const { id, store, web, place, onNews, log } = this.#o;
    const { host } = store.pool(id).membership;
    for (const { period, digest } of statements) {
      if (this.#disposed) return;
      if (store.knowsStatement(id, period, digest)) continue;
      const signed = await web.statement(place, period, host);
      const { statement } = signed ?? {};
      if (!signed || !statement) continue;
      const booked = store.settle(
        id,
        digest,
        {
          period,
          digest: signed.digest,
          from: statement.from,
          to: statement.to,
          unit: statement.unit,
          amount: Math.round(statement.amount * unitScale),
          executions: statement.lines.length,
        },
        statement.lines,
      );
      if (!booked) continue;
      log.info('pool', 'booked a statement', { grid: id, period });
      onNews();
    }
  }

  #isStale(): boolean {
    const { store, id, clock } = this.#o;
    const { documents } = store.pool(id);
    return documents === null || documents.expiresAt < clock.now();
  }

  #later(): void {
    if (this.#disposed) return;
    const { clock, isBusy, random = Math.random } = this.#o;
    const [least, most] = isBusy() ? busyMs : idleMs;
    const regular = least + (most - least) * random();
    const ms =
      this.#failures === 0 ? regular : Math.max(regular, backoffMs(this.#failures, least, longestBackoffMs));
    this.#cancel = clock.after(ms, () => {
      void this.ask();
    });
  }
}
