import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import Libsql from 'libsql';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { canonicalJson } from '../../electron/base/canonical-json.ts';
import { systemClock } from '../../electron/base/clock.ts';
import { type Database, openDatabase } from '../../electron/ledger/database.ts';
import { Ledger } from '../../electron/ledger/ledger.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { bookingOf, somebody } from '../fakes/ledger-bookings.ts';

let dir = '';
let path = '';
const clock = new FakeClock();
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gleaner-ledger-'));
  path = join(dir, 'gleaner.db');
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

function withLedger<T>(use: (ledger: Ledger, database: Database) => T): T {
  const database = openDatabase(path);
  try {
    return use(new Ledger(database, clock), database);
  } finally {
    database.close();
  }
}

async function verify() {
  const database = openDatabase(path);
  try {
    return await new Ledger(database, clock).verify();
  } finally {
    database.close();
  }
}

/** What somebody with an editor for SQLite files can do: no triggers, no foreign keys. */
function tamper(...statements: string[]): void {
  const raw = new Libsql(path);
  raw.pragma('foreign_keys=OFF');
  raw.exec('DROP TRIGGER IF EXISTS ledger_never_changes; DROP TRIGGER IF EXISTS ledger_never_shrinks');
  raw.exec('DROP TRIGGER IF EXISTS ledger_personal_never_changes');
  for (const statement of statements) raw.exec(statement);
  raw.close();
}

function bookMany(count: number): void {
  withLedger((ledger, database) => {
    database.transaction(() => {
      for (let n = 1; n <= count; n += 1) ledger.book(bookingOf(n), { ...somebody, title: `Job ${n}` });
    });
  });
}

describe('canonical JSON', () => {
  test('is one text for equal values, and reads back as the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(reversed(value))).toBe(text);
      }),
    );
  });

  test('sorts by UTF-16 code units and has no form for what JSON has none for', () => {
    expect(canonicalJson({ b: 1, a: [true, null], '\u20ac': 'x', '': -0 })).toBe(
      '{"":0,"a":[true,null],"b":1,"\u20ac":"x"}',
    );
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 1n, () => 1]) {
      expect(() => canonicalJson({ value })).toThrow(TypeError);
    }
  });
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, reversed(item)]),
  );
}

