import type { Book, GridDatabase, Value } from '../database.ts';
import { type SeenTask, TaskRow } from './store-rows.ts';
import type { StoreStep } from './store-types.ts';
import { bookingOfTask, personalOfTask } from './task-booking.ts';
import type { Followed } from './tasks.ts';

/** How many tasks have ended, by how. */
export interface TaskCounts {
  readonly done: number;
  readonly failed: number;
  readonly aborted: number;
}

/** What a look told, as it is written. */
export type TaskNews = Pick<Followed, 'ended' | 'dropped' | 'relisted'> & {
  /** Others that are to be remembered as they are. */
  readonly seen: readonly SeenTask[];
};

/** The tasks of all projects as they were seen last, those that are over for good: so each is booked once. */
export class TaskRecords {
  readonly #db: GridDatabase;
  readonly #book: Book;
  readonly #step: (name: StoreStep) => void;

  constructor(db: GridDatabase, book: Book, step: (name: StoreStep) => void) {
    this.#db = db;
    this.#book = book;
    this.#step = step;
  }

  /** Those that their client still has, in the order in which they were seen first. */
  listed(grid: string): SeenTask[] {
    return this.#rows('WHERE grid = ? AND listed = 1 ORDER BY seq', grid);
  }

  /** Those that are over, the newest first. */
  over(grid: string, limit: number): SeenTask[] {
    return this.#rows(
      'WHERE grid = ? AND outcome IS NOT NULL ORDER BY ended_at DESC, seq DESC LIMIT ?',
      grid,
      limit,
    );
  }

  find(grid: string, name: string): SeenTask | undefined {
    return this.#rows('WHERE grid = ? AND name = ?', grid, name)[0];
  }

  counts(grid: string): TaskCounts {
    const counts = { done: 0, failed: 0, aborted: 0 };
    const rows = this.#db.all(
      `SELECT CASE outcome WHEN 'lost' THEN 'aborted' ELSE outcome END AS how, count(*) AS n FROM boinc_tasks
       WHERE grid = ? AND outcome IS NOT NULL GROUP BY how`,
      grid,
    );
    for (const { how, n } of rows) {
      if (how === 'done' || how === 'failed' || how === 'aborted') counts[how] = Number(n);
    }
    return counts;
  }

  /**
   * Books the tasks that ended and remembers all of it, in one transaction: neither can be without the other. `dropped`
   * ones ended unbooked, see {@link Followed}. Throws what the database throws, and then nothing of it has happened.
   */
  record(grid: string, projectName: string, { ended, dropped, relisted, seen }: TaskNews): void {
    if (ended.length + dropped.length + relisted.length + seen.length === 0) return;
    this.#db.transaction(() => {
      this.#step('record-begun');
      for (const task of ended) {
        this.#book(bookingOfTask(grid, task), personalOfTask(projectName, task));
        this.#step('record-booked');
        this.#remember(grid, task);
        this.#step('record-remembered');
      }
      for (const task of [...seen, ...relisted]) this.#remember(grid, task);
      for (const task of dropped) {
        if (task.attempt > 0) this.#remember(grid, task);
        else this.#db.run('DELETE FROM boinc_tasks WHERE grid = ? AND name = ?', grid, task.name);
      }
    });
    this.#step('record-committed');
  }

  #remember(grid: string, task: SeenTask): void {
    this.#db.run(
      `INSERT INTO boinc_tasks (grid, name, attempt, outcome, ended_at, listed, seen) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (grid, name) DO UPDATE SET attempt = excluded.attempt, outcome = excluded.outcome,
         ended_at = excluded.ended_at, listed = excluded.listed, seen = excluded.seen`,
      grid,
      task.name,
      task.attempt,
      task.outcome,
      task.endedAt,
      Number(task.listed),
      JSON.stringify(task),
    );
  }

  #rows(which: string, ...params: readonly Value[]): SeenTask[] {
    return this.#db.all(`SELECT seen FROM boinc_tasks ${which}`, ...params).map((row) => TaskRow.parse(row));
  }
}
