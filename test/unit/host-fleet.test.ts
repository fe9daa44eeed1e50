import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLog } from '../../electron/base/log.ts';
import {
  type Allowance,
  GleanerError,
  type SettingsLayer,
  type VmPhase,
} from '../../electron/contract/index.ts';
import { UsageWindow } from '../../electron/grid/usage.ts';
import { Contribution } from '../../electron/host/contribution.ts';
import { Fleet } from '../../electron/host/fleet.ts';
import type { Lane } from '../../electron/host/lane.ts';
import { Problems } from '../../electron/host/problems.ts';
import { type Database, openDatabase } from '../../electron/ledger/database.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { type FakeSession, FakeVm } from '../fakes/fake-vm.ts';
import { effectiveOf } from './policy-fixture.ts';

const hour = 3_600_000;
const MiB = 1024 * 1024;
const settled = () => new Promise((resolve) => setImmediate(resolve));
const allowed: Allowance = {
  run: true,
  rung: 'full',
  share: 0.8,
  vcpus: 1,
  memoryBytes: 768 * MiB,
  network: true,
  reason: '',
  organization: null,
  reasons: [],
};

let dir = '';
let database: Database;
let clock: FakeClock;
let world: { settings: SettingsLayer; allowance: Allowance };
let fleet: Fleet;
let problems: Problems;
let usage: UsageWindow;
const measured: string[] = [];

/** A lane with a fake VM; the rest of what a lane offers is not asked by the fleet. */
function addLane(id: string, o: { share?: number; memoryBytes?: number } = {}) {
  const vm = new FakeVm();
  const state = { work: true, cpuMs: 0, deadline: null as number | null, isNew: false };
  const memoryBytes = o.memoryBytes ?? 768 * MiB;
  const contribution = new Contribution<FakeSession>({
    vm,
    decide: () => fleet.decide(id),
    hasWork: () => state.work,
    keepsSaved: () => true,
    prove: () => Promise.resolve(),
    work: () => new Promise<void>(() => undefined),
    problems: problems.of(id),
    yields: {
      measure: () => {
        measured.push(id);
      },
    },
    clock,
    log: silentLog,
    lingerMs: 1000,
    onChange: () => {
      fleet.turnSoon();
    },
  });
  contribution.begin();
  const lane = {
    id,
    contribution,
    share: () => o.share ?? 100,
    hasWork: () => state.work,
    isNew: () => state.isNew,
    latestStartAt: () => state.deadline,
    vm: {
      vm: { status: () => ({ ...vm.status(), memoryBytes }) },
      shape: () => ({ memoryBytes }),
      cpuMs: () => state.cpuMs,
    },
  };
  fleet.add(lane as unknown as Lane);
  return { vm, state, lane };
}

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gleaner-fleet-'));
  database = openDatabase(join(dir, 'gleaner.db'));
  clock = new FakeClock();
  problems = new Problems(() => undefined);
  measured.length = 0;
  world = { settings: {}, allowance: allowed };
  usage = new UsageWindow(database, clock);
  fleet = new Fleet({
    policy: () => world.allowance,
    settings: () => effectiveOf(world.settings).values,
    usage,
    problems,
    clock,
    log: silentLog,
  });
});
afterEach(() => {
  fleet.dispose();
  database.close();
  rmSync(dir, { recursive: true, force: true });
});

const runs = (vm: FakeVm, phase: VmPhase = 'running'): void => {
  vm.become(phase);
};

test('one of two runs; it gives way after its turn, is saved, and the other comes', async () => {
  const a = addLane('a');
  const b = addLane('b');
  fleet.turn();
  expect([a.vm.asked, b.vm.asked]).toEqual([['start'], []]);
  runs(a.vm);
  await settled();
  a.state.cpuMs = 1000;
  clock.advance(hour - 1);
  expect(a.vm.asked).toEqual(['start']);
  clock.advance(61_000);
  expect(a.vm.asked).toEqual(['start', 'freeze', 'save']);
  expect(b.vm.asked).toEqual(['start']);
  // It was no yield: nothing was given back to the person.
  expect(measured).toEqual([]);
});

test('the next waits for its memory when both do not fit, as long as the other is being saved', async () => {
  world.settings = { 'vm.memoryTotalBytes': 1024 * MiB };
  const a = addLane('a');
  const b = addLane('b');
  fleet.turn();
  runs(a.vm);
  await settled();
  a.vm.save = () => {
    runs(a.vm, 'saving');
    return new Promise(() => undefined);
  };
  a.state.cpuMs = 1000;
  clock.advance(hour + 30 * 60_000);
  await settled();
  expect([a.vm.phase, fleet.decide('a').run, b.vm.asked]).toEqual(['saving', false, []]);
  runs(a.vm, 'saved');
  await settled();
  expect(b.vm.asked).toEqual(['start']);
});

