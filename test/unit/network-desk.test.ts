import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLog } from '../../electron/base/log.ts';
import { GleanerError, type SettingsLayer } from '../../electron/contract/index.ts';
import { TrafficLog } from '../../electron/egress/traffic-log.ts';
import { NetworkDesk } from '../../electron/host/network-desk.ts';
import { type Database, openDatabase } from '../../electron/ledger/database.ts';
import { type Booking, Ledger } from '../../electron/ledger/ledger.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { effectiveOf } from './policy-fixture.ts';

const hour = 3_600_000;
const corp = { proxy: 'http://corp.example:3128', name: 'u', password: 'p' };
let dir = '';
let database: Database;
let clock: FakeClock;
let world: { settings: SettingsLayer; metered: boolean | null; changes: number; fails: boolean };
let desk: NetworkDesk;
let ledger: Ledger;

function open(): void {
  database = openDatabase(join(dir, 'gleaner.db'));
  ledger = new Ledger(database, clock);
  desk = new NetworkDesk({
    traffic: new TrafficLog(database, clock),
    settings: () => effectiveOf(world.settings).values,
    systemLogins: [corp],
    metered: () => world.metered,
    transaction: (work) => {
      database.transaction(work);
    },
    book: (booking: Booking) => {
      if (world.fails) throw new GleanerError('disk-full', 'The disk is full.');
      database.transaction(() => ledger.book(booking, { title: 'title', owner: 'owner' }));
    },
    clock,
    log: silentLog,
    onChange: () => {
      world.changes += 1;
    },
  });
}

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gleaner-network-'));
  // Noon, wherever this runs.
  clock = new FakeClock(new Date(2026, 4, 12, 12).getTime());
  world = { settings: {}, metered: null, changes: 0, fails: false };
  open();
});
afterEach(() => {
  desk.dispose();
  database.close();
  rmSync(dir, { recursive: true, force: true });
});

const row = (host: string, sent: number, received: number) => ({ host, sent, received });
const denial = {
  host: 'evil.example',
  port: 443,
  reason: 'not-listed',
  sentence: '“evil.example:443” is not on the list of what this grid may contact.',
  said: { code: 'denial.not-listed', values: { place: 'evil.example:443' } },
  allowable: true,
  count: 2,
} as const;

test('a denial that was written down before there were other languages keeps its sentence', () => {
  desk.deny('boinc-a', denial);
  clock.advance(10_000);
  expect(desk.recentDenials()).toMatchObject([{ said: denial.said }]);
  database.run('UPDATE denials SET said = NULL');
  expect(desk.of('boinc-a').denials).toMatchObject([
    { said: { code: 'denial.earlier', values: { sentence: denial.sentence } } },
  ]);
});

test('bytes are counted at once and written down a little later, for each host', () => {
  desk.count('boinc-a', [row('a.example', 10, 100)]);
  desk.count('boinc-a', [row('a.example', 1, 2), row('b.example', 0, 7)]);
  expect(desk.report()).toMatchObject({ todayBytes: 120, monthBytes: 120 });
  clock.advance(10_000);
  desk.count('boinc-b', [row('a.example', 5, 5)]);
  expect(desk.report().hosts).toEqual([
    expect.objectContaining({ grid: 'boinc-a', host: 'a.example', sent: 11, received: 102 }),
    expect.objectContaining({ grid: 'boinc-b', host: 'a.example', sent: 5, received: 5 }),
    expect.objectContaining({ grid: 'boinc-a', host: 'b.example', sent: 0, received: 7 }),
  ]);
  expect(desk.of('boinc-b').hosts.map(({ host }) => host)).toEqual(['a.example']);
});

test('a new host goes on with what was counted before', () => {
  desk.count('boinc-a', [row('a.example', 10, 100)]);
  desk.dispose();
  database.close();
  open();
  expect(desk.report()).toMatchObject({ todayBytes: 110 });
});

