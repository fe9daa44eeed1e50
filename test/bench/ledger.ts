import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../electron/base/clock.ts';
import type { ActivityFilter } from '../../electron/contract/index.ts';
import { type Database, openDatabase } from '../../electron/ledger/database.ts';
import { Ledger } from '../../electron/ledger/ledger.ts';
import { fillLedger } from '../fakes/large-ledger.ts';
import { bookingOf } from '../fakes/ledger-bookings.ts';
import { type Bench, median } from './figure.ts';

type Report = Parameters<Bench['run']>[0];

const single = 500;
const entries = 100_000;
const times = 11;
const dayMs = 86_400_000;

export const bench: Bench = {
  name: 'ledger',
  about: `bookings one by one on this disk; verifying, summing up and paging ${entries} entries`,
  async run(report) {
    await withDatabase((database) => {
      const ledger = new Ledger(database, systemClock);
      const began = performance.now();
      for (let n = 1; n <= single; n += 1) {
        database.transaction(() => ledger.book(bookingOf(n), { title: `Job ${n}`, owner: 'bench' }));
      }
      report({
        metric: 'bookings, each synced',
        value: (single / (performance.now() - began)) * 1000,
        unit: '1/s',
      });
      return Promise.resolve();
    });
    await withDatabase(async (database) => {
      const until = Date.now();
      fillLedger(database, { entries, until });
      await measureLarge(new Ledger(database, systemClock), until, report);
    });
  },
};

async function withDatabase(use: (database: Database) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'gl-bench-'));
  const database = openDatabase(join(dir, 'ledger.db'));
  try {
    await use(database);
  } finally {
    database.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function measureLarge(ledger: Ledger, until: number, report: Report): Promise<void> {
  const { activity } = ledger;
  const verified = await watched(1, () => ledger.verify());
  if (!verified.value.ok || verified.value.entries !== entries) throw new Error('the ledger does not verify');
  tell(report, `verify ${entries} entries`, verified);

  const year = { from: until - 365 * dayMs, to: until + 1 };
  for (const by of ['day', 'month'] as const) {
    const query = { ...year, by };
    tell(
      report,
      `earnings.report, a year by ${by}`,
      await watched(times, () => ledger.earnings(query, null)),
    );
  }
  // Pages as a person who drags the scroll bar asks for them.
  const filters: readonly (readonly [string, ActivityFilter])[] = [
    ['all', {}],
    ['one grid', { grid: 'local' }],
    ['a search', { text: 'orbit' }],
    ['a search beyond ASCII', { text: 'GRÖßEN' }],
  ];
  for (const [name, filter] of filters) {
    let turn = 0;
    const page = (offset: number) => activity.page({ ...filter, offset, limit: 100 });
    // Another filter in between, so that each one is a first question.
    const first = await watched(
      times,
      async () => await page(0),
      () => activity.list({ kind: 'credit', limit: 1 }),
    );
    tell(report, `activity.page, ${name}: the first page`, first);
    const { total } = await page(0);
    const next = await watched(times, async () => await page((turn += 7919) % Math.max(1, total)));
    tell(report, `activity.page, ${name}: any other`, next);
  }
}

interface Watched<T> {
  readonly ms: number;
  /** How long the event loop was held at most. */
  readonly heldMs: number;
  readonly value: T;
}

/** Runs something so many times: the median, the longest hold of all, the last value. */
async function watched<T>(
  count: number,
  work: () => Promise<T>,
  before: () => Promise<unknown> = () => Promise.resolve(),
): Promise<Watched<T>> {
  const took: number[] = [];
  let heldMs = 0;
  let value: T | undefined;
  for (let n = 0; n < count; n += 1) {
    await before();
    let last = performance.now();
    const look = (): void => {
      heldMs = Math.max(heldMs, performance.now() - last);
      last = performance.now();
    };
    const timer = setInterval(look, 1);
    const began = performance.now();
    value = await work();
    took.push(performance.now() - began);
    look();
    clearInterval(timer);
  }
  return { ms: median(took), heldMs, value: value as T };
}

function tell(report: Report, metric: string, { ms, heldMs }: Watched<unknown>): void {
  report({ metric, value: ms, unit: 'ms' });
  report({ metric: `${metric}: longest hold of the event loop`, value: heldMs, unit: 'ms' });
}
