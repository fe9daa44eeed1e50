import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { GridId } from '../../electron/contract/index.ts';
import { Executions } from '../../electron/grid/condor/executions.ts';
import { CondorFixture, enrolment, nodeJob, nodeRecord, tariff } from './condor-fixture.ts';

let dir = '';
let fixture: CondorFixture;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gleaner-condor-'));
  fixture = new CondorFixture(dir);
});
afterEach(() => {
  fixture.close();
  rmSync(dir, { recursive: true, force: true });
});

function restart(): void {
  fixture.close();
  fixture = new CondorFixture(dir, fixture.clock);
}

const place = { now: 1_700_000_100_000, frozenSeconds: 0, accelerator: 'tcg', appliance: 'none', tariff };

test('what is joined survives, without its token', () => {
  const id = fixture.join();
  expect(GridId.parse(id)).toBe('condor-pool-example-org');
  fixture.store.change(id, { noNewWork: true, share: 7 });
  fixture.store.connected(id);
  const before = fixture.store.pool(id);
  restart();
  expect(fixture.store.pools()).toEqual([before]);
  expect(before).toMatchObject({
    state: 'joined',
    noNewWork: true,
    share: 7,
    membership: { host: 'pc17', catalogUrl: enrolment.catalog.url },
  });
  expect(JSON.stringify(fixture.database.all('SELECT * FROM condor_pools'))).not.toContain(enrolment.token);
});

test('a pool is joined once, also while it is being left, and has the same id ever after', () => {
  const id = fixture.join();
  const again = () => fixture.store.join({ enrolment, share: 1, managedBy: null, contacts: [] });
  expect(again).toThrow('Example Pool is joined already.');
  fixture.store.leave(id);
  expect(again).toThrow('still being left');
  fixture.store.left(id);
  expect(() => fixture.store.pool(id)).toThrow('no joined pool');
  expect(again().id).toBe(id);
});

test('an execution is booked once, with what it used and what is pending for it', () => {
  const id = fixture.join();
  const executions = new Executions([]);
  const began = executions.take([nodeJob()], [], place);
  fixture.store.record(id, began);
  expect(fixture.store.open(id)).toHaveLength(1);
  const ended = executions.take([], [nodeRecord({ cpuSeconds: 90 })], { ...place, frozenSeconds: 50 });
  fixture.store.record(id, ended);
  fixture.store.record(id, ended);
  expect(fixture.store.open(id)).toEqual([]);
  const entries = fixture.ledger.list({ limit: 10 });
  expect(entries).toHaveLength(1);
  expect(entries[0]).toMatchObject({
    personal: { title: 'simulate (12.0)', owner: 'ada@pool.example.org' },
    body: {
      kind: 'attempt',
      grid: id,
      outcome: 'done',
      wallSeconds: 100,
      frozenSeconds: 50,
      cpuSeconds: 90,
      // One core for 50 s of 36 points an hour.
      credit: { amount: 0.5, unit: 'points', status: 'pending' },
    },
  });
  expect(fixture.store.totals(id)).toMatchObject({
    executions: 1,
    done: 1,
    coreSeconds: 50,
    frozenSeconds: 50,
    amount: 500_000,
  });
});

test('what an earlier host left open goes on from what it had seen, or is lost', () => {
  const id = fixture.join();
  const first = new Executions([]);
  first.take([nodeJob()], [], place);
  first.take([nodeJob({ cpuSeconds: 5 })], [], { ...place, frozenSeconds: 30 });
  fixture.store.record(id, first.open());
  restart();
  const next = new Executions(fixture.store.open(id));
  // Another host, whose machine has not stood still yet.
  next.take([nodeJob({ cpuSeconds: 6 })], [], { ...place, frozenSeconds: 10 });
  expect(next.open()).toMatchObject([{ frozenSeconds: 30, cpuSeconds: 6 }]);
  fixture.store.record(id, next.lose(place));
  expect(fixture.store.over(id, 5)).toMatchObject([{ state: 'lost', amount: 0 }]);
  expect(fixture.ledger.list({ limit: 1 })[0]?.body).toMatchObject({
    outcome: 'interrupted',
    failure: 'job-interrupted',
  });
});

test('a statement takes back what was pending and books what the pool credits, once', async () => {
  const id = fixture.join();
  const executions = new Executions([]);
  fixture.store.record(id, executions.take([], [nodeRecord(), nodeRecord({ run: 2 })], place));
  const statement = {
    period: '2023-11-01_2023-12-01',
    digest: 'd'.repeat(64),
    from: 1_698_796_800_000,
    to: 1_701_388_800_000,
    unit: 'points',
    amount: 900_000,
    executions: 1,
  };
  const lines = [
    { job: nodeRecord().job, run: 1 },
    { job: 'unknown#1.0#1', run: 1 },
  ];
  const booked = fixture.store.settle(id, 'i'.repeat(64), statement, lines);
  expect(booked).toMatchObject({ pending: 1_000_000, amount: 900_000 });
  expect(fixture.store.settle(id, 'j'.repeat(64), statement, lines)).toBeNull();
  expect(fixture.store.knowsStatement(id, statement.period, 'i'.repeat(64))).toBe(true);
  expect(fixture.store.statements(id)).toEqual([booked]);
  const [earned] = fixture.ledger.totals(0).earned;
  expect(earned).toEqual({ grid: id, unit: 'points', settled: 0.9, pending: 1, observed: 0 });
  expect(await fixture.ledger.verify()).toMatchObject({ ok: true, entries: 4 });
  expect(fixture.store.over(id, 5).map(({ settled }) => settled)).toEqual([false, true]);
});
