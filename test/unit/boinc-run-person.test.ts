import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GleanerError, GridView } from '../../electron/contract/index.ts';
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

const minute = 60_000;
const view = (): GridView => GridView.parse(f.runner.view());
const nextMachine = (): FakeAgentMachine => new FakeAgentMachine(f.clock, f.client);

describe('what the person sets', () => {
  test('no new work: told to the client at once; without tasks the VM is not wanted', async () => {
    f.client.joined(projectUrl).tasks = [clientTask('a', runningTask)];
    const run = f.start();
    await f.pass(6);
    f.runner.set({ noNewWork: true });
    await f.settle();
    expect(f.asked('setProject')).toEqual(['setProject no-new-work resumed']);
    expect(f.runner.hasWork()).toBe(true);
    f.client.tasks = [];
    await f.pass(120, () => run.over);
    expect(run.over).toBe(true);
    f.clock.advance(24 * 60 * minute);
    expect(f.runner.hasWork()).toBe(false);
    expect(view()).toMatchObject({ noNewWork: true, sentence: 'It has no task, and fetches no new ones.' });
    f.runner.set({ noNewWork: false });
    expect(f.runner.hasWork()).toBe(true);
    f.start(nextMachine());
    await f.pass(6);
    expect(f.asked('setProject').at(-1)).toBe('setProject new-work resumed');
    expect(f.asked('update')).toHaveLength(1);
  });

  test('suspended: its tasks are suspended softly, and the VM is let go of', async () => {
    f.client.joined(projectUrl).tasks = [clientTask('a', runningTask)];
    const run = f.start();
    await f.pass(6);
    f.runner.set({ suspended: true });
    await f.settle();
    expect(f.asked('setProject')).toEqual(['setProject new-work suspended']);
    expect([run.over, run.code]).toEqual([true, undefined]);
    expect(f.runner.hasWork()).toBe(false);
    expect(view()).toMatchObject({
      state: 'suspended',
      sentence: 'It is suspended: none of its tasks runs.',
    });
    f.runner.set({ suspended: false });
    expect(f.runner.hasWork()).toBe(true);
    f.start();
    await f.pass(6);
    expect(f.asked('setProject').at(-1)).toBe('setProject new-work resumed');
  });

  test('what the settings permit no more ends, whatever is at hand, and comes back when they do', async () => {
    f.client.joined(projectUrl).tasks = [clientTask('a', runningTask)];
    const run = f.start();
    await f.pass(6);
    f.permitted = false;
    await f.pass(4);
    expect([run.over, run.code, f.runner.hasWork()]).toEqual([true, undefined, false]);
    f.permitted = true;
    expect(f.runner.hasWork()).toBe(true);
  });

  test('a share is kept, and asks nothing of the client', async () => {
    f.client.joined(projectUrl).tasks = [clientTask('a', runningTask)];
    f.start();
    await f.pass(6);
    f.runner.set({ share: 7 });
    await f.pass(6);
    expect(view().share).toBe(7);
    expect(f.asked('setProject')).toEqual([]);
  });

  test('less time than before: the client is told to fetch less', async () => {
    f.client.joined(projectUrl).tasks = [clientTask('a', runningTask)];
    f.start();
    await f.pass(6);
    expect(f.client.preferences).toContain('<work_buf_min_days>0.25<');
    expect(f.asked('setPreferences')).toEqual([]);
    f.availability = 0.4;
    await f.pass(10 * 60);
    f.availability = 0.2;
    expect(f.asked('setPreferences')).toEqual([]);
    await f.pass(21 * 60);
    expect(f.client.preferences).toContain('<work_buf_min_days>0.05<');
    expect(f.asked('setPreferences')).toHaveLength(1);
  });

  test('an abort of a task reaches the client, at once or when the VM runs', async () => {
    f.client.joined(projectUrl).tasks = [clientTask('a', runningTask), clientTask('b', runningTask)];
    expect(() => {
      f.runner.abortTask('a');
    }).toThrow('Upper has no such task at hand.');
    const run = f.start();
    await f.pass(6);
    f.runner.abortTask('a');
    await f.pass(4);
    f.machine.lose();
    await f.pass(4, () => run.over);
    f.runner.abortTask('b');
    f.start(nextMachine());
    await f.pass(9);
    expect(f.asked('abortTask')).toEqual(['abortTask a', 'abortTask b']);
    expect(f.booked()).toEqual(['a 1 aborted', 'b 1 aborted']);
    const failures = f.entries().map(({ body }) => body.kind === 'attempt' && body.failure);
    expect(failures).toEqual(['job-aborted', 'job-aborted']);
    expect(view()).toMatchObject({ aborted: 2, queued: 0, running: 0 });
  });

  test('an abort that is lost on its way to the client is passed on by the next one, and by the next host', async () => {
    f.client.joined(projectUrl).tasks = [clientTask('a', runningTask), clientTask('b', runningTask)];
    f.start();
    await f.pass(6);
    f.workers.refuse('abortTask', new GleanerError('session-lost', 'The connection is gone.'));
    f.runner.abortTask('a');
    await f.pass(30);
    expect(f.asked('abortTask')).toEqual(['abortTask a']);
    f.machine.lose();
    await f.pass(4);
    f.runner.abortTask('b');
    await f.restartRunner();
    f.start(nextMachine());
    await f.pass(30);
    expect(f.asked('abortTask')).toEqual(['abortTask a', 'abortTask b']);
    expect(f.booked()).toEqual(['a 1 aborted', 'b 1 aborted']);
  });
});

