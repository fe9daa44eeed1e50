import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { canonicalJson } from '../../electron/base/canonical-json.ts';
import { LedgerEntry } from '../../electron/contract/index.ts';
import { hashLink } from '../../electron/ledger/chain.ts';
import { type Database, openDatabase } from '../../electron/ledger/database.ts';
import { csvCell } from '../../electron/ledger/export.ts';
import { Ledger } from '../../electron/ledger/ledger.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { bookingOf, somebody } from '../fakes/ledger-bookings.ts';

let dir = '';
let database: Database;
let ledger: Ledger;
let clock: FakeClock;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gleaner-ledger-'));
  clock = new FakeClock();
  database = openDatabase(join(dir, 'gleaner.db'));
  ledger = new Ledger(database, clock);
});
afterEach(() => {
  database.close();
  rmSync(dir, { recursive: true, force: true });
});

const book = (n: number, different: Parameters<typeof bookingOf>[1] = {}, personal = somebody): LedgerEntry =>
  database.transaction(() => ledger.book(bookingOf(n, different), personal));

async function read(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

test('an entry is read back as it was booked', () => {
  const booked = book(1);
  expect(LedgerEntry.parse(booked)).toEqual(booked);
  expect(ledger.list({ limit: 5 })).toEqual([booked]);
  expect(booked).toMatchObject({ seq: 1, bookedAt: clock.now(), personal: somebody });
});

test('pages run from the newest to the oldest; entries of one job from the oldest', () => {
  for (let n = 1; n <= 5; n += 1) book(n);
  book(3, { attempt: 2 });
  expect(ledger.list({ limit: 2 }).map(({ seq }) => seq)).toEqual([6, 5]);
  expect(ledger.list({ limit: 2, before: 5 }).map(({ seq }) => seq)).toEqual([4, 3]);
  expect(ledger.list({ limit: 9, before: 1 })).toEqual([]);
  expect(ledger.entriesOf('job-3').map(({ body }) => body.attempt)).toEqual([1, 2]);
  expect(ledger.entriesOf('job-9')).toEqual([]);
});

test('an attempt is booked once; the refused booking undoes its whole transaction', async () => {
  book(1);
  expect(() =>
    database.transaction(() => {
      ledger.book(bookingOf(2), somebody);
      return ledger.book(bookingOf(1), somebody);
    }),
  ).toThrow(expect.objectContaining({ code: 'wrong-phase' }));
  expect(ledger.list({ limit: 9 })).toHaveLength(1);
  book(1, { grid: 'boinc' });
  expect(await ledger.verify()).toMatchObject({ ok: true, entries: 2 });
});

test('a booking outside a transaction is a mistake', () => {
  expect(() => ledger.book(bookingOf(1), somebody)).toThrow('transaction');
  expect(ledger.list({ limit: 1 })).toEqual([]);
});

test('totals add up per grid and unit since a time, and never across units', () => {
  book(1, { endedAt: 1, credit: { amount: 100, unit: 'points', status: 'settled' } });
  clock.advance(1000);
  const since = clock.now();
  book(2, { credit: { amount: 1, unit: 'points', status: 'settled' } });
  book(3, { credit: { amount: 2, unit: 'points', status: 'pending' } });
  book(4, { credit: { amount: 4, unit: 'cobblestones', status: 'observed' }, grid: 'boinc' });
  book(5, { outcome: 'failed', failure: 'job-exited', credit: null });
  book(6, { outcome: 'interrupted', failure: 'job-interrupted', credit: null });
  const expected = {
    cpuSeconds: 5 * 58.25,
    wallSeconds: 300,
    jobsDone: 3,
    jobsFailed: 1,
    earned: [
      { grid: 'boinc', unit: 'cobblestones', settled: 0, pending: 0, observed: 4 },
      { grid: 'local', unit: 'points', settled: 1, pending: 2, observed: 0 },
    ],
  };
  expect(ledger.totals(since)).toEqual(expected);
  expect(ledger.totals(since)).toEqual(expected);
  expect(ledger.totals(clock.now() + 1)).toMatchObject({ jobsDone: 0, earned: [] });
  book(7);
  expect(ledger.totals(since)).toMatchObject({ jobsDone: 4 });
});

test('the JSON export carries every entry, and everybody can check the chain with it', async () => {
  const count = 450;
  database.transaction(() => {
    for (let n = 1; n <= count; n += 1) ledger.book(bookingOf(n), somebody);
  });
  const exported = JSON.parse(await read(ledger.exportJson())) as { entries: LedgerEntry[] };
  expect(exported).toMatchObject({ format: 'gleaner-ledger', version: 1 });
  expect(exported.entries.map(({ seq }) => seq)).toEqual(Array.from({ length: count }, (_, n) => n + 1));
  for (const { hash, body, ...entry } of exported.entries) {
    expect(hashLink({ ...entry, body: canonicalJson(body) })).toBe(hash);
  }
});

test('the CSV export is RFC 4180 and holds no formula', async () => {
  book(1, {}, { title: '=HYPERLINK("http://x","y")', owner: 'a,b "c"\r\nd' });
  book(2, { credit: null }, { title: '@sum', owner: '-1+2' });
  const text = await read(ledger.exportCsv());
  expect(text).toMatch(/^seq,booked at,kind,grid,job,attempt,title,owner,/);
  expect(text).toContain(`1,"'=HYPERLINK(""http://x"",""y"")","a,b ""c""\r\nd",done`);
  expect(text).toContain(`1,'@sum,'-1+2,done`);
  expect(parseCsv(text).map((row) => row.length)).toEqual([29, 29, 29]);
  expect(await read(ledger.exportJson())).toContain('=HYPERLINK');
});

test('any text survives a CSV cell, but for the apostrophe that disarms it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), (a, b) => {
      const [row] = parseCsv(`${csvCell(a)},${csvCell(b)}\r\n`);
      expect(row?.map((cell) => (/^'[=+\-@\t\r]/.test(cell) ? cell.slice(1) : cell))).toEqual(
        [a, b].map((text) => (/^'[=+\-@\t\r]/.test(text) ? text.slice(1) : text)),
      );
      expect(row?.every((cell) => !/^[=+\-@\t\r]/.test(cell))).toBe(true);
    }),
  );
  expect(csvCell(-5)).toBe('-5');
});

test('an empty ledger exports as empty documents', async () => {
  expect(JSON.parse(await read(ledger.exportJson()))).toMatchObject({ entries: [] });
  expect(parseCsv(await read(ledger.exportCsv()))).toHaveLength(1);
});

/** A reader of its own for RFC 4180, to check the writer against. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  while (at < text.length) {
    let cell = '';
    if (text[at] === '"') {
      for (at += 1; text[at] !== '"' || text[at + 1] === '"'; at += 1) {
        if (text[at] === '"') at += 1;
        cell += text[at] ?? '';
      }
      at += 1;
    } else {
      while (at < text.length && text[at] !== ',' && text[at] !== '\r' && text[at] !== '\n') {
        cell += text[at] ?? '';
        at += 1;
      }
    }
    row.push(cell);
    if (text[at] === ',') at += 1;
    else {
      at += 2;
      rows.push(row);
      row = [];
    }
  }
  return rows;
}