test('a quota closes every gateway, and a new day opens it again', () => {
  world.settings = { 'network.quotaDayBytes': 100 };
  desk.count('boinc-a', [row('a.example', 50, 49)]);
  expect(desk.rules([]).closed).toBeNull();
  desk.count('boinc-a', [row('a.example', 0, 1)]);
  expect(world.changes).toBeGreaterThan(0);
  expect(desk.rules([]).closed).toMatchObject({ reason: 'quota-day' });
  expect(desk.closed).toMatchObject({ code: 'network-quota' });
  expect(desk.rules([], true).closed).toMatchObject({ reason: 'quota-day' });
  const before = world.changes;
  clock.advance(24 * hour);
  // Whoever follows is told to look again.
  expect(world.changes).toBeGreaterThan(before);
  expect(desk.rules([]).closed).toBeNull();
});

test('one grid’s hosts are told apart up to a bound', () => {
  for (let n = 0; n < 250; n += 1) desk.count('boinc-a', [row(`h${n}.example`, 1, 0)]);
  desk.isOpen('boinc-a', false);
  const [entry] = ledger.list({ limit: 1 });
  expect(entry?.body.hosts).toHaveLength(201);
  expect(entry?.body.hosts).toContainEqual(row('others', 50, 0));
});

test('the bound is one for all that is written down of a day, and for all of a booking', () => {
  desk.isOpen('boinc-a', true);
  desk.isOpen('boinc-b', true);
  for (let write = 0; write < 20; write += 1) {
    // One that is told apart already stays so.
    desk.count('boinc-a', [row('h0.example', 0, 1)]);
    const rows = Array.from({ length: 200 }, (_, n) => row(`h${write * 200 + n}.example`, 1, 0));
    desk.count('boinc-a', rows);
    clock.advance(10_000);
  }
  desk.count('boinc-b', [row('b.example', 1, 0)]);
  desk.settle();
  const days = database.get("SELECT count(*) AS n, sum(sent) AS sent FROM traffic WHERE grid = 'boinc-a'");
  expect([days?.['n'], days?.['sent']]).toEqual([201, 4000]);
  desk.isOpen('boinc-a', false);
  desk.isOpen('boinc-b', false);
  const [b, a] = ledger.list({ limit: 2 });
  expect(a?.body.hosts).toHaveLength(201);
  expect(a?.body.hosts).toContainEqual(row('h0.example', 1, 20));
  expect(a?.body.hosts).toContainEqual(row('others', 3800, 0));
  expect(b?.body.hosts).toEqual([row('b.example', 1, 0)]);
});

test('what the gateway told of many hosts together is booked, too', () => {
  desk.count('boinc-a', [row('a.example', 1, 0), row('', 30, 40)]);
  desk.deny('boinc-a', denial);
  desk.isOpen('boinc-a', false);
  const [entry] = ledger.list({ limit: 1 });
  expect(entry?.body).toMatchObject({
    hosts: [row('a.example', 1, 0), row('others', 30, 40)],
    denied: 2,
  });
  expect(desk.report()).toMatchObject({ todayBytes: 71, monthBytes: 71 });
});

test('a month’s quota holds over its days, and says so', () => {
  world.settings = { 'network.quotaMonthBytes': 100 };
  desk.count('boinc-a', [row('a.example', 100, 0)]);
  clock.advance(24 * hour);
  expect(desk.rules([]).closed).toMatchObject({ reason: 'quota-month' });
  clock.advance(31 * 24 * hour);
  expect(desk.rules([]).closed).toBeNull();
});

test('a network that is billed by volume is closed to grids, not to a person who waits', () => {
  world.metered = true;
  expect(desk.rules([]).closed).toMatchObject({ reason: 'metered' });
  expect(desk.isClosed).toBe(true);
  expect(desk.closed).toMatchObject({ code: 'network-metered' });
  expect(desk.rules([], true).closed).toBeNull();
  world.settings = { 'network.metered': true };
  expect(desk.rules([]).closed).toBeNull();
});

