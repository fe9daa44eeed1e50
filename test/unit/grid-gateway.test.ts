import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLog } from '../../electron/base/log.ts';
import { resolvePaths } from '../../electron/base/paths.ts';
import type { Failure } from '../../electron/contract/index.ts';
import type { GatewayRules } from '../../electron/egress/gateway.ts';
import type { TrafficRow } from '../../electron/egress/traffic-log.ts';
import { type ForwardedPlace, type GatewayWorld, GridGateway } from '../../electron/host/grid-gateway.ts';
import { JobGateway } from '../../electron/host/job-gateway.ts';
import type { NetworkDesk } from '../../electron/host/network-desk.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { FakeGatewayWorker } from '../fakes/fake-gateway-worker.ts';
import { eventually } from '../fixtures/eventually.ts';

const rules: GatewayRules = {
  contacts: [],
  closed: null,
  downBytesPerSecond: null,
  upBytesPerSecond: null,
  proxy: { kind: 'none' },
  authorities: null,
  forwards: [],
};

let dir = '';
let clock: FakeClock;
let workers: FakeGatewayWorker[];
let problems: (Failure | null)[];
/** Bytes by grid that are in no entry yet, and entries of the network's own. */
let unbooked: number;
let booked: number[];
let canListen: boolean | null;
let closed: GatewayRules['closed'];
let world: GatewayWorld;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gateway-'));
  clock = new FakeClock();
  workers = [];
  problems = [];
  unbooked = 0;
  booked = [];
  canListen = true;
  closed = null;
  const desk = {
    rules: (contacts: GatewayRules['contacts']) => ({ ...rules, contacts, closed }),
    count: (_: string, rows: readonly TrafficRow[]) => {
      for (const { sent } of rows) unbooked += sent;
    },
    isOpen: (_: string, open: boolean, books = true) => {
      if (!open && books && unbooked > 0) booked.push(unbooked);
      if (!open && books) unbooked = 0;
    },
  };
  world = {
    paths: resolvePaths({ platform: 'linux', home: dir, uid: 1, env: { GLEANER_HOME: dir } }),
    spawnWorker: () => {
      const worker = new FakeGatewayWorker();
      worker.listens = canListen;
      workers.push(worker);
      return worker;
    },
    network: desk as unknown as NetworkDesk,
    askProxy: () => Promise.resolve('DIRECT'),
    onProblem: (_, failure) => problems.push(failure),
    clock,
    log: silentLog,
  };
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

const traffic = (sent: number) => ({ kind: 'traffic', rows: [{ host: 'a.example', sent, received: 0 }] });
const worker = (index: number): FakeGatewayWorker => {
  const found = workers[index];
  if (!found) throw new Error('no such worker was started');
  return found;
};

test('the last account of a job’s gateway is left to the attempt that ends, and booked where none is left', async () => {
  const gateway: GridGateway = new GridGateway(world, 'local', () => jobs.contacts);
  const jobs = new JobGateway(gateway, () => ['a.example:443']);
  await jobs.open('a');
  worker(0).last = traffic(7);
  await jobs.finish();
  expect([unbooked, booked]).toEqual([7, []]);
  unbooked = 0;
  // Aborted, or its VM is gone.
  await jobs.open('a');
  worker(1).last = traffic(5);
  await jobs.close();
  expect([unbooked, booked]).toEqual([0, [5]]);
});

test('a job gets a gateway of its own, also where the one before it left its open', async () => {
  const gateway: GridGateway = new GridGateway(world, 'local', () => jobs.contacts);
  const jobs = new JobGateway(gateway, (id) => (id === 'none' ? 'none' : [`${id}.example:443`]));
  expect(await jobs.open('a')).toBe(true);
  worker(0).say(traffic(3));
  worker(0).last = traffic(4);
  // The same job goes on with it, in another session.
  await jobs.open('a');
  expect(workers).toHaveLength(1);
  await jobs.open('b');
  expect([workers.length, unbooked, booked]).toEqual([2, 0, [7]]);
  expect(jobs.contacts).toMatchObject([{ host: 'b.example', port: 443 }]);
  expect(await jobs.open('none')).toBe(false);
  expect([worker(1).killed, jobs.contacts]).toEqual([true, []]);
});

test('one that is lost is opened anew; that it could not be at first is no problem afterwards', async () => {
  const gateway = new GridGateway(world, 'boinc-a', () => []);
  await gateway.open();
  problems.length = 0;
  canListen = false;
  worker(0).exit(1);
  await eventually(() => {
    expect(clock.pending).toBe(1);
  });
  clock.advance(60_000);
  await eventually(() => {
    expect(problems.at(-1)).toMatchObject({ code: 'network-unavailable' });
  });
  canListen = true;
  clock.advance(60_000);
  await eventually(() => {
    expect(problems.at(-1)).toBeNull();
  });
  expect(workers).toHaveLength(3);
  await gateway.dispose();
  expect(clock.pending).toBe(0);
});

