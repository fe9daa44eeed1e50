import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ActivityFilter, LedgerEntry } from '../../electron/contract/index.ts';
import type { Activity } from '../../electron/ledger/activity.ts';
import { type Database, openDatabase } from '../../electron/ledger/database.ts';
import { Ledger } from '../../electron/ledger/ledger.ts';
import { ledgerMigrations } from '../../electron/ledger/schema.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { fillLedger } from '../fakes/large-ledger.ts';
import { bookingOf, somebody } from '../fakes/ledger-bookings.ts';

let dir = '';
let database: Database;
let ledger: Ledger;
let activity: Activity;
let clock: FakeClock;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gleaner-ledger-'));
  clock = new FakeClock();
  database = openDatabase(join(dir, 'gleaner.db'));
  ledger = new Ledger(database, clock);
  activity = ledger.activity;
});
afterEach(() => {
  database.close();
  rmSync(dir, { recursive: true, force: true });
});

let next = 0;
const book = (different: Parameters<typeof bookingOf>[1] = {}, personal = somebody): LedgerEntry => {
  next += 1;
  clock.advance(1000);
  return database.transaction(() => ledger.book(bookingOf(next, different), personal));
};
const seqs = (entries: readonly LedgerEntry[]): number[] => entries.map(({ seq }) => seq);
const found = async (filter: ActivityFilter): Promise<number[]> =>
  seqs((await activity.list({ ...filter, limit: 500 })).entries);

