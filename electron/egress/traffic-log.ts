import type { Clock } from '../base/clock.ts';
import { type Denial, type HostTraffic, Said } from '../contract/index.ts';

type Value = string | number | null;
type Row = Readonly<Record<string, Value>>;

/** The part of the host's database that the log needs. */
export interface TrafficDatabase {
  run(sql: string, ...params: readonly Value[]): unknown;
  get(sql: string, ...params: readonly Value[]): Row | undefined;
  all(sql: string, ...params: readonly Value[]): readonly Row[];
  transaction<T>(work: () => T): T;
  migrate(component: string, steps: readonly string[]): void;
}

const dayMs = 86_400_000;
/** Days with traffic, by the order in which they came: a clock that is wrong for a while must not erase a month. */
const keptDays = 40;
/** How many different denials are remembered, of all grids. */
export const keptDenials = 500;
const migrations = [
  `CREATE TABLE traffic (
     day TEXT NOT NULL,
     grid TEXT NOT NULL,
     host TEXT NOT NULL,
     sent INTEGER NOT NULL,
     received INTEGER NOT NULL,
     last_at INTEGER NOT NULL,
     PRIMARY KEY (day, grid, host)
   ) STRICT;
   CREATE TABLE denials (
     grid TEXT NOT NULL,
     host TEXT NOT NULL,
     port INTEGER NOT NULL,
     reason TEXT NOT NULL,
     sentence TEXT NOT NULL,
     allowable INTEGER NOT NULL,
     first_at INTEGER NOT NULL,
     last_at INTEGER NOT NULL,
     count INTEGER NOT NULL,
     PRIMARY KEY (grid, host, port, reason)
   ) STRICT;
   CREATE INDEX denials_last_at ON denials (last_at);
   -- What is in no booking yet; a host that dies books it at its next start.
   CREATE TABLE traffic_unbooked (
     grid TEXT NOT NULL,
     host TEXT NOT NULL,
     sent INTEGER NOT NULL,
     received INTEGER NOT NULL,
     denied INTEGER NOT NULL,
     since INTEGER NOT NULL,
     PRIMARY KEY (grid, host)
   ) STRICT;`,
  // JSON; NULL where it was written down before there was such a thing.
  'ALTER TABLE denials ADD COLUMN said TEXT;',
];

/** Beside the hosts of a grid, the row that counts what was denied. */
const nobody = '';
/** How many hosts of one grid are told apart, in a day and in a booking. */
export const hostsMax = 200;
/** Counts all hosts beyond those. */
export const others = 'others';

/** Bytes since the last report; `sent` is what the VM sent. */
export interface TrafficRow {
  readonly host: string;
  readonly sent: number;
  readonly received: number;
}

/** What went through the gateways, by local day, grid and host, and what did not. */
export class TrafficLog {
  readonly #db: TrafficDatabase;
  readonly #clock: Clock;

  constructor(database: TrafficDatabase, clock: Clock) {
    this.#db = database;
    this.#clock = clock;
    database.migrate('traffic', migrations);
  }