test('rates are divided among the gateways that are open', () => {
  world.settings = { 'network.downBytesPerSecond': 10_000 };
  desk.isOpen('boinc-a', true);
  expect(desk.rules([])).toMatchObject({ downBytesPerSecond: 10_000, upBytesPerSecond: null });
  desk.isOpen('boinc-b', true);
  expect(desk.rules([]).downBytesPerSecond).toBe(5000);
  desk.isOpen('boinc-a', false);
  expect(desk.rules([]).downBytesPerSecond).toBe(10_000);
});

test('the proxy comes from the setting, with the login where there is one', () => {
  expect(desk.rules([]).proxy).toEqual({ kind: 'ask', logins: [corp] });
  const mine = { proxy: 'http://proxy.example:3128', name: 'me', password: 'secret' };
  desk.login = mine;
  expect(desk.rules([]).proxy).toEqual({ kind: 'ask', logins: [mine, corp] });
  world.settings = { 'network.proxy': 'http://proxy.example:3128' };
  expect(desk.rules([]).proxy).toEqual({
    kind: 'fixed',
    url: 'http://proxy.example:3128',
    logins: [mine],
  });
  world.settings = { 'network.proxy': 'pac+https://proxy.example/proxy.pac' };
  expect(desk.rules([]).proxy).toMatchObject({ kind: 'pac', url: 'https://proxy.example/proxy.pac' });
  expect(JSON.stringify(desk.report())).not.toContain('secret');
  world.settings = { 'network.proxy': 'none' };
  expect(desk.report().proxy).toBeNull();
});

test('a login given now is for the proxy that is set, or else the one that asked under this setting', () => {
  expect(desk.proxyInForce).toBeNull();
  desk.challenge('http://asks.example:3128');
  expect(desk.proxyInForce).toBe('http://asks.example:3128');
  world.settings = { 'network.proxy': 'pac+https://proxy.example/proxy.pac' };
  expect(desk.proxyInForce).toBeNull();
  world.settings = { 'network.proxy': 'https://Proxy.example' };
  expect(desk.proxyInForce).toBe('https://proxy.example:443');
  desk.challenge('http://asks.example:3128');
  expect(desk.proxyInForce).toBe('https://proxy.example:443');
  world.settings = { 'network.proxy': 'none' };
  expect(desk.proxyInForce).toBeNull();
});

test('equal denials are added up; what is allowed afterwards is forgiven', () => {
  desk.deny('boinc-a', denial);
  clock.advance(1000);
  // Seen at once, written down together.
  desk.deny('boinc-a', denial);
  expect(desk.recentDenials()).toEqual([
    { grid: 'boinc-a', ...denial, count: 4, firstAt: clock.now() - 1000, lastAt: clock.now() },
  ]);
  clock.advance(10_000);
  desk.deny('boinc-a', denial);
  expect(desk.recentDenials()).toMatchObject([{ count: 6, lastAt: clock.now() }]);
  desk.forgive('boinc-a', 'evil.example', 443);
  expect(desk.recentDenials()).toEqual([]);
});

test('however many are denied, only so many are remembered', () => {
  for (let n = 0; n < 600; n += 1) {
    clock.advance(1);
    desk.deny('boinc-a', { ...denial, host: `h${n}.example` });
  }
  desk.settle();
  expect(Number(database.get('SELECT count(*) AS n FROM denials')?.['n'])).toBe(500);
  expect(desk.recentDenials()[0]?.host).toBe('h599.example');
});

test('what a grid has moved is booked when its gateway closes, once', () => {
  desk.isOpen('boinc-a', true);
  desk.count('boinc-a', [row('a.example', 10, 100)]);
  desk.deny('boinc-a', denial);
  desk.isOpen('boinc-a', false);
  desk.isOpen('boinc-a', false);
  const entries = ledger.list({ limit: 10 });
  expect(entries.map(({ body }) => body)).toEqual([
    expect.objectContaining({
      kind: 'network',
      grid: 'boinc-a',
      hosts: [row('a.example', 10, 100)],
      denied: 2,
      credit: null,
    }),
  ]);
});

