import type { Clock } from '../../base/clock.ts';
import { type Contact, type Enrolment, GleanerError } from '../../contract/index.ts';
import type { Book, GridDatabase, Value } from '../database.ts';
import { bookingOf, personalOf, settlementOf } from './booking.ts';
import {
  type BookedStatement,
  condorMigrations,
  ExecutionRow,
  type JoinedPool,
  Membership,
  PoolRow,
  type SeenExecution,
  StatementRow,
  type Taken,
} from './store-rows.ts';

export interface CondorStoreOptions {
  readonly database: GridDatabase;
  readonly book: Book;
  readonly clock: Clock;
}

export interface NewPool {
  readonly enrolment: Enrolment;
  readonly share: number;
  readonly managedBy: string | null;
  readonly contacts: readonly Contact[];
}

/** What a host has done for a pool altogether. Amounts are in millionths. */
export interface PoolTotals {
  readonly executions: number;
  readonly done: number;
  readonly failed: number;
  readonly evicted: number;
  readonly lost: number;
  readonly coreSeconds: number;
  readonly frozenSeconds: number;
  readonly amount: number;
}

/** The pools that are joined, with their executions and statements. Methods throw `not-joined` and what the database throws. */
export class CondorStore {
  readonly #db: GridDatabase;
  readonly #book: Book;
  readonly #clock: Clock;
  /** What the database holds; nobody else writes it. */
  readonly #pools = new Map<string, JoinedPool>();

  constructor({ database, book, clock }: CondorStoreOptions) {
    this.#db = database;
    this.#book = book;
    this.#clock = clock;
    database.migrate('condor', condorMigrations);
    for (const row of database.all('SELECT * FROM condor_pools ORDER BY seq')) {
      const pool = PoolRow.parse(row);
      this.#pools.set(pool.id, pool);
    }
  }

