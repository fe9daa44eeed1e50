import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../electron/base/clock.ts';
import { GleanerError, toFailure } from '../../electron/contract/index.ts';
import { type Database, openDatabase } from '../../electron/ledger/database.ts';
import { Ledger } from '../../electron/ledger/ledger.ts';
import { bookingOf, somebody } from '../fakes/ledger-bookings.ts';
import { bookingChild } from './ledger-child.ts';

let dir = '';
let path = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gleaner-ledger-'));
  path = join(dir, 'gleaner.db');
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

const failureOf = (attempt: () => unknown): string => {
  try {
    attempt();
  } catch (error) {
    return toFailure(error).code;
  }
  return 'none';
};

describe('the database', () => {
  test('is the owner’s alone and has one user at a time', () => {
    const first = openDatabase(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(failureOf(() => openDatabase(path))).toBe('already-running');
    first.close();
    openDatabase(path).close();
    expect(readdirSync(dir)).toEqual(['gleaner.db']);
  });

  test('undoes a failed transaction; a nested one joins', () => {
    const database = openDatabase(path);
    database.migrate('test', ['CREATE TABLE t (n INTEGER)']);
    expect(() =>
      database.transaction(() => {
        database.run('INSERT INTO t VALUES (1)');
        database.transaction(() => database.run('INSERT INTO t VALUES (2)'));
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(database.inTransaction).toBe(false);
    expect(() => database.transaction(() => Promise.resolve())).toThrow('wait');
    database.transaction(() => database.run('INSERT INTO t VALUES (3)'));
    expect(database.all('SELECT n FROM t')).toEqual([{ n: 3 }]);
    database.close();
  });

  test('runs the migrations it has not seen, and refuses a newer file', () => {
    const open = (steps: readonly string[]): void => {
      const database = openDatabase(path);
      try {
        database.migrate('test', steps);
      } finally {
        database.close();
      }
    };
    const steps = ['CREATE TABLE t (n INTEGER)', 'ALTER TABLE t ADD COLUMN m INTEGER'];
    open(steps.slice(0, 1));
    open(steps);
    open(steps);
    const reopen = (others: readonly string[]) => () => {
      open(others);
    };
    expect(failureOf(reopen(steps.slice(0, 1)))).toBe('storage-failed');
    expect(reopen([...steps, 'NONSENSE'])).toThrow();
    open(steps);
  });

  test('an unusable place is a coded failure', () => {
    expect(failureOf(() => openDatabase(join(dir, 'none', 'gleaner.db')))).toBe('storage-failed');
    mkdirSync(join(dir, 'folder'));
    expect(failureOf(() => openDatabase(join(dir, 'folder')))).toBe('storage-failed');
  });

  test.each([
    ['overwritten', (bytes: Buffer) => Buffer.alloc(bytes.length, 'x')],
    ['cut short', (bytes: Buffer) => bytes.subarray(0, 9000)],
    [
      'overwritten inside',
      (bytes: Buffer) => Buffer.concat([bytes.subarray(0, 4096), Buffer.alloc(bytes.length - 4096, 7)]),
    ],
  ])('a file that was %s is set aside as it is, and that is said', async (_, damage) => {
    const before = openDatabase(path);
    const ledger = new Ledger(before, systemClock);
    before.transaction(() => {
      for (let n = 1; n <= 50; n += 1) ledger.book(bookingOf(n), somebody);
    });
    before.close();
    const damaged = damage(readFileSync(path));
    writeFileSync(path, damaged);

    const after = openDatabase(path);
    expect(after.problem).toMatchObject({ code: 'ledger-damaged' });
    const aside = readdirSync(dir).find((name) => name.startsWith('gleaner.db.damaged-')) ?? '';
    expect(readFileSync(join(dir, aside)).equals(damaged)).toBe(true);
    expect(after.problem?.hint).toContain(aside);
    const fresh = new Ledger(after, systemClock);
    after.transaction(() => fresh.book(bookingOf(1), somebody));
    expect(await fresh.verify()).toMatchObject({ ok: true, entries: 1 });
    after.close();

    const again = openDatabase(path);
    expect(again.problem).toMatchObject({ code: 'ledger-damaged' });
    again.close();
    rmSync(join(dir, aside));
    const clean = openDatabase(path);
    expect(clean.problem).toBeUndefined();
    clean.close();
  });
});

test('kill -9 while booking: nothing acknowledged is lost, nothing doubled', async () => {
  let acknowledged = 0;
  for (const after of [1, 2, 3, 17, 40, 5, 64, 28]) {
    const child = spawn(process.execPath, [bookingChild, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    const exit = once(child, 'exit');
    let seen = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      acknowledged = Number(line);
      seen += 1;
      if (seen === after) child.kill('SIGKILL');
    }
    expect((await exit)[1]).toBe('SIGKILL');
    expect(seen).toBeGreaterThanOrEqual(after);

    const database = openDatabase(path);
    const ledger = new Ledger(database, systemClock);
    const verdict = await ledger.verify();
    expect(verdict).toMatchObject({ ok: true, firstBad: null });
    // One more may be on the disk than the child came to say.
    expect([acknowledged, acknowledged + 1]).toContain(verdict.entries);
    expect(ledger.list({ limit: 1 })[0]?.body.job).toBe(`job-${verdict.entries}`);
    database.close();
  }
});

describe('a full disk', () => {
  test('refuses the booking, keeps the ledger whole, and takes bookings again once there is room', async () => {
    const disk = smallDisk(dir);
    try {
      const database = openDatabase(join(disk.dir, 'gleaner.db'));
      const ledger = new Ledger(database, systemClock);
      disk.fill(database);
      let booked = 0;
      const bookNext = (): unknown =>
        database.transaction(() =>
          ledger.book(bookingOf(booked + 1), { ...somebody, owner: 'o'.repeat(120) }),
        );
      const bookUntilFull = (): unknown => {
        for (;;) {
          try {
            bookNext();
          } catch (error) {
            return error;
          }
          booked += 1;
        }
      };
      const error = bookUntilFull();
      expect(error).toBeInstanceOf(GleanerError);
      expect(toFailure(error)).toMatchObject({ code: 'disk-full' });
      expect(await ledger.verify()).toMatchObject({ ok: true, entries: booked });

      disk.free(database);
      bookNext();
      expect(await ledger.verify()).toMatchObject({ ok: true, entries: booked + 1 });
      database.close();
      const again = openDatabase(join(disk.dir, 'gleaner.db'));
      expect(again.problem).toBeUndefined();
      expect(await new Ledger(again, systemClock).verify()).toMatchObject({ ok: true, entries: booked + 1 });
      again.close();
    } finally {
      disk.dispose();
    }
  });
});

function system(command: string, ...args: readonly string[]): void {
  execFileSync(command, args, { stdio: 'ignore' });
}

/** A file system of 2 MB where we may mount one, else a bound on the database's pages. */
function smallDisk(parentDir: string): {
  dir: string;
  fill: (database: Database) => void;
  free: (database: Database) => void;
  dispose: () => void;
} {
  const mountDir = join(parentDir, 'disk');
  mkdirSync(mountDir);
  try {
    system('mount', '-t', 'tmpfs', '-o', 'size=2m', 'none', mountDir);
  } catch {
    const bound = (pages: number) => (database: Database) =>
      void database.all(`PRAGMA max_page_count = ${pages}`);
    return { dir: mountDir, fill: bound(40), free: bound(4000), dispose: () => undefined };
  }
  const ballast = join(mountDir, 'ballast');
  return {
    dir: mountDir,
    fill: () => {
      writeFileSync(ballast, Buffer.alloc(1_200_000));
    },
    free: () => {
      rmSync(ballast);
    },
    dispose: () => {
      system('umount', '--lazy', mountDir);
    },
  };
}
