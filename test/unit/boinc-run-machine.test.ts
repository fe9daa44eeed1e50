import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeAgentMachine } from '../fakes/fake-agent-machine.ts';
import { clientTask, runningTask } from '../fakes/fake-boinc-engine.ts';
import { projectUrl, RunnerFixture } from './boinc-run-fixture.ts';

let dir = '';
let f: RunnerFixture;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gleaner-boinc-'));
  f = new RunnerFixture(dir);
});
afterEach(async () => {
  await f.end();
  expect(f.workers.alive).toBe(0);
  expect(f.clock.pending).toBe(0);
  rmSync(dir, { recursive: true, force: true });
});

describe('a machine that stands frozen', () => {
  test('runs nothing, as the views tell; its tasks are held, not given back', async () => {
    f.client.joined(projectUrl).tasks = [clientTask('a', runningTask)];
    f.start();
    await f.pass(6);
    expect(f.views().grid).toMatchObject({ state: 'working', running: 1, queued: 0 });
    f.machine.freeze();
    const { grid, detail, jobs } = f.views();
    expect(grid).toMatchObject({ state: 'waiting', running: 0, queued: 1 });
    expect(detail.tasks).toMatchObject([
      { state: 'waiting', words: 'It goes on when the virtual machine runs.' },
    ]);
    expect(jobs).toMatchObject([{ state: 'running' }]);
    f.machine.thaw();
    expect(f.views().detail.tasks).toMatchObject([{ state: 'running' }]);
  });

  test('for an hour in the middle of a task: nothing runs out, and the hour counts as frozen', async () => {
    f.client.joined(projectUrl).tasks = [clientTask('a', runningTask)];
    f.start();
    await f.pass(30);
    f.machine.freeze();
    await f.pass(3600);
    f.machine.thaw();
    await f.pass(30);
    f.client.set('a', { state: 5, readyToReport: true });
    await f.pass(6);
    expect(f.booked()).toEqual(['a 1 done']);
    const { body } = f.entries()[0] ?? {};
    expect(body).toMatchObject({ kind: 'attempt', cpuSeconds: 60, wallSeconds: 60 });
    expect(body?.kind === 'attempt' && body.frozenSeconds).toBe(3600);
    expect(f.machine.started).toHaveLength(1);
    expect(f.workers.made).toHaveLength(1);
    expect(f.logged.filter((words) => words.includes('lost'))).toEqual([]);
  });

  test.each(['open', 'look', 'runMode', 'attach'] as const)(
    'for an hour while it is asked to "%s": it answers afterwards',
    async (verb) => {
      let frozen = false;
      f.workers.onCall = (called) => {
        if (called === verb && !frozen) {
          frozen = true;
          f.machine.freeze();
        }
      };
      f.start();
      await f.pass(3600);
      expect(frozen).toBe(true);
      f.machine.thaw();
      await f.pass(12);
      expect(f.asked('attach')).toHaveLength(1);
      expect(f.machine.started).toHaveLength(1);
      expect(f.views().detail.seenAt).not.toBe(null);
    },
  );

  test('holds no timer that is faster than one in five seconds', async () => {
    f.client.joined(projectUrl).tasks = [clientTask('a', runningTask)];
    f.start();
    await f.pass(9);
    f.machine.freeze();
    await f.pass(5);
    let fired = 0;
    const after = f.clock.after.bind(f.clock);
    f.clock.after = (ms, callback) =>
      after(ms, () => {
        fired += 1;
        callback();
      });
    await f.pass(600);
    expect(fired).toBeLessThanOrEqual(120);
    f.machine.thaw();
  });
});