async function read(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

describe('a filter', () => {
  test('has to fit as a whole', async () => {
    const began = clock.now();
    book({ grid: 'local' });
    book({ grid: 'boinc', outcome: 'failed' });
    book({ grid: 'boinc' });
    database.transaction(() =>
      ledger.book(
        {
          kind: 'network',
          grid: 'boinc',
          job: 'network:1',
          attempt: 1,
          startedAt: 1,
          endedAt: 2,
          hosts: [{ host: 'data.example.org:443', sent: 1, received: 2 }],
          denied: 0,
          credit: null,
        },
        somebody,
      ),
    );
    expect(await found({})).toEqual([4, 3, 2, 1]);
    expect(await found({ grid: 'boinc' })).toEqual([4, 3, 2]);
    expect(await found({ grid: 'boinc', kind: 'attempt' })).toEqual([3, 2]);
    expect(await found({ outcome: 'failed' })).toEqual([2]);
    expect(await found({ outcome: 'done', grid: 'boinc' })).toEqual([3]);
    expect(await found({ from: began + 2000, to: began + 3000 })).toEqual([2]);
    expect(await found({ grid: 'none' })).toEqual([]);
  });

  test('finds text in title, owner, job and hosts, whatever its case, and nowhere else', async () => {
    const hosts = [{ host: 'Files.Example.org:443', sent: 42, received: 1 }];
    book({ job: 'wu_100%_A' }, { title: 'Größe messen', owner: 'ACME' });
    book({ job: 'wu-100', hosts }, { title: 'back\\slash "quoted"', owner: 'me' });
    book({ job: 'ärger' }, { title: '計算 Ωmega', owner: 'me' });
    const cases: readonly (readonly [string, readonly number[]])[] = [
      ['acme', [1]],
      ['WU', [2, 1]],
      ['_100', [1]],
      ['100%', [1]],
      ['%', [1]],
      ['\\', [2]],
      ['"quoted"', [2]],
      ['GRÖSSE', []],
      ['gRÖß', [1]],
      ['grüße', []],
      ['ÄRGER', [3]],
      ['計', [3]],
      ['ωMEGA', [3]],
      ['files.example', [2]],
      ['received', []],
      ['42', []],
      ['title', []],
      ['sha256', []],
    ];
    for (const [text, fits] of cases) expect(await found({ text }), text).toEqual(fits);
  });

  test('finds any text by any part of it', async () => {
    const texts = fc.sample(fc.string({ minLength: 1, maxLength: 30, unit: 'grapheme' }), {
      numRuns: 60,
      seed: 7,
    });
    const titles = texts.map((text) => text.replaceAll('\0', ' ').slice(0, 120));
    for (const title of titles) book({}, { title, owner: 'x' });
    await fc.assert(
      fc.asyncProperty(
        fc.nat(titles.length - 1),
        fc.nat(30),
        fc.integer({ min: 1, max: 30 }),
        async (which, at, length) => {
          const points = Array.from(titles[which] ?? '');
          const text = points.slice(at % points.length, (at % points.length) + length).join('');
          const fitting = titles.flatMap((title, index) =>
            title.toLowerCase().includes(text.toLowerCase()) ? [index] : [],
          );
          const titled = (await activity.list({ text, limit: 500 })).entries
            .filter(({ personal }) => personal?.title.toLowerCase().includes(text.toLowerCase()))
            .map(({ seq }) => seq - 1);
          expect(titled.reverse()).toEqual(fitting);
        },
      ),
    );
  });

  test('finds nothing by personal fields that have expired', async () => {
    book({}, { title: 'secret', owner: 'somebody' });
    database.run('DELETE FROM ledger_personal WHERE seq = 1');
    const fresh = new Ledger(database, clock).activity;
    expect((await fresh.list({ text: 'secret', limit: 5 })).total).toBe(0);
    expect((await fresh.list({ limit: 5 })).entries[0]?.personal).toBeNull();
    expect(await ledger.verify()).toMatchObject({ ok: true });
  });
});

describe('pages', () => {
  const isLocal = { grid: 'local' };
  const bookAny = (count: number): void => {
    for (let n = 0; n < count; n += 1) book({ grid: next % 3 === 0 ? 'boinc' : 'local' });
  };

  test('by seq go on where the last one ended, while others are booked', async () => {
    bookAny(20);
    const all = await found(isLocal);
    const walked: number[] = [];
    for (let before: number | undefined; ; ) {
      const page = await activity.list({ ...isLocal, limit: 4, ...(before === undefined ? {} : { before }) });
      expect(page.total).toBe((await found(isLocal)).length);
      walked.push(...seqs(page.entries));
      bookAny(1);
      if (page.next === null) break;
      before = page.next;
    }
    expect(walked).toEqual(all);
  });

  test('by index stand still on their anchor, in any order, while others are booked', async () => {
    bookAny(40);
    const all = await found(isLocal);
    const first = await activity.page({ ...isLocal, offset: 0, limit: 5 });
    expect(first).toMatchObject({ anchor: 40, offset: 0, total: all.length, newer: 0 });
    await fc.assert(
      fc.asyncProperty(
        fc.nat(45),
        fc.integer({ min: 1, max: 20 }),
        fc.boolean(),
        async (offset, limit, other) => {
          bookAny(1);
          // Another filter in between takes the place of what is remembered.
          if (other) await found({ outcome: 'done' });
          const page = await activity.page({ ...isLocal, anchor: first.anchor, offset, limit });
          expect(seqs(page.entries)).toEqual(all.slice(offset, offset + limit));
          expect(page).toMatchObject({ anchor: 40, offset, total: all.length });
          expect(page.newer).toBe((await found(isLocal)).length - all.length);
        },
      ),
    );
    const again = await activity.page({ ...isLocal, offset: 0, limit: 3 });
    expect(again.newer).toBe(0);
    expect(seqs(again.entries)).toEqual((await found(isLocal)).slice(0, 3));
    expect(await activity.page({ anchor: 1_000_000, offset: 0, limit: 1 })).toMatchObject({
      anchor: next,
      newer: 0,
    });
    expect(await activity.page({ anchor: 0, offset: 0, limit: 1 })).toMatchObject({
      total: 0,
      newer: next,
      entries: [],
    });
  });

  test('that are asked for at once are all answered', async () => {
    bookAny(30);
    const pages = await Promise.all(
      [0, 5, 10, 15].map((offset) => activity.page({ ...isLocal, offset, limit: 5 })),
    );
    expect(pages.flatMap(({ entries }) => seqs(entries))).toEqual((await found(isLocal)).slice(0, 20));
  });

  test('of an empty ledger are empty', async () => {
    expect(await activity.list({ limit: 5 })).toEqual({ entries: [], total: 0, next: null });
    const nothing = { anchor: 0, offset: 7, entries: [], total: 0, newer: 0 };
    expect(await activity.page({ offset: 7, limit: 5 })).toEqual(nothing);
  });
  beforeEach(() => {
    next = 0;
  });
});

test('the export holds what fits, the oldest first, in the ledger’s own form', async () => {
  for (let n = 0; n < 450; n += 1) book({ outcome: n % 2 === 0 ? 'done' : 'failed' });
  const filter: ActivityFilter = { outcome: 'failed' };
  const exported = JSON.parse(await read(await activity.exportJson(filter))) as { entries: LedgerEntry[] };
  expect(exported).toMatchObject({ format: 'gleaner-activity', version: 1 });
  expect(seqs(exported.entries)).toEqual((await found(filter)).reverse());
  const lines = (await read(await activity.exportCsv(filter))).split('\r\n');
  expect(lines).toHaveLength(225 + 2);
  expect(lines[0]).toMatch(/,energy Wh,energy model,/);
});

describe('a large ledger', () => {
  test('verifies, is paged and summed up, and is the same every time', async () => {
    const until = Date.UTC(2025, 10, 1);
    fillLedger(database, { entries: 3000, until, days: 30 });
    const verdict = await ledger.verify();
    expect(verdict).toMatchObject({ ok: true, entries: 3000 });
    const page = await activity.page({ offset: 2990, limit: 50 });
    expect(seqs(page.entries)).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    expect((await activity.list({ text: 'größenbest', limit: 1 })).total).toBeGreaterThan(100);
    const report = await ledger
      .earnings({ from: 0, to: until + 1, by: 'month' }, null)
      .catch(() => undefined);
    expect(report).toBeUndefined();
    const month = await ledger.earnings({ from: until - 31 * 86_400_000, to: until + 1, by: 'week' }, null);
    expect(month.total.energy.models).toEqual(['rapl', 'cpu-time']);
    expect(month.total.energy.unknownCpuSeconds).toBeGreaterThan(0);
    const other = openDatabase(join(dir, 'other.db'));
    fillLedger(other, { entries: 3000, until, days: 30 });
    expect((await new Ledger(other, clock).verify()).head).toBe(verdict.head);
    other.close();
    const booked = book();
    expect(booked.seq).toBe(3001);
    expect(await ledger.verify()).toMatchObject({ ok: true });
  });
});

describe('a ledger of an older Gleaner', () => {
  test('is read, searched and summed up as one of today, without energy, and verifies', async () => {
    const old = openDatabase(join(dir, 'old.db'));
    old.migrate('ledger', ledgerMigrations.slice(0, 2));
    // Entries as they were stored before energy was estimated, bodies and hashes included.
    for (let n = 0; n < 7; n += 1) book({ job: `old-${n}` });
    for (const row of database.all('SELECT seq, booked_at, body, previous, hash FROM ledger')) {
      old.run(
        'INSERT INTO ledger (seq, booked_at, body, previous, hash) VALUES (?, ?, ?, ?, ?)',
        ...['seq', 'booked_at', 'body', 'previous', 'hash'].map((name) => row[name] ?? null),
      );
    }
    for (const { seq, personal } of database.all('SELECT seq, personal FROM ledger_personal')) {
      old.run('INSERT INTO ledger_personal VALUES (?, ?)', seq ?? null, personal ?? null);
    }
    const upgraded = new Ledger(old, clock, () => ({ wattHours: 1.5, model: 'cpu-time' }));
    expect(await upgraded.verify()).toMatchObject({ ok: true, entries: 7 });
    expect(upgraded.list({ limit: 9 })).toEqual(ledger.list({ limit: 9 }));
    expect(upgraded.list({ limit: 1 })[0]?.body).not.toHaveProperty('energy');
    expect((await upgraded.activity.list({ text: 'OLD-3', limit: 9 })).total).toBe(1);
    expect(upgraded.totals(0)).toEqual(ledger.totals(0));
    const entry = old.transaction(() => upgraded.book(bookingOf(99), somebody));
    expect(entry.body).toMatchObject({ energy: { wattHours: 1.5, model: 'cpu-time' } });
    expect(upgraded.list({ limit: 1 })).toEqual([entry]);
    expect(await upgraded.verify()).toMatchObject({ ok: true, entries: 8 });
    old.close();
  });
});

test.each([
  'UPDATE ledger_facts SET amount = 1000 WHERE seq = 2',
  "UPDATE ledger_facts SET title = 'another' WHERE seq = 2",
  "UPDATE ledger_facts SET grid = 'another' WHERE seq = 2",
  'UPDATE ledger_facts SET booked_at = 1 WHERE seq = 2',
  'DELETE FROM ledger_facts WHERE seq = 2',
])('what sums and searches read is verified too: %s', async (forgery) => {
  for (let n = 0; n < 3; n += 1) book();
  expect(await ledger.verify()).toMatchObject({ ok: true });
  database.run(forgery);
  expect(await ledger.verify()).toMatchObject({ ok: false, firstBad: { seq: 2 } });
});
