import type { Clock } from '../base/clock.ts';

type Value = string | number | null;

/** The part of the host's database that the window needs. */
export interface UsageDatabase {
  run(sql: string, ...params: readonly Value[]): unknown;
  all(sql: string, ...params: readonly Value[]): readonly Readonly<Record<string, Value>>[];
  migrate(component: string, steps: readonly string[]): void;
}

const hourMs = 3_600_000;
const windowHours = 24;
const migrations = [
  `CREATE TABLE grid_usage (
     grid TEXT NOT NULL,
     hour INTEGER NOT NULL,
     cpu_ms REAL NOT NULL,
     PRIMARY KEY (grid, hour)
   ) STRICT`,
];

/**
 * What a look at a VM is charged, in ms of CPU time: what it has used since the look before, but no less than it was
 * granted in that time. A turn that was had is used up: else who idles in it would be the least served for ever. Pure.
 */
export function charged(usedMs: number, grantedMs: number): number {
  return Math.max(usedMs, grantedMs);
}

/** How much CPU time each grid's VM was charged in the last 24 hours, in buckets of an hour; outlives the host. */
export class UsageWindow {
  readonly #db: UsageDatabase;
  readonly #clock: Clock;
  readonly #hours = new Map<string, Map<number, number>>();
  /** `GRID HOUR`. */
  readonly #unwritten = new Set<string>();

  constructor(database: UsageDatabase, clock: Clock) {
    this.#db = database;
    this.#clock = clock;
    database.migrate('grid_usage', migrations);
    for (const row of database.all('SELECT grid, hour, cpu_ms FROM grid_usage')) {
      this.#of(String(row['grid'])).set(Number(row['hour']), Number(row['cpu_ms']));
    }
  }

  /** @param cpuMs {@link charged} since the last call, in ms */
  add(grid: string, cpuMs: number): void {
    if (cpuMs <= 0) return;
    const hour = this.#hour();
    const hours = this.#of(grid);
    hours.set(hour, (hours.get(hour) ?? 0) + cpuMs);
    this.#unwritten.add(`${grid} ${hour}`);
    for (const old of hours.keys()) if (old <= hour - windowHours) hours.delete(old);
  }

  /** Writes what was added since the last time; every write is synced. Throws what the database throws. */
  flush(): void {
    if (this.#unwritten.size === 0) return;
    for (const entry of this.#unwritten) {
      const [grid = '', hour = ''] = entry.split(' ');
      const ms = this.#of(grid).get(Number(hour));
      if (ms !== undefined)
        this.#db.run('INSERT OR REPLACE INTO grid_usage VALUES (?, ?, ?)', grid, Number(hour), ms);
    }
    this.#db.run('DELETE FROM grid_usage WHERE hour <= ?', this.#hour() - windowHours);
    this.#unwritten.clear();
  }

  /** CPU seconds within the window; a clock that was set back leaves hours of the future out. */
  seconds(grid: string): number {
    const hour = this.#hour();
    let ms = 0;
    for (const [at, used] of this.#of(grid)) if (at > hour - windowHours && at <= hour) ms += used;
    return ms / 1000;
  }

  #hour(): number {
    return Math.floor(this.#clock.now() / hourMs);
  }

  #of(grid: string): Map<number, number> {
    let hours = this.#hours.get(grid);
    if (!hours) {
      hours = new Map();
      this.#hours.set(grid, hours);
    }
    return hours;
  }
}
