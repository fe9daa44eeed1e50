import { closeSync, openSync, readdirSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import Libsql from 'libsql';
import { type Failure, GleanerError } from '../contract/index.ts';
import { isDamage, translateSqlite } from './sqlite-errors.ts';

/** What goes in and comes out. The driver aborts the process on a boolean and cuts text at a NUL: neither gets in. */
export type SqlValue = string | number | null;
export type SqlRow = Readonly<Record<string, SqlValue>>;

/**
 * The host's one database: the ledger and the local queue share it, so that one transaction can end a lease
 * and book it. Synchronous; a call that returned is on the disk (`synchronous=FULL`). Throws coded failures:
 * `disk-full` (what was done in the transaction is undone), `storage-failed`, `ledger-damaged`.
 */
export class Database {
  /** Set while a damaged file of an earlier run lies beside this one. */
  readonly problem: Failure | undefined;
  readonly #db: Libsql.Database;
  readonly #statements = new Map<string, Libsql.Statement>();
  #inside = false;

  constructor(db: Libsql.Database, problem: Failure | undefined) {
    this.#db = db;
    this.problem = problem;
  }

  get inTransaction(): boolean {
    return this.#inside;
  }

  run(sql: string, ...params: readonly SqlValue[]): { changes: number } {
    return this.#translated(() => ({ changes: this.#statement(sql).run([...params]).changes }));
  }

  get(sql: string, ...params: readonly SqlValue[]): SqlRow | undefined {
    return this.#translated(() => {
      const row = this.#statement(sql).get([...params]);
      if (typeof row !== 'object' || row === null) return undefined;
      // The driver adds how long it took.
      return Object.fromEntries(Object.entries(row).filter(([key]) => key !== '_metadata'));
    });
  }

  all(sql: string, ...params: readonly SqlValue[]): readonly SqlRow[] {
    return this.#translated(() => this.#statement(sql).all([...params]) as SqlRow[]);
  }

  /** Runs `work`, which must not wait for anything, and commits; undoes all of it when it throws. Nested use joins. */
  transaction<T>(work: () => T): T {
    if (this.#inside) return work();
    return this.#translated(() => {
      this.#db.exec('BEGIN IMMEDIATE');
      this.#inside = true;
      try {
        const result = work();
        if (result instanceof Promise) throw new Error('a transaction must not wait');
        this.#db.exec('COMMIT');
        return result;
      } catch (error) {
        // A full disk makes SQLite roll back on its own.
        if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
        throw error;
      } finally {
        this.#inside = false;
      }
    });
  }

  /**
   * Brings the tables of one component to the newest form: runs those of its numbered `steps` that this file
   * has not seen. Throws `storage-failed` for a file that a newer program wrote.
   */
  migrate(component: string, steps: readonly string[]): void {
    this.transaction(() => {
      this.#db.exec(
        'CREATE TABLE IF NOT EXISTS migrations (component TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT',
      );
      const row = this.get('SELECT version FROM migrations WHERE component = ?', component);
      const version = Number(row?.['version'] ?? 0);
      if (version > steps.length) {
        throw new GleanerError(
          'storage-failed',
          'The data folder was written by a newer Gleaner.',
          'Install that version again, or start with another data folder.',
        );
      }
      if (version === steps.length) return;
      for (const step of steps.slice(version)) this.#db.exec(step);
      this.run('INSERT OR REPLACE INTO migrations VALUES (?, ?)', component, steps.length);
    });
  }

  /** Lets go of the file and its lock; the object is of no use afterwards. */
  close(): void {
    try {
      // The driver's close leaves the file locked until its statements are collected; leaving WAL unlocks it now.
      this.#db.pragma('journal_mode=DELETE');
      this.#db.pragma('locking_mode=NORMAL');
      this.#db.prepare('SELECT count(*) FROM sqlite_schema').get();
    } catch {
      // A full or broken disk: everything committed is in the WAL and is read from there next time.
    } finally {
      this.#statements.clear();
      this.#db.close();
    }
  }

  #statement(sql: string): Libsql.Statement {
    // After SQLite's own rollback a swallowed error would let the rest of the transaction commit alone.
    if (this.#inside && !this.#db.inTransaction) throw new Error('the transaction has already been undone');
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #translated<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw translateSqlite(error);
    }
  }
}

/**
 * Opens the database, creating it (0600) when there is none; its folder must exist. The file is locked for
 * this process: a second host gets `already-running`, within about two seconds. A damaged file is renamed to
 * `<name>.damaged-<time>`, a new one begun, and `problem` says so for as long as the damaged one lies there.
 * Throws `disk-full` and `storage-failed`.
 */
export function openDatabase(databasePath: string): Database {
  let db: Libsql.Database;
  try {
    db = openSound(databasePath);
  } catch (error) {
    if (!isDamage(error)) throw translateSqlite(error);
    setAside(databasePath);
    try {
      db = openSound(databasePath);
    } catch (second) {
      throw translateSqlite(second);
    }
  }
  return new Database(db, damagedFilesProblem(databasePath));
}

function openSound(databasePath: string): Libsql.Database {
  try {
    closeSync(openSync(databasePath, 'a', 0o600));
  } catch (error) {
    throw new GleanerError(
      'storage-failed',
      `The ledger's file cannot be opened: ${error instanceof Error ? error.message : String(error)}`,
      'Check the disk and the permissions of the data folder.',
      { cause: error },
    );
  }
  const db = new Libsql(databasePath);
  try {
    db.pragma('busy_timeout=2000');
    db.pragma('locking_mode=EXCLUSIVE');
    // Before anything writes: a damaged file is kept as it was found.
    const faults = db.pragma('quick_check(1)');
    if (JSON.stringify(faults) !== JSON.stringify([{ quick_check: 'ok' }])) {
      throw Object.assign(new Error('the database failed its check'), { rawCode: 11 });
    }
    db.pragma('journal_mode=WAL');
    db.pragma('synchronous=FULL');
    db.pragma('foreign_keys=ON');
    // Or INSERT OR REPLACE would get past the triggers that refuse deletion.
    db.pragma('recursive_triggers=ON');
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

const asideMark = '.damaged-';

function setAside(databasePath: string): void {
  const aside = `${databasePath}${asideMark}${new Date().toISOString().replace(/[:.]/g, '-')}`;
  renameSync(databasePath, aside);
  for (const suffix of ['-wal', '-journal']) {
    try {
      renameSync(`${databasePath}${suffix}`, `${aside}${suffix}`);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }
}

function damagedFilesProblem(databasePath: string): Failure | undefined {
  const dirPath = dirname(databasePath);
  const prefix = `${basename(databasePath)}${asideMark}`;
  const [found] = readdirSync(dirPath).filter((name) => name.startsWith(prefix));
  if (found === undefined) return undefined;
  return {
    code: 'ledger-damaged',
    sentence: 'The ledger and the job queue were damaged; Gleaner set them aside and began new ones.',
    hint: `The damaged file is ${join(dirPath, found)}. Move it elsewhere to end this message.`,
  };
}
