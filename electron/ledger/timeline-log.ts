import { type ActivityDay, TimelineMoment } from '../contract/index.ts';
import { dayOf } from './calendar.ts';
import type { Database, SqlRow } from './database.ts';
import { hourSums, isSameMoment, type Known, segmentsOf } from './timeline-day.ts';

const keptMs = 400 * 86_400_000;
/** Told nothing for longer than this, in ms, the host was dead or the computer slept: it is told of once a minute. */
const gapMs = 150_000;

/** A plain table: what the computer did is a record for its owner, not an account. `until`: known to be so. */
export const timelineMigrations: readonly string[] = [
  `
  CREATE TABLE timeline (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    until INTEGER NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    grid TEXT
  ) STRICT;
  CREATE INDEX timeline_at ON timeline (at);
  `,
];

type Written = Known & { readonly id: number };

/**
 * What the computer did for others, change by change; kept for 400 days. What nothing is known of counts as off, so that
 * a crash leaves no false hours. Methods that write throw what the database throws.
 */
export class TimelineLog {
  readonly #db: Database;
  /** What this run wrote last. */
  #current: Written | undefined;

  constructor(database: Database) {
    database.migrate('timeline', timelineMigrations);
    this.#db = database;
  }

  /** From `at` on it is so, as is known at `now` (epoch ms). */
  add(moment: TimelineMoment, at: number, now: number): void {
    this.#db.transaction(() => {
      const current = this.#current;
      // Whoever slept through the change knows nothing of the time before.
      if (current && at >= current.at && at - current.until <= gapMs) this.#extend(current, at);
      this.#insert(moment, at, now);
      this.#db.run('DELETE FROM timeline WHERE at < ?1 AND until < ?1', now - keptMs);
    });
  }

  /** It is still so at `now`. After a sleep, when the clock was set back or a change was refused, so anew from here on. */
  touch(moment: TimelineMoment, now: number): void {
    const current = this.#current;
    const goesOn =
      isSameMoment(moment, current?.moment) && current && now >= current.at && now - current.until <= gapMs;
    // Its row is not there when the disk refused it at the last moment.
    if (!goesOn || !this.#extend(current, now)) this.#insert(moment, now, now);
  }

  /** A local day (`2025-03-30`) until its end, or `now`. */
  day(day: string, now: number): ActivityDay {
    const { from, to } = dayOf(day);
    const end = Math.min(to, now);
    const rows = this.#db
      .all(
        `SELECT * FROM timeline
         WHERE at >= coalesce((SELECT max(at) FROM timeline WHERE at < ?1), ?1) AND at < ?2 ORDER BY at, id`,
        from,
        to,
      )
      .flatMap(fromRow)
      .map(({ id, ...known }) => this.#untilNow(id, known, now));
    const segments = segmentsOf(rows, { from, to: Math.max(from, end) });
    const first = this.#db.get('SELECT min(at) AS at FROM timeline')?.['at'];
    return {
      day,
      from,
      to,
      recordedSince: typeof first === 'number' ? first : null,
      segments,
      hours: hourSums(segments, { from, to }),
    };
  }

  /** What was written last is known until now, though nobody has written that yet. */
  #untilNow(id: number, known: Known, now: number): Known {
    const isCurrent = id === this.#current?.id && now - known.until <= gapMs;
    return isCurrent ? { ...known, until: Math.max(known.until, now) } : known;
  }

  #insert(moment: TimelineMoment, at: number, until: number): void {
    const { state, reason, grid } = moment;
    this.#db.run(
      'INSERT INTO timeline (at, until, state, reason, grid) VALUES (?, ?, ?, ?, ?)',
      at,
      until,
      state,
      reason,
      grid,
    );
    const id = Number(this.#db.get('SELECT last_insert_rowid() AS id')?.['id']);
    this.#current = { id, moment, at, until };
  }

  #extend(current: Written, until: number): boolean {
    const { changes } = this.#db.run('UPDATE timeline SET until = ? WHERE id = ?', until, current.id);
    this.#current = { ...current, until };
    return changes > 0;
  }
}

function fromRow({ id, at, until, state, reason, grid }: SqlRow): Written[] {
  const moment = TimelineMoment.safeParse({ state, reason, grid });
  return moment.success
    ? [{ id: Number(id), moment: moment.data, at: Number(at), until: Number(until) }]
    : [];
}