test('one that cannot be saved runs on rather than that nobody does, and is looked at again after its turn', async () => {
  world.settings = { 'vm.memoryTotalBytes': 1024 * MiB };
  const a = addLane('a');
  const b = addLane('b');
  fleet.turn();
  runs(a.vm);
  await settled();
  a.vm.saveFailure = new GleanerError('disk-full', 'The disk is full.');
  a.state.cpuMs = 1000;
  clock.advance(hour + 61_000);
  await settled();
  expect([a.vm.phase, b.vm.asked]).toEqual(['frozen', []]);
  clock.advance(6 * 60_000);
  await settled();
  expect([a.vm.phase, b.vm.asked]).toEqual(['running', []]);
  clock.advance(50 * 60_000);
  await settled();
  expect([a.vm.phase, b.vm.asked]).toEqual(['running', []]);
  a.vm.saveFailure = undefined;
  clock.advance(11 * 60_000);
  await settled();
  expect([a.vm.phase, b.vm.asked]).toEqual(['saved', ['start']]);
});

test('who has no work leaves its turn to the other', () => {
  const a = addLane('a');
  const b = addLane('b');
  a.state.work = false;
  fleet.turn();
  expect([a.vm.asked, b.vm.asked]).toEqual([[], ['start']]);
});

test('one that failed for good waits for the person, and lets the other work', async () => {
  const a = addLane('a');
  const b = addLane('b');
  fleet.turn();
  runs(a.vm, 'failed');
  await settled();
  expect(b.vm.asked).toEqual(['start']);
  runs(b.vm, 'stopped');
  b.state.work = false;
  clock.advance(hour);
  expect(a.vm.asked).toEqual(['start']);
  a.lane.contribution.retry();
  fleet.turn();
  expect(a.vm.asked).toEqual(['start', 'start']);
});

test('one whose VM does not come up uses its turn up all the same', async () => {
  const a = addLane('a');
  const b = addLane('b');
  fleet.turn();
  runs(a.vm, 'backoff');
  for (let minute = 0; minute < 62; minute += 1) clock.advance(60_000);
  await settled();
  expect(b.vm.asked).toEqual(['start']);
});

test('one whose VM idles uses its turn up all the same', async () => {
  const a = addLane('a');
  const b = addLane('b');
  fleet.turn();
  runs(a.vm);
  await settled();
  clock.advance(hour + 61_000);
  await settled();
  expect(b.vm.asked).toEqual(['start']);
});

test('a turn is charged what it was granted, or what was used if that is more', () => {
  world.allowance = { ...allowed, share: 0.5, vcpus: 2 };
  const a = addLane('a');
  addLane('b');
  fleet.turn();
  clock.advance(2 * 60_000);
  expect(usage.seconds('a')).toBe(120);
  a.state.cpuMs = 90_000;
  clock.advance(60_000);
  expect([usage.seconds('a'), usage.seconds('b')]).toEqual([210, 0]);
});

test('time in which nobody may run is charged to nobody', () => {
  addLane('a');
  fleet.turn();
  clock.advance(30_000);
  world.allowance = { ...allowed, run: false, rung: 'frozen', share: 0 };
  fleet.turn();
  clock.advance(5 * hour);
  world.allowance = allowed;
  fleet.turn();
  expect(usage.seconds('a')).toBe(24);
});

test('a lane that throws keeps no other from giving back', async () => {
  const a = addLane('a');
  const b = addLane('b');
  world.settings = { 'vm.maxRunning': 2 };
  fleet.turn();
  runs(a.vm);
  runs(b.vm);
  await settled();
  a.vm.freeze = () => {
    throw new Error('broken');
  };
  world.allowance = { ...allowed, run: false, rung: 'frozen', share: 0 };
  fleet.turn();
  expect(b.vm.asked).toEqual(['start', 'freeze']);
});

test('a full disk costs fairness alone', async () => {
  const a = addLane('a');
  fleet.turn();
  runs(a.vm);
  await settled();
  database.run = () => {
    throw new Error('the disk is full');
  };
  a.state.cpuMs = 5000;
  clock.advance(61_000);
  expect(a.vm.asked).toEqual(['start']);
});

