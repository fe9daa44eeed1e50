import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { latestStart } from '../../electron/grid/boinc/outlook.ts';
import { clientTask, runningTask } from '../fakes/fake-boinc-engine.ts';
import { projectUrl, RunnerFixture } from './boinc-run-fixture.ts';

const hour = 3_600_000;
const alone = { vcpus: 1, part: 1 };
const due = (deadlineHours: number | null, hours: number | null) => ({
  deadline: deadlineHours === null ? null : deadlineHours * hour,
  remainingSeconds: hours === null ? null : hours * 3600,
});

test('a task is begun twice its estimate before its deadline', () => {
  expect(latestStart([due(100, 10)], 0, alone)).toBe(80 * hour);
  expect(latestStart([due(100, null)], 0, alone)).toBe(100 * hour);
  expect(latestStart([due(null, 10)], 0, alone)).toBe(null);
  expect(latestStart([], 0, alone)).toBe(null);
});

test('a task waits for those whose deadline is nearer', () => {
  const queue = [due(101, 10), due(100, 10), due(102, 10), due(99, 10)];
  expect(latestStart(queue, 0, alone)).toBe(22 * hour);
  expect(latestStart(queue, 0, { vcpus: 2, part: 1 })).toBe(52 * hour);
  // One task alone is no faster with more vCPUs.
  expect(latestStart([due(100, 10)], 0, { vcpus: 8, part: 1 })).toBe(80 * hour);
});

test('it is begun the earlier, the less of a day its VM may run', () => {
  expect(latestStart([due(100, 10)], 0, { vcpus: 1, part: 0.25 })).toBe(20 * hour);
  expect(latestStart([due(100, 1)], 0, { vcpus: 1, part: 0 })).toBe(0);
  for (const part of [2, Number.POSITIVE_INFINITY]) {
    expect(latestStart([due(100, 10)], 0, { vcpus: 1, part })).toBe(80 * hour);
  }
});

test('what is late presses no more, and is computed all the same', () => {
  expect(latestStart([due(-1, 10)], 0, alone)).toBe(null);
  expect(latestStart([due(-1, 10), due(100, 10)], 0, alone)).toBe(60 * hour);
});

const tasks = fc.array(
  fc.record({
    deadline: fc.option(fc.integer({ min: -50, max: 500 }).map((hours) => hours * hour)),
    remainingSeconds: fc.option(fc.integer({ min: 0, max: 500_000 })),
  }),
  { maxLength: 12 },
);
const pace = fc.record({
  vcpus: fc.integer({ min: 1, max: 16 }),
  part: fc.double({ min: 0, max: 1, noNaN: true }),
});
const startOf = (start: number | null): number => start ?? Number.POSITIVE_INFINITY;

test('never later than each task by itself would have it', () => {
  fc.assert(
    fc.property(tasks, pace, (queue, at) => {
      const each = queue
        .filter(({ deadline }) => deadline !== null && deadline > 0)
        .map(({ deadline, remainingSeconds }) => (deadline ?? 0) - 2000 * (remainingSeconds ?? 0));
      const start = latestStart(queue, 0, at);
      expect(start === null).toBe(each.length === 0);
      expect(startOf(start)).toBeLessThanOrEqual(Math.min(...each));
    }),
  );
});

test('one more task, fewer vCPUs or less of the day never let it begin later', () => {
  fc.assert(
    fc.property(tasks, tasks, pace, pace, (queue, more, a, b) => {
      const start = startOf(latestStart(queue, 0, a));
      const slower = { vcpus: Math.min(a.vcpus, b.vcpus), part: Math.min(a.part, b.part) };
      // Sums of other orders differ in their last digits.
      expect(startOf(latestStart([...more, ...queue], 0, a))).toBeLessThanOrEqual(start + 1);
      expect(startOf(latestStart(queue, 0, slower))).toBeLessThanOrEqual(start + 1);
      expect(latestStart([...queue].reverse(), 0, a)).toBe(latestStart(queue, 0, a));
    }),
  );
});

test('a runner counts all of its tasks, and what its VM gets', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'gleaner-boinc-'));
  const f = new RunnerFixture(dir);
  try {
    const deadline = f.clock.now() + 100 * hour;
    f.availability = 0.5;
    f.client.joined(projectUrl).tasks = ['a', 'b', 'c'].map((name) =>
      clientTask(name, { ...runningTask, deadline, remainingSeconds: 3600 }),
    );
    f.start();
    await f.pass(6);
    expect(f.runner.latestStartAt()).toBe(deadline - 12 * hour);
  } finally {
    await f.end();
    rmSync(dir, { recursive: true, force: true });
  }
});