describe('the chain', () => {
  test('an untouched ledger verifies, also when it is empty', async () => {
    expect(await verify()).toEqual({ ok: true, entries: 0, head: null, firstBad: null });
    bookMany(5);
    const verdict = await verify();
    expect(verdict).toMatchObject({ ok: true, entries: 5, firstBad: null });
    const [newest, before] = withLedger((ledger) => ledger.list({ limit: 2 }));
    expect(newest?.hash).toBe(verdict.head);
    expect(newest?.previous).toBe(before?.hash);
  });

  test('any changed field of any row is found, and the first one is named', async () => {
    const count = 6;
    const fields = [
      ...Object.keys(bookingOf(1)).map((key) => ({ what: 'body', key })),
      { what: 'body', key: 'personalDigest' },
      ...['booked_at', 'previous', 'hash', 'seq', 'personal', 'personal-seq', 'white space'].map((what) => ({
        what,
        key: '',
      })),
    ];
    bookMany(count);
    const pristine = join(dir, 'pristine.db');
    copyFileSync(path, pristine);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: count }), fc.constantFrom(...fields), async (seq, field) => {
        copyFileSync(pristine, path);
        tamper(change(seq, field));
        const verdict = await verify();
        expect(verdict.ok, JSON.stringify(field)).toBe(false);
        if (field.what === 'personal-seq') expect(verdict.firstBad?.seq).toBe(900);
        else expect(verdict.firstBad?.seq).toBe(seq);
      }),
      { numRuns: 60 },
    );
  });

  test.each([
    ['removed in the middle', ['DELETE FROM ledger WHERE seq = 3'], 3],
    ['removed at the start', ['DELETE FROM ledger WHERE seq = 1'], 1],
    ['cut off at the end', ['DELETE FROM ledger WHERE seq >= 5'], 5],
    ['all removed', ['DELETE FROM ledger'], 1],
    [
      'two swapped',
      [
        'UPDATE ledger SET seq = 100 WHERE seq = 2',
        'UPDATE ledger SET seq = 2 WHERE seq = 4',
        'UPDATE ledger SET seq = 4 WHERE seq = 100',
      ],
      2,
    ],
    [
      'removed, the rest moved up',
      ['DELETE FROM ledger WHERE seq = 3', 'UPDATE ledger SET seq = seq - 1 WHERE seq > 3'],
      3,
    ],
    [
      'personal fields exchanged',
      [
        'UPDATE ledger_personal SET seq = 100 WHERE seq = 2',
        'UPDATE ledger_personal SET seq = 2 WHERE seq = 4',
        'UPDATE ledger_personal SET seq = 4 WHERE seq = 100',
      ],
      2,
    ],
    ['the counter lowered', ["UPDATE sqlite_sequence SET seq = 4 WHERE name = 'ledger'"], 5],
  ])('%s: found', async (_, statements, seq) => {
    bookMany(6);
    tamper(...statements);
    expect(await verify()).toMatchObject({ ok: false, firstBad: { seq } });
  });

  test('expired personal fields break nothing', async () => {
    bookMany(3);
    withLedger((ledger, database) => {
      database.run('DELETE FROM ledger_personal WHERE seq = 2');
      expect(ledger.list({ limit: 9 }).map(({ personal }) => personal?.title)).toEqual([
        'Job 3',
        undefined,
        'Job 1',
      ]);
    });
    expect(await verify()).toMatchObject({ ok: true, entries: 3 });
  });

  test('SQL itself refuses changes', () => {
    bookMany(2);
    withLedger((_, database) => {
      for (const sql of [
        "UPDATE ledger SET hash = 'x'",
        'DELETE FROM ledger',
        'INSERT OR REPLACE INTO ledger (seq, booked_at, body, previous, hash) SELECT seq, 1, body, previous, hash FROM ledger',
        'INSERT OR REPLACE INTO ledger (booked_at, body, previous, hash) SELECT 1, body, previous, hash FROM ledger',
        "UPDATE ledger_personal SET personal = '{}'",
      ]) {
        expect(() => database.run(sql)).toThrow(/append-only|expire/);
      }
    });
  });

  test('a chain of many entries is walked without holding up the event loop', async () => {
    bookMany(3000);
    const database = openDatabase(path);
    const ledger = new Ledger(database, systemClock);
    let turns = 0;
    let walking = true;
    const count = (): void => {
      turns += 1;
      if (walking) setImmediate(count);
    };
    setImmediate(count);
    expect(await ledger.verify()).toMatchObject({ ok: true, entries: 3000 });
    walking = false;
    database.close();
    expect(turns).toBeGreaterThan(1);
  });
});

function change(seq: number, { what, key }: { what: string; key: string }): string {
  switch (what) {
    case 'body':
      return `UPDATE ledger SET body = json_set(body, '$.${key}', 'changed') WHERE seq = ${seq}`;
    case 'white space':
      return `UPDATE ledger SET body = body || ' ' WHERE seq = ${seq}`;
    case 'booked_at':
      return `UPDATE ledger SET booked_at = booked_at + 1 WHERE seq = ${seq}`;
    case 'seq':
      return `UPDATE ledger SET seq = 900 WHERE seq = ${seq}`;
    case 'personal':
      return `UPDATE ledger_personal SET personal = json_set(personal, '$.owner', 'else') WHERE seq = ${seq}`;
    case 'personal-seq':
      return `UPDATE ledger_personal SET seq = 900 WHERE seq = ${seq}`;
    default:
      return `UPDATE ledger SET ${what} = replace(${what}, substr(${what}, 1, 1), 'f') || '0' WHERE seq = ${seq}`;
  }
}