test('what the policy stops stops for all, and a turn does not run out meanwhile for another', async () => {
  const a = addLane('a');
  const b = addLane('b');
  fleet.turn();
  runs(a.vm);
  await settled();
  world.allowance = { ...allowed, run: false, rung: 'frozen', share: 0, reason: 'Paused.' };
  fleet.turn();
  expect(a.vm.asked).toEqual(['start', 'freeze']);
  expect(measured).toEqual(['a']);
  clock.advance(5 * hour);
  expect(b.vm.asked).toEqual([]);
});

test('those that run at a time divide what is allowed by their shares', () => {
  world.settings = { 'vm.maxRunning': 3, 'vm.memoryTotalBytes': 4096 * MiB };
  world.allowance = { ...allowed, share: 1 };
  addLane('a', { share: 100 });
  addLane('b', { share: 300 });
  addLane('c', { share: 0 });
  expect(fleet.decide('a').run).toBe(false);
  fleet.turn();
  const shares = ['a', 'b', 'c'].map((id) => fleet.decide(id).share);
  for (const [index, share] of [0.2375, 0.7125, 0.05].entries()) expect(shares[index]).toBeCloseTo(share, 9);
  expect(fleet.decide('d')).toMatchObject({ run: false, share: 0, reasons: [{ code: 'turn' }] });
});

test('one that cannot be saved keeps no other from being saved, and is told', async () => {
  world.settings = { 'vm.maxRunning': 3, 'vm.memoryTotalBytes': 4096 * MiB };
  const lanes = ['a', 'b', 'c'].map((id) => addLane(id));
  fleet.turn();
  for (const { vm } of lanes) runs(vm);
  await settled();
  world.allowance = { ...allowed, run: false, rung: 'frozen', share: 0 };
  fleet.turn();
  const [a, , c] = lanes;
  if (a) a.vm.saveFailure = new GleanerError('disk-full', 'The disk is full.');
  if (c) c.vm.saveFailure = new GleanerError('internal', 'Another.');
  await expect(fleet.save()).rejects.toMatchObject({ code: 'disk-full' });
  expect(lanes.map(({ vm }) => vm.asked.at(-1))).toEqual(['save', 'save', 'save']);
  expect(lanes.map(({ vm }) => vm.phase)).toEqual(['frozen', 'saved', 'frozen']);
});

test('a VM that needs more memory than all may have is told, not started', () => {
  world.settings = { 'vm.memoryTotalBytes': 512 * MiB };
  const a = addLane('a');
  fleet.turn();
  expect(a.vm.asked).toEqual([]);
  expect(problems.get('memory')).toMatchObject({ code: 'resources-unavailable' });
  world.settings = {};
  fleet.turn();
  expect(a.vm.asked).toEqual(['start']);
  expect(problems.get('memory')).toBeUndefined();
});

test('a deadline that would be missed takes the next turn', async () => {
  const a = addLane('a');
  const b = addLane('b');
  const c = addLane('c', { share: 1000 });
  fleet.turn();
  runs(a.vm);
  await settled();
  a.state.cpuMs = 1000;
  b.state.deadline = clock.now();
  clock.advance(hour + 61_000);
  await settled();
  expect([b.vm.asked, c.vm.asked]).toEqual([['start'], []]);
});

test('one that was just joined comes at once, and the other goes on when it has attached', async () => {
  const a = addLane('a');
  fleet.turn();
  runs(a.vm);
  await settled();
  const b = addLane('b');
  b.state.isNew = true;
  fleet.turn();
  expect([a.vm.asked.slice(0, 2), b.vm.asked]).toEqual([['start', 'freeze'], ['start']]);
  runs(b.vm);
  await settled();
  b.state.isNew = false;
  fleet.turn();
  expect(b.vm.asked).toEqual(['start']);
});

test('one that was joined and is never attached comes before the others for one turn only', async () => {
  const a = addLane('a');
  fleet.turn();
  runs(a.vm);
  await settled();
  const b = addLane('b');
  b.state.isNew = true;
  fleet.turn();
  runs(b.vm);
  await settled();
  // Else its turn would come to an end by its CPU time.
  a.state.cpuMs = 1e7;
  clock.advance(hour - 1);
  await settled();
  expect(b.vm.asked).toEqual(['start']);
  b.state.cpuMs = 2e7;
  clock.advance(61_000);
  await settled();
  expect([fleet.decide('a').run, b.vm.asked]).toEqual([true, ['start', 'freeze', 'save']]);
});

test('while nobody may run there is no timer', () => {
  const before = clock.pending;
  world.allowance = { ...allowed, run: false, share: 0 };
  addLane('a');
  fleet.turn();
  expect(clock.pending).toBe(before);
});