test('what a job takes into its own entry is booked there alone', () => {
  desk.isOpen('local', true);
  desk.count('local', [row('a.example', 10, 100)]);
  desk.isOpen('local', false, false);
  desk.settle();
  expect(ledger.list({ limit: 10 })).toEqual([]);
  expect(desk.take('local')).toEqual([row('a.example', 10, 100)]);
  expect(desk.take('local')).toEqual([]);
  desk.isOpen('local', false);
  expect(ledger.list({ limit: 10 })).toEqual([]);
});

test('what is told after a job was booked gets an entry of its own, and is no other job’s', () => {
  desk.isOpen('local', true);
  desk.count('local', [row('a.example', 10, 100)]);
  // The job is aborted: its entry does not wait for the gateway's last account.
  desk.settle();
  expect(desk.take('local')).toEqual([row('a.example', 10, 100)]);
  desk.count('local', [row('a.example', 1, 2)]);
  desk.isOpen('local', false);
  expect(ledger.list({ limit: 10 }).map(({ body }) => [body.kind, body.grid, body.hosts])).toEqual([
    ['network', 'local', [row('a.example', 1, 2)]],
  ]);
  desk.isOpen('local', true);
  desk.isOpen('local', false, false);
  expect(desk.take('local')).toEqual([]);
});

test('what a host that died had not booked is booked by the next', () => {
  desk.count('boinc-a', [row('a.example', 10, 100)]);
  clock.advance(10_000);
  database.close();
  open();
  desk.recover();
  desk.recover();
  expect(ledger.list({ limit: 10 }).map(({ body }) => [body.kind, body.hosts])).toEqual([
    ['network', [row('a.example', 10, 100)]],
  ]);
});

test('a gateway that stays open is booked by the hour, and a booking that failed is made up for', () => {
  desk.isOpen('boinc-a', true);
  desk.count('boinc-a', [row('a.example', 1, 1)]);
  clock.advance(10_000);
  world.fails = true;
  clock.advance(hour);
  expect(ledger.list({ limit: 10 })).toEqual([]);
  world.fails = false;
  desk.count('boinc-a', [row('a.example', 2, 2)]);
  clock.advance(hour + 20_000);
  expect(ledger.list({ limit: 10 }).map(({ body }) => body.hosts)).toEqual([[row('a.example', 3, 3)]]);
});

test('a disk that takes nothing for long costs no memory without end, and no fault', () => {
  desk.isOpen('boinc-a', true);
  desk.count('boinc-a', [row('a.example', 1, 1)]);
  clock.advance(10_000);
  const refuse = (): never => {
    throw new GleanerError('disk-full', 'The disk is full.');
  };
  const run = database.run.bind(database);
  const all = database.all.bind(database);
  database.run = refuse;
  for (let n = 0; n < 2000; n += 1) desk.deny('boinc-a', { ...denial, host: `h${n}.example` });
  database.all = refuse;
  // It also wants to book what it cannot read.
  clock.advance(2 * hour);
  expect(desk.recentDenials()).toHaveLength(5);
  database.all = all;
  let writes = 0;
  database.run = (...words) => {
    writes += 1;
    return run(...words);
  };
  desk.settle();
  // Each costs two: it is added, and the oldest goes.
  expect(writes).toBeLessThan(2 * 500 + 10);
  expect(Number(database.get('SELECT count(*) AS n FROM denials')?.['n'])).toBe(500);
  expect(desk.of('boinc-a').denials.map(({ host }) => host)).toContain('h1999.example');
  desk.isOpen('boinc-a', false);
  const [entry] = ledger.list({ limit: 1 });
  expect(entry?.body).toMatchObject({ hosts: [row('a.example', 1, 1)], denied: 4000 });
});

test('a guest that is refused all the time costs few writes', () => {
  let writes = 0;
  const run = database.run.bind(database);
  database.run = (...words) => {
    writes += 1;
    return run(...words);
  };
  for (let n = 0; n < 1000; n += 1) {
    desk.deny('boinc-a', denial);
    clock.advance(100);
  }
  expect(writes).toBeLessThan(100);
});
