import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../electron/base/clock.ts';
import { openDatabase } from '../../electron/ledger/database.ts';
import { Ledger } from '../../electron/ledger/ledger.ts';
import { bookingOf } from '../fakes/ledger-bookings.ts';
import type { Bench } from './figure.ts';

const single = 500;
const entries = 100_000;
const batch = 1000;

export const bench: Bench = {
  name: 'ledger',
  about: `bookings one by one on this disk, and verifying ${entries} entries`,
  async run(report) {
    const dir = mkdtempSync(join(tmpdir(), 'gl-bench-'));
    const database = openDatabase(join(dir, 'ledger.db'));
    try {
      const ledger = new Ledger(database, systemClock);
      let next = 0;
      const book = (count: number): void => {
        database.transaction(() => {
          for (let done = 0; done < count; done += 1) {
            ledger.book(bookingOf((next += 1)), { title: `Job ${next}`, owner: 'bench' });
          }
        });
      };
      const began = performance.now();
      for (let done = 0; done < single; done += 1) book(1);
      report({
        metric: 'bookings, each synced',
        value: (single / (performance.now() - began)) * 1000,
        unit: '1/s',
      });
      while (next < entries) book(Math.min(batch, entries - next));
      let stall = 0;
      let last = performance.now();
      const look = setInterval(() => {
        stall = Math.max(stall, performance.now() - last);
        last = performance.now();
      }, 1);
      const started = performance.now();
      const verdict = await ledger.verify();
      const took = performance.now() - started;
      clearInterval(look);
      if (!verdict.ok || verdict.entries !== entries) throw new Error('the ledger does not verify');
      report({ metric: `verify ${entries} entries`, value: took, unit: 'ms' });
      report({ metric: 'longest stall of the event loop meanwhile', value: stall, unit: 'ms' });
    } finally {
      database.close();
      rmSync(dir, { recursive: true, force: true });
    }
  },
};