  /** In the order in which they were joined, those that are being left included. */
  pools(): readonly JoinedPool[] {
    return [...this.#pools.values()];
  }

  pool(id: string): JoinedPool {
    const pool = this.#pools.get(id);
    if (!pool)
      throw new GleanerError('not-joined', `There is no joined pool ${id}.`, 'See: gleaner grids list');
    return pool;
  }

  find(domain: string): JoinedPool | undefined {
    return this.pools().find(({ membership }) => membership.pool === domain);
  }

  /** Throws `already-joined`, also while it is still being left. */
  join({ enrolment, share, managedBy, contacts }: NewPool): JoinedPool {
    const known = this.find(enrolment.pool);
    if (known) {
      throw new GleanerError(
        'already-joined',
        known.state === 'leaving'
          ? `${known.membership.name} is still being left.`
          : `${known.membership.name} is joined already.`,
      );
    }
    const membership = Membership.strip().parse({ ...enrolment, catalogUrl: enrolment.catalog.url });
    const id = this.#db.transaction(() => {
      const given = this.#idFor(enrolment.pool);
      this.#db.run(
        `INSERT INTO condor_pools (id, enrolment, share, no_new_work, suspended, managed_by, contacts, state, joined_at)
         VALUES (?, ?, ?, 0, 0, ?, ?, 'joining', ?)`,
        given,
        JSON.stringify(membership),
        share,
        managedBy,
        JSON.stringify(contacts),
        this.#clock.now(),
      );
      return given;
    });
    return this.#read(id);
  }

  change(
    id: string,
    change: {
      readonly share?: number | undefined;
      readonly noNewWork?: boolean | undefined;
      readonly suspended?: boolean | undefined;
    },
  ): JoinedPool {
    const now = this.pool(id);
    return this.#update(
      id,
      'share = ?, no_new_work = ?, suspended = ?',
      change.share ?? now.share,
      Number(change.noNewWork ?? now.noNewWork),
      Number(change.suspended ?? now.suspended),
    );
  }

  /** @param managedBy who decides about it; null: the person */
  setManagedBy(id: string, managedBy: string | null): JoinedPool {
    return this.#update(id, 'managed_by = ?', managedBy);
  }

  /** Its node was let into the pool. */
  connected(id: string): JoinedPool {
    return this.pool(id).state === 'joining' ? this.#update(id, "state = 'joined'") : this.pool(id);
  }

  /** The catalog was asked with success; `taken` is what it says now. */
  take(id: string, taken: Taken): JoinedPool {
    return this.#update(id, 'documents = ?, documents_at = ?', JSON.stringify(taken), this.#clock.now());
  }

  /** The first of two steps: from now on it has no work, whatever happens. */
  leave(id: string): JoinedPool {
    return this.#update(id, "state = 'leaving'");
  }

  /** The second: its VM is gone. What was booked of it is kept from being booked again. */
  left(id: string): void {
    this.pool(id);
    this.#db.run('DELETE FROM condor_pools WHERE id = ?', id);
    this.#pools.delete(id);
  }

  /** Those that are not over, in the order in which they began. */
  open(id: string): SeenExecution[] {
    return this.#executions('WHERE grid = ? AND ended_at IS NULL ORDER BY seq', id);
  }

  /** Those that are over, the newest first. */
  over(id: string, limit: number): SeenExecution[] {
    return this.#executions(
      'WHERE grid = ? AND ended_at IS NOT NULL ORDER BY ended_at DESC, seq DESC LIMIT ?',
      id,
      limit,
    );
  }

  execution(id: string, job: string, run: number): SeenExecution | undefined {
    return this.#executions('WHERE grid = ? AND job = ? AND run = ?', id, job, run)[0];
  }

  /**
   * Remembers executions as they are, and books those that ended, in one transaction: neither can be without the other. One
   * that is over already stays as it is.
   */
  record(id: string, seen: readonly SeenExecution[]): void {
    if (seen.length === 0) return;
    this.#db.transaction(() => {
      for (const execution of seen) {
        if (this.execution(id, execution.job, execution.run)?.endedAt != null) continue;
        if (execution.endedAt !== null) this.#book(bookingOf(id, execution), personalOf(execution));
        this.#remember(id, execution);
      }
    });
  }

  totals(id: string): PoolTotals {
    const row = this.#db.get(
      `SELECT count(*) AS executions,
         sum(seen ->> '$.state' = 'done') AS done, sum(seen ->> '$.state' = 'failed') AS failed,
         sum(seen ->> '$.state' = 'evicted') AS evicted, sum(seen ->> '$.state' = 'lost') AS lost,
         sum((seen ->> '$.cores') * max(0, ((seen ->> '$.endedAt') - (seen ->> '$.startedAt')) / 1000.0
           - (seen ->> '$.frozenSeconds'))) AS core_seconds,
         sum(seen ->> '$.frozenSeconds') AS frozen_seconds, sum(seen ->> '$.amount') AS amount
       FROM condor_executions WHERE grid = ? AND ended_at IS NOT NULL`,
      id,
    );
    const number = (name: string): number => Number(row?.[name] ?? 0);
    return {
      executions: number('executions'),
      done: number('done'),
      failed: number('failed'),
      evicted: number('evicted'),
      lost: number('lost'),
      coreSeconds: number('core_seconds'),
      frozenSeconds: number('frozen_seconds'),
      amount: number('amount'),
    };
  }

  /** Those booked so far, the newest last. */
  statements(id: string): BookedStatement[] {
    return this.#db
      .all('SELECT seen FROM condor_statements WHERE grid = ? ORDER BY period', id)
      .map((row) => StatementRow.parse(row));
  }

  /** Whether the statement of this period was settled, or looked for in vain, as its signed index is now. */
  knowsStatement(id: string, period: string, index: string): boolean {
    const row = this.#db.get(
      'SELECT digest FROM condor_statements WHERE grid = ? AND period = ?',
      id,
      period,
    );
    return row?.['digest'] === index;
  }

  /**
   * Books a statement once: `lines` are the executions that it names. A period that was booked stays as it was. Throws what
   * the database throws.
   */
  settle(
    id: string,
    index: string,
    statement: Omit<BookedStatement, 'pending' | 'bookedAt'>,
    lines: readonly { readonly job: string; readonly run: number }[],
  ): BookedStatement | null {
    return this.#db.transaction(() => {
      const known = this.#db.get(
        'SELECT 1 FROM condor_statements WHERE grid = ? AND period = ?',
        id,
        statement.period,
      );
      if (known) return null;
      let pending = 0;
      for (const { job, run } of lines) {
        const execution = this.execution(id, job, run);
        if (!execution || execution.settled || execution.unit !== statement.unit) continue;
        pending += execution.amount ?? 0;
        this.#remember(id, { ...execution, settled: true });
      }
      const booked: BookedStatement = { ...statement, pending, bookedAt: this.#clock.now() };
      const { name } = this.pool(id).membership;
      for (const booking of settlementOf(id, booked)) {
        this.#book(booking, { title: `Statement ${statement.period}`, owner: name.slice(0, 120) });
      }
      this.#db.run(
        'INSERT INTO condor_statements (grid, period, digest, seen) VALUES (?, ?, ?, ?)',
        id,
        statement.period,
        index,
        JSON.stringify(booked),
      );
      return booked;
    });
  }

  #remember(id: string, execution: SeenExecution): void {
    this.#db.run(
      `INSERT INTO condor_executions (grid, job, run, ended_at, settled, seen) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (grid, job, run) DO UPDATE SET ended_at = excluded.ended_at, settled = excluded.settled,
         seen = excluded.seen`,
      id,
      execution.job,
      execution.run,
      execution.endedAt,
      Number(execution.settled),
      JSON.stringify(execution),
    );
  }

  #executions(which: string, ...params: readonly Value[]): SeenExecution[] {
    return this.#db
      .all(`SELECT seen FROM condor_executions ${which}`, ...params)
      .map((row) => ExecutionRow.parse(row));
  }

  #idFor(pool: string): string {
    const known = this.#db.get('SELECT id FROM condor_ids WHERE pool = ?', pool);
    if (known) return String(known['id']);
    for (let n = 1; ; n += 1) {
      const suffix = n === 1 ? '' : `-${n}`;
      const slug = pool.replaceAll(/[^a-z0-9]+/g, '-').slice(0, 60 - 'condor-'.length - suffix.length);
      const id = `condor-${slug.replace(/-$/, '')}${suffix}`;
      if (this.#db.get('SELECT 1 FROM condor_ids WHERE id = ?', id) !== undefined) continue;
      this.#db.run('INSERT INTO condor_ids (id, pool) VALUES (?, ?)', id, pool);
      return id;
    }
  }

  #update(id: string, sets: string, ...values: readonly Value[]): JoinedPool {
    this.pool(id);
    this.#db.run(`UPDATE condor_pools SET ${sets} WHERE id = ?`, ...values, id);
    return this.#read(id);
  }

  #read(id: string): JoinedPool {
    const pool = PoolRow.parse(this.#db.get('SELECT * FROM condor_pools WHERE id = ?', id));
    this.#pools.set(id, pool);
    return pool;
  }
}