  /** @param denied how often the grid was refused meanwhile */
  add(grid: string, rows: readonly TrafficRow[], denied = 0): void {
    const now = this.#clock.now();
    const day = dayOf(now);
    this.#db.transaction(() => {
      const isNewDay = this.#db.get('SELECT 1 FROM traffic WHERE day = ? LIMIT 1', day) === undefined;
      const ofDay = this.#told('SELECT host FROM traffic WHERE day = ? AND grid = ?', day, grid);
      const ofBooking = this.#told('SELECT host FROM traffic_unbooked WHERE grid = ?', grid);
      for (const { host, sent, received } of rows) {
        this.#db.run(
          `INSERT INTO traffic VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
             sent = sent + excluded.sent, received = received + excluded.received, last_at = excluded.last_at`,
          ...[day, grid, ofDay(host), sent, received, now],
        );
        this.#leaveUnbooked(grid, ofBooking(host), { sent, received, denied: 0 }, now);
      }
      if (denied > 0) this.#leaveUnbooked(grid, nobody, { sent: 0, received: 0, denied }, now);
      if (isNewDay) {
        this.#db.run(
          `DELETE FROM traffic WHERE day IN
             (SELECT day FROM traffic GROUP BY day ORDER BY min(rowid) DESC LIMIT -1 OFFSET ${keptDays})`,
        );
      }
    });
  }

  /** Adds up equal ones. */
  deny(denial: Denial): void {
    const { grid, host, port, reason, sentence, said, allowable, firstAt, lastAt, count } = denial;
    this.#db.transaction(() => {
      this.#db.run(
        `INSERT INTO denials (grid, host, port, reason, sentence, allowable, first_at, last_at, count, said)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
           last_at = excluded.last_at, count = count + excluded.count,
           sentence = excluded.sentence, said = excluded.said`,
        ...[
          grid,
          host,
          port,
          reason,
          sentence,
          allowable ? 1 : 0,
          firstAt,
          lastAt,
          count,
          JSON.stringify(said),
        ],
      );
      this.#db.run(
        `DELETE FROM denials WHERE rowid IN
           (SELECT rowid FROM denials ORDER BY last_at DESC, rowid DESC LIMIT -1 OFFSET ${keptDenials})`,
      );
    });
  }

  /** Grids of which something is in no booking yet. */
  unbooked(): string[] {
    return this.#db.all('SELECT DISTINCT grid FROM traffic_unbooked').map((row) => String(row['grid']));
  }

  /** Takes what is in no booking yet; to be called in the transaction that books it. null: nothing is. */
  take(grid: string): { hosts: TrafficRow[]; denied: number; since: number } | null {
    const rows = this.#db.all('SELECT * FROM traffic_unbooked WHERE grid = ? ORDER BY host', grid);
    if (rows.length === 0) return null;
    this.#db.run('DELETE FROM traffic_unbooked WHERE grid = ?', grid);
    return {
      hosts: rows
        .filter((row) => row['host'] !== nobody)
        .map((row) => ({
          host: String(row['host']),
          sent: Number(row['sent']),
          received: Number(row['received']),
        })),
      denied: rows.reduce((sum, row) => sum + Number(row['denied']), 0),
      since: Math.min(...rows.map((row) => Number(row['since']))),
    };
  }

  /** By what name a host is counted among those that are found already. */
  #told(found: string, ...params: readonly Value[]): (host: string) => string {
    const hosts = new Set(this.#db.all(found, ...params).map((row) => String(row['host'])));
    for (const name of [nobody, others]) hosts.delete(name);
    return (host) => {
      if (hosts.has(host)) return host;
      // A wildcard can name any number of hosts, and an entry is kept for ever.
      if (host === others || hosts.size >= hostsMax) return others;
      hosts.add(host);
      return host;
    };
  }

  #leaveUnbooked(
    grid: string,
    host: string,
    { sent, received, denied }: { sent: number; received: number; denied: number },
    now: number,
  ): void {
    this.#db.run(
      `INSERT INTO traffic_unbooked VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
         sent = sent + excluded.sent, received = received + excluded.received, denied = denied + excluded.denied`,
      ...[grid, host, sent, received, denied, now],
    );
  }

  /** What was denied there is allowed now. */
  forgive(grid: string, host: string, port: number): void {
    this.#db.run('DELETE FROM denials WHERE grid = ? AND host = ? AND port = ?', grid, host, port);
  }

  /** The grid was left. */
  forget(grid: string): void {
    this.#db.run('DELETE FROM denials WHERE grid = ?', grid);
  }

  /** Bytes both ways, all grids together, today and in this month; what was written on later days is none of either. */
  totals(): { today: number; month: number } {
    const day = dayOf(this.#clock.now());
    const row = this.#db.get(
      `SELECT coalesce(sum(sent + received) FILTER (WHERE day = ?), 0) AS today,
              coalesce(sum(sent + received), 0) AS month
       FROM traffic WHERE day BETWEEN ? AND ?`,
      day,
      `${day.slice(0, 7)}-01`,
      day,
    );
    return { today: Number(row?.['today'] ?? 0), month: Number(row?.['month'] ?? 0) };
  }

  /** Of the last 30 days, the most bytes first. */
  hosts(limit: number, grid?: string): HostTraffic[] {
    const now = this.#clock.now();
    const rows = this.#db.all(
      `SELECT grid, host, sum(sent) AS sent, sum(received) AS received, max(last_at) AS last_at
       FROM traffic WHERE day BETWEEN ? AND ? AND grid = coalesce(?, grid)
       GROUP BY grid, host ORDER BY sum(sent + received) DESC, grid, host LIMIT ?`,
      dayOf(now - 30 * dayMs),
      dayOf(now),
      grid ?? null,
      limit,
    );
    return rows.map((row) => ({
      grid: String(row['grid']),
      host: String(row['host']),
      sent: Number(row['sent']),
      received: Number(row['received']),
      lastAt: Number(row['last_at']),
    }));
  }

  /** The newest first. */
  denials(limit: number, o: { readonly grid?: string; readonly since?: number } = {}): Denial[] {
    const rows = this.#db.all(
      `SELECT * FROM denials WHERE grid = coalesce(?, grid) AND last_at >= ?
       ORDER BY last_at DESC, rowid DESC LIMIT ?`,
      o.grid ?? null,
      o.since ?? 0,
      limit,
    );
    return rows.map((row) => ({
      grid: String(row['grid']),
      host: String(row['host']),
      port: Number(row['port']),
      reason: row['reason'] as Denial['reason'],
      sentence: String(row['sentence']),
      said: saidOf(row),
      firstAt: Number(row['first_at']),
      lastAt: Number(row['last_at']),
      count: Number(row['count']),
      allowable: row['allowable'] === 1,
    }));
  }
}

function saidOf(row: Row): Said {
  const said = Said.safeParse(JSON.parse(String(row['said'])));
  return said.data ?? { code: 'denial.earlier', values: { sentence: String(row['sentence']) } };
}

/** `YYYY-MM-DD` in the computer's own time zone. */
function dayOf(epochMs: number): string {
  const day = new Date(epochMs);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}
