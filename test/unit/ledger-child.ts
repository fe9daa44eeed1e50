import { writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../electron/base/clock.ts';
import { openDatabase } from '../../electron/ledger/database.ts';
import { Ledger } from '../../electron/ledger/ledger.ts';
import { bookingOf, somebody } from '../fakes/ledger-bookings.ts';

/** Run as a process with a database's path: books without end and prints the seq of each booking once it is made. */
export const bookingChild = fileURLToPath(import.meta.url);

if (process.argv[1] === bookingChild) {
  const database = openDatabase(process.argv[2] ?? '');
  const ledger = new Ledger(database, systemClock);
  for (let n = (ledger.list({ limit: 1 })[0]?.seq ?? 0) + 1; ; n += 1) {
    database.transaction(() => ledger.book(bookingOf(n), somebody));
    writeSync(1, `${n}\n`);
  }
}