describe('before a freeze that nobody waits for', () => {
  test('its tasks are suspended, and go on after the machine stood still', async () => {
    f.client.joined(projectUrl).tasks = [clientTask('a', runningTask)];
    f.start();
    await f.pass(6);
    await f.runner.soften(3000);
    await f.pass(9);
    expect(f.asked('runMode')).toEqual(['runMode always', 'runMode never']);
    f.machine.freeze();
    f.clock.advance(60 * minute);
    f.machine.thaw();
    await f.pass(6);
    expect(f.asked('runMode').slice(2)).toEqual(['runMode always']);
  });

  test('a freeze that does not come leaves no task suspended', async () => {
    f.client.joined(projectUrl).tasks = [clientTask('a', runningTask)];
    f.start();
    await f.pass(6);
    await f.runner.soften(3000);
    await f.pass(30);
    expect(f.asked('runMode').slice(2)).toEqual(['runMode always']);
  });

  test('is nothing to wait for where no client runs', async () => {
    await f.runner.soften(3000);
    expect(f.asked('runMode')).toEqual([]);
  });
});

describe('a task that hangs', () => {
  test('has its client ended softly and started anew, then is aborted, and the person is told', async () => {
    f.client.joined(projectUrl).tasks = [
      clientTask('hangs', { ...runningTask, checkpointCpuSeconds: 1 }),
      clientTask('works', { ...runningTask, checkpointCpuSeconds: 1 }),
    ];
    f.client.hanging.add('hangs');
    f.start();
    await f.pass(21 * 60);
    expect(f.asked('quit')).toHaveLength(1);
    expect(f.machine.started).toHaveLength(2);
    expect(f.asked('abortTask')).toEqual([]);
    await f.pass(21 * 60);
    expect(f.asked('quit')).toHaveLength(1);
    expect(f.asked('abortTask')).toEqual(['abortTask hangs']);
    expect(f.booked()).toEqual(['hangs 1 aborted']);
    expect(f.entries()[0]?.body).toMatchObject({ failure: 'task-stuck' });
    expect(f.problems).toMatchObject([{ code: 'task-stuck' }]);
    await f.pass(60 * 60);
    expect(f.asked('abortTask')).toHaveLength(1);
    expect(view().running).toBe(1);
    f.runner.update();
    expect(f.problems.at(-1)).toBe(null);
  });

  test('only seemingly, because its VM is throttled, is left alone', async () => {
    f.client.joined(projectUrl).tasks = [clientTask('a', runningTask)];
    f.client.hanging.add('a');
    f.share = 0.25;
    f.start();
    let cpuSeconds = 0;
    await f.pass(100 * 60, () => {
      cpuSeconds += 0.2;
      f.client.set('a', { cpuSeconds });
      return false;
    });
    expect(f.asked('quit')).toEqual([]);
  });
});

describe('a VM that is about to be powered off', () => {
  test('has its client ended softly, and the run goes on until the machine is gone', async () => {
    f.client.joined(projectUrl).tasks = [clientTask('a', runningTask)];
    const run = f.start();
    await f.pass(6);
    expect(f.runner.needs()).toBe(true);
    await f.runner.quiet(15_000);
    expect(f.asked('quit')).toHaveLength(1);
    expect(f.machine.running).toBe(false);
    expect(f.runner.needs()).toBe(false);
    await f.pass(20);
    expect(run.over).toBe(false);
    f.machine.lose();
    await f.pass(4, () => run.over);
    expect(run.code).toBe('session-lost');
    expect(f.machine.started).toHaveLength(1);
  });

  test('and is not: its client is started again', async () => {
    f.client.joined(projectUrl).tasks = [clientTask('a', runningTask)];
    f.start();
    await f.pass(6);
    await f.runner.quiet(15_000);
    await f.pass(90);
    expect(f.machine.started).toHaveLength(2);
    expect(view().running).toBe(1);
    expect(f.runner.needs()).toBe(true);
  });

  test('after its client had nothing to do: it is ended by signal', async () => {
    f.client.joined(projectUrl, { noNewWork: true });
    f.store.change(f.id, { noNewWork: true });
    const run = f.start();
    await f.pass(120, () => run.over);
    await f.runner.quiet(15_000);
    expect(f.machine.asked.at(-1)).toBe('stopAgent 15');
    expect(f.machine.running).toBe(false);
  });

  test('while it stands frozen, or before it was ever used: nobody waits for long', async () => {
    await f.runner.quiet(15_000);
    f.client.joined(projectUrl).tasks = [clientTask('a', runningTask)];
    f.start();
    await f.pass(6);
    f.machine.freeze();
    let quiet = false;
    void f.runner.quiet(15_000).then(() => {
      quiet = true;
    });
    await f.pass(1);
    expect(quiet).toBe(false);
    await f.pass(1);
    expect(quiet).toBe(true);
  });
});