test('one that hangs at its start is not waited for at its end', async () => {
  canListen = null;
  const gateway = new GridGateway(world, 'boinc-a', () => []);
  const opening = expect(gateway.open()).rejects.toMatchObject({ code: 'network-unavailable' });
  await eventually(() => {
    expect(workers).toHaveLength(1);
  });
  const disposed = gateway.dispose();
  clock.advance(2000);
  await disposed;
  await opening;
  expect([worker(0).killed, clock.pending]).toEqual([true, 0]);
});

test('a quota that is used up waits for work that can only be handed back through it; a bill does not', async () => {
  let holds = true;
  const gateway = new GridGateway(
    world,
    'condor-pool',
    () => [],
    false,
    () => [],
    () => holds,
  );
  await gateway.open();
  const isClosed = (): boolean => {
    gateway.follow();
    const last = worker(0).sent.findLast((message) => 'rules' in (message as object));
    return (last as { rules: GatewayRules }).rules.closed !== null;
  };
  closed = { reason: 'quota-day', sentence: 'It is used up.' };
  expect(isClosed()).toBe(false);
  closed = { reason: 'metered', sentence: 'It is billed by volume.' };
  expect(isClosed()).toBe(true);
  closed = { reason: 'quota-month', sentence: 'It is used up.' };
  expect(isClosed()).toBe(false);
  holds = false;
  expect(isClosed()).toBe(true);
  await gateway.dispose();
});

describe('forwards', () => {
  const a = { host: 'a.example', port: 9618 };
  const b = { host: '2001:db8::1', port: 9618 };
  let wanted: ForwardedPlace[];
  const make = (grid = 'condor-pool'): GridGateway =>
    new GridGateway(
      world,
      grid,
      () => [],
      false,
      () => wanted,
    );
  /** The forwards in what a worker was sent, by message. */
  const sentTo = (index: number): unknown[] =>
    worker(index)
      .sent.filter((message) => 'rules' in (message as object))
      .map((message) => (message as { rules: GatewayRules }).rules.forwards);

  beforeEach(() => {
    wanted = [a];
  });

  test('have paths as short as the gateway’s own, each another one, the same every time', () => {
    const gateway = make();
    const paths = [a, b, { ...a, port: 9619 }].map(({ host, port }) => gateway.forwardSocket(host, port));
    paths.push(make('condor-other').forwardSocket(a.host, a.port), gateway.socketPath);
    expect(new Set(paths).size).toBe(5);
    expect(new Set(paths.map((path) => path.length)).size).toBe(1);
    expect(make().forwardSocket(a.host, a.port)).toBe(paths[0]);
  });

  test('are opened with the gateway, follow what is wanted, and come back with a new one', async () => {
    const gateway = make();
    await expect(gateway.listening()).rejects.toMatchObject({ code: 'network-unavailable' });
    await gateway.open();
    await gateway.listening();
    const forward = (place: ForwardedPlace) => ({
      ...place,
      socketPath: gateway.forwardSocket(place.host, place.port),
    });
    gateway.follow();
    wanted = [a, b];
    gateway.follow();
    await gateway.listening();
    expect(sentTo(0)).toEqual([[forward(a)], [forward(a), forward(b)]]);
    worker(0).exit(1);
    await eventually(() => {
      expect(clock.pending).toBe(1);
    });
    await expect(gateway.listening()).rejects.toMatchObject({ code: 'network-unavailable' });
    clock.advance(1000);
    await eventually(() => {
      expect(workers).toHaveLength(2);
    });
    expect(sentTo(1)).toEqual([[forward(a), forward(b)]]);
    await gateway.dispose();
    expect(clock.pending).toBe(0);
  });

  test('that cannot listen are a problem, and tried again while the others go on', async () => {
    const gateway = make();
    await gateway.open();
    problems.length = 0;
    worker(0).forwards = false;
    wanted = [a, b];
    gateway.follow();
    await expect(gateway.listening()).rejects.toMatchObject({ code: 'network-unavailable' });
    expect(problems).toMatchObject([{ code: 'network-unavailable' }]);
    clock.advance(1000);
    await expect(gateway.listening()).rejects.toMatchObject({ code: 'network-unavailable' });
    worker(0).forwards = true;
    clock.advance(2000);
    await gateway.listening();
    expect(problems.map((problem) => problem?.code)).toEqual([
      'network-unavailable',
      'network-unavailable',
      undefined,
    ]);
    expect([sentTo(0).length, workers.length, worker(0).killed]).toEqual([4, 1, false]);
    await gateway.dispose();
    expect(clock.pending).toBe(0);
  });

  test('that could not listen are not tried again once the gateway is over', async () => {
    const gateway = make();
    await gateway.open();
    worker(0).forwards = false;
    wanted = [];
    gateway.follow();
    await expect(gateway.listening()).rejects.toMatchObject({ code: 'network-unavailable' });
    await gateway.dispose();
    expect(clock.pending).toBe(0);
    clock.advance(60_000);
    expect(workers).toHaveLength(1);
  });
});