describe('a machine that goes away', () => {
  test.each(['forwardGateway', 'reach', 'agentStatus', 'startAgent'] as const)(
    'when it is asked to "%s"',
    async (method) => {
      f.client.joined(projectUrl);
      f.machine.lose(method);
      const run = f.start();
      await f.pass(3, () => run.over);
      expect(run.code).toBe('session-lost');
      expect(f.runner.hasWork()).toBe(true);
      expect(f.problems).toEqual([]);
    },
  );

  test.each(['open', 'runMode', 'look', 'attach', 'setProject', 'update'] as const)(
    'while its client is asked to "%s"',
    async (verb) => {
      if (verb !== 'attach') f.client.joined(projectUrl, { noNewWork: verb === 'setProject' });
      let lost = false;
      f.workers.onCall = (called) => {
        if (called === verb && !lost) {
          lost = true;
          f.machine.lose();
        }
      };
      const run = f.start();
      await f.pass(10, () => run.over);
      expect([lost, run.code]).toEqual([true, 'session-lost']);
      expect(f.workers.alive).toBe(0);
      // Another session goes on.
      f.workers.onCall = () => undefined;
      f.start(new FakeAgentMachine(f.clock, f.client));
      await f.pass(9);
      expect(f.views().detail.seenAt).not.toBe(null);
    },
  );

  test('between two looks: what was seen last is kept for the next one', async () => {
    f.client.joined(projectUrl).tasks = [clientTask('a', runningTask)];
    const run = f.start();
    await f.pass(10);
    f.machine.lose();
    await f.pass(4);
    expect(run.code).toBe('session-lost');
    expect(f.views().grid).toMatchObject({
      state: 'waiting',
      running: 0,
      queued: 1,
      sentence: 'It waits for its turn, with one task at hand.',
    });
    expect(f.store.tasks.listed(f.id)).toMatchObject([{ name: 'a', cpuSeconds: 9 }]);
    // Its client has lost the task meanwhile.
    f.client.tasks = [];
    f.start(new FakeAgentMachine(f.clock, f.client));
    await f.pass(6);
    expect(f.booked()).toEqual(['a 1 aborted']);
  });

  test('with results that are not reported: it is wanted until they are, also by the next host', async () => {
    f.store.change(f.id, { noNewWork: true });
    f.client.joined(projectUrl, { noNewWork: true }).tasks = [
      clientTask('a', { state: 5, readyToReport: true }),
    ];
    f.start();
    await f.pass(6);
    f.machine.lose();
    await f.pass(4);
    expect(f.booked()).toEqual(['a 1 done']);
    expect(f.runner.hasWork()).toBe(true);
    expect(f.views().grid.sentence).toBe('It waits for its turn to report results.');
    await f.restartRunner();
    expect(f.runner.hasWork()).toBe(true);
    const run = f.start(new FakeAgentMachine(f.clock, f.client));
    await f.pass(6);
    f.client.tasks = [];
    await f.pass(120, () => run.over);
    expect(f.runner.hasWork()).toBe(false);
    await f.restartRunner();
    expect(f.runner.hasWork()).toBe(false);
    expect(f.booked()).toEqual(['a 1 done']);
  });

  test('and comes back with its client still running, to this host or to another', async () => {
    f.client.joined(projectUrl).tasks = [clientTask('a', runningTask)];
    f.start();
    await f.pass(10);
    expect(f.runner.needs()).toBe(true);
    f.machine.lose();
    await f.pass(4);
    expect(f.runner.needs()).toBe(true);
    await f.restartRunner();
    expect(f.runner.needs()).toBe(true);
    expect(f.views().jobs).toMatchObject([{ id: `${f.id}/a`, state: 'queued' }]);
    const restored = f.machine.again();
    f.start(restored);
    await f.pass(10);
    expect(restored.started).toEqual([]);
    expect(f.views().grid.running).toBe(1);
    expect(f.asked('setPreferences')).toHaveLength(1);
  });

  test('and comes back with a client whose password nobody knows: that is ended and started anew', async () => {
    f.client.joined(projectUrl).tasks = [clientTask('a', runningTask)];
    f.start();
    await f.pass(10);
    f.machine.lose();
    await f.pass(4);
    f.store.rememberPassword(f.id, 'another');
    const restored = f.machine.again();
    f.start(restored);
    await f.pass(60);
    expect(restored.started).toHaveLength(1);
    expect(f.views().grid.running).toBe(1);
  });
});