describe('a project that is left', () => {
  test('while its VM runs: it is detached, what ran is booked as given up, and it wants no VM any more', async () => {
    f.client.joined(projectUrl).tasks = [clientTask('a', runningTask), clientTask('b')];
    const run = f.start();
    await f.pass(10);
    await f.runner.leave();
    expect(run.over).toBe(true);
    expect(f.asked('detach')).toHaveLength(1);
    expect(f.asked('attach')).toEqual([]);
    expect(f.booked()).toEqual(['a 1 aborted']);
    expect(f.runner.hasWork()).toBe(false);
    expect(f.runner.needs()).toBe(false);
    expect(view()).toMatchObject({ state: 'leaving', queued: 0, running: 0 });
    expect(f.store.project(f.id).state).toBe('leaving');
    await expect(f.runner.run(f.machine)).resolves.toBeUndefined();
  });

  test.each(['joining', 'between two runs', 'frozen', 'refused', 'suspended'] as const)(
    'while %s',
    async (when) => {
      const isJoined = when !== 'joining' && when !== 'refused';
      if (isJoined) f.client.joined(projectUrl).tasks = [clientTask('a', runningTask)];
      if (when === 'refused') f.workers.refuse('attach', new GleanerError('account-refused', 'No.'));
      if (when !== 'joining') f.start();
      await f.pass(when === 'joining' ? 0 : 7);
      if (when === 'frozen') f.machine.freeze();
      if (when === 'suspended') f.runner.set({ suspended: true });
      if (when === 'between two runs') f.machine.lose();
      await f.pass(when === 'joining' ? 0 : 4);
      let left = false;
      void f.runner.leave().then(() => {
        left = true;
      });
      await f.pass(3);
      expect(left).toBe(true);
      expect(view().state).toBe('leaving');
      expect(f.runner.hasWork()).toBe(false);
      expect(f.booked()).toEqual(isJoined ? ['a 1 aborted'] : []);
      expect(f.problems.at(-1) ?? null).toBe(null);
      f.store.left(f.id);
      expect(f.store.projects()).toEqual([]);
      // For the end of this test, which asks the views no more.
      expect(f.store.find(projectUrl)).toBe(undefined);
    },
  );

  test('in the middle of being attached: it is not attached again', async () => {
    let leaving: Promise<void> | undefined;
    f.workers.onCall = (verb) => {
      if (verb === 'attach') leaving ??= f.runner.leave();
    };
    const run = f.start();
    await f.pass(15, () => run.over);
    await leaving;
    expect(f.asked('attach')).toHaveLength(1);
    expect(run.code).toBe(undefined);
  });

  test('and whose client takes its time: it is not attached again meanwhile', async () => {
    f.client.joined(projectUrl).tasks = [clientTask('a', runningTask)];
    const run = f.start();
    await f.pass(7);
    let detached: () => void = () => undefined;
    f.workers.held.set(
      'detach',
      new Promise((resolve) => {
        detached = resolve;
      }),
    );
    const leaving = f.runner.leave();
    await f.pass(12);
    expect(f.asked('detach')).toHaveLength(1);
    expect(run.over).toBe(false);
    detached();
    await leaving;
    expect(run.over).toBe(true);
    expect(f.asked('attach')).toEqual([]);
    expect(f.booked()).toEqual(['a 1 aborted']);
  });

  test('when the disk refuses even that: the person hears of it', async () => {
    f.database.run(
      "CREATE TRIGGER full BEFORE UPDATE ON boinc_projects BEGIN SELECT RAISE(ABORT, 'no'); END",
    );
    await expect(f.runner.leave()).rejects.toThrow();
    expect(f.store.project(f.id).state).toBe('joining');
  });
});

test('what waits is told by time alone, with one timer, which ends with the runner', async () => {
  f.client.joined(projectUrl);
  const run = f.start();
  await f.pass(12);
  f.client.become({ contactPending: false });
  await f.pass(120, () => run.over);
  expect(f.clock.pending).toBe(1);
  await f.runner.dispose();
  expect(f.clock.pending).toBe(0);
  expect(f.runner.hasWork()).toBe(false);
});
