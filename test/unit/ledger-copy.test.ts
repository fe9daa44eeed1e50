import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compareWithCopy, takeUpAfter } from '../../electron/ledger/copy.ts';
import { type Database, openDatabase } from '../../electron/ledger/database.ts';
import { Ledger } from '../../electron/ledger/ledger.ts';
import { YieldLog } from '../../electron/ledger/yield-log.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { bookingOf, somebody } from '../fakes/ledger-bookings.ts';

let dir: string;
let databasePath: string;
let copyPath: string;

/** Opens the database as a version does, and closes it after `work`. */
function within(work: (database: Database, ledger: Ledger) => void): void {
  const database = openDatabase(databasePath);
  const ledger = new Ledger(database, new FakeClock());
  new YieldLog(database, 0);
  work(database, ledger);
  database.close();
}
const book = (ledger: Ledger, database: Database, n: number): void => {
  database.transaction(() => ledger.book(bookingOf(n), somebody));
};
/** What a newer version does to the form. */
const migrate = (database: Database): void => {
  database.migrate('ledger', [...Array.from({ length: 3 }, () => ''), 'CREATE TABLE newer (a TEXT) STRICT']);
};

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gl-copy-'));
  databasePath = join(dir, 'gleaner.db');
  copyPath = join(dir, 'before.db');
  within((database, ledger) => {
    for (const n of [1, 2]) book(ledger, database, n);
  });
  copyFileSync(databasePath, copyPath);
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

describe('the database after a newer version was taken back', () => {
  it('stays, with all that was booked, where its form is the same', async () => {
    within((database, ledger) => {
      book(ledger, database, 3);
    });
    expect(compareWithCopy(databasePath, copyPath)).toBe('keep');
    expect(await takeUpAfter('1.1.0', { databasePath, copyPath })).toBeNull();
    within((database) => {
      expect(database.get('SELECT count(*) AS entries FROM ledger')).toEqual({ entries: 3 });
    });
  });

  it('gives way to the copy where its form is newer and it holds nothing more', async () => {
    within((database) => {
      migrate(database);
      database.run('INSERT INTO newer VALUES (?)', 'whatever');
    });
    expect(compareWithCopy(databasePath, copyPath)).toBe('copy');
    const aside = await takeUpAfter('1.1.0', { databasePath, copyPath });
    expect(aside).toBe(`${databasePath}.of-1.1.0`);
    expect(existsSync(aside ?? '')).toBe(true);
    within((database) => {
      expect(database.get('SELECT count(*) AS entries FROM ledger')).toEqual({ entries: 2 });
    });
  });

  it('stays where something was booked in the newer form, and this version says that it cannot go on', async () => {
    within((database, ledger) => {
      migrate(database);
      book(ledger, database, 3);
    });
    const before = readFileSync(databasePath);
    expect(compareWithCopy(databasePath, copyPath)).toBe('conflict');
    await expect(takeUpAfter('1.1.0', { databasePath, copyPath })).rejects.toMatchObject({
      code: 'storage-failed',
      hint: expect.stringContaining('Nothing is lost') as string,
    });
    expect(readFileSync(databasePath).equals(before)).toBe(true);
  });

  it('gives way also where only what has no weight was written', () => {
    within((database) => {
      migrate(database);
      database.run("INSERT INTO yields VALUES (1, 'input', 1, NULL, 0, NULL)");
      database.run('CREATE TABLE more (a TEXT) STRICT');
    });
    expect(compareWithCopy(databasePath, copyPath)).toBe('copy');
  });

  it('is a conflict where a table of the copy is no more', () => {
    within((database) => {
      database.run('DROP TABLE ledger_personal');
    });
    expect(compareWithCopy(databasePath, copyPath)).toBe('conflict');
  });

  it('stays where there is no copy', () => {
    rmSync(copyPath);
    expect(compareWithCopy(databasePath, copyPath)).toBe('keep');
    expect(readdirSync(dir)).toEqual(['gleaner.db']);
  });

  it('comes back from the copy where an earlier start has ended after it had set the newer one aside', async () => {
    within(migrate);
    renameSync(databasePath, `${databasePath}.of-1.1.0`);
    expect(compareWithCopy(databasePath, copyPath)).toBe('copy');
    expect(await takeUpAfter('1.1.0', { databasePath, copyPath })).toBeNull();
    expect(readFileSync(databasePath).equals(readFileSync(copyPath))).toBe(true);
    expect(readdirSync(dir).sort()).toEqual(['before.db', 'gleaner.db', 'gleaner.db.of-1.1.0']);
  });

  it('stays in its place where the copy cannot be written', async () => {
    within(migrate);
    // Nothing can be copied onto a folder.
    mkdirSync(`${databasePath}.copied/in-the-way`, { recursive: true });
    const before = readFileSync(databasePath);
    await expect(takeUpAfter('1.1.0', { databasePath, copyPath })).rejects.toThrow();
    expect(readFileSync(databasePath).equals(before)).toBe(true);
  });
});
