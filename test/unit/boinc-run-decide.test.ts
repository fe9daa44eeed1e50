import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GleanerError, GridView, TransferView } from '../../electron/contract/index.ts';
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

describe('a project that will not have us', () => {
  test('is left alone until the person acts', async () => {
    f.workers.refuse(
      'attach',
      new GleanerError('account-refused', 'The project does not know this account key.'),
    );
    const run = f.start();
    await f.pass(6, () => run.over);
    expect([run.over, run.code]).toEqual([true, undefined]);
    expect(f.problems).toMatchObject([{ code: 'account-refused' }]);
    expect(view()).toMatchObject({
      state: 'attention',
      sentence: 'The project does not know this account key.',
      failure: { code: 'account-refused' },
    });
    f.clock.advance(24 * 60 * minute);
    expect(f.runner.hasWork()).toBe(false);
    f.runner.update();
    expect(f.runner.hasWork()).toBe(true);
    expect(f.problems.at(-1)).toBe(null);
    f.start(nextMachine());
    await f.pass(6);
    expect(f.asked('attach')).toHaveLength(1);
  });

  test('says so with its first answer only', async () => {
    const run = f.start();
    await f.pass(6);
    f.client.say(4, 'Upper: Invalid or missing account key.  To fix, remove and add this project.', 3);
    await f.pass(6, () => run.over);
    expect(run.over).toBe(true);
    expect(view()).toMatchObject({
      state: 'attention',
      sentence: 'Upper does not know the account key.',
    });
  });

  test('but has known us before is not given up for a message', async () => {
    f.client.joined(projectUrl).tasks = [clientTask('a', runningTask)];
    const run = f.start();
    f.client.say(4, 'Invalid or missing account key.', 3);
    await f.pass(9);
    expect(run.over).toBe(false);
    expect(view().state).toBe('working');
  });

  test('is not attached without its key, which is nowhere any more', async () => {
    f.key = null;
    const run = f.start();
    await f.pass(6, () => run.over);
    expect(view()).toMatchObject({ state: 'attention', failure: { code: 'account-refused' } });
    expect(f.asked('attach')).toEqual([]);
  });

  test('is not attached over and over by a client that does not keep it', async () => {
    f.workers.onCall = (verb) => {
      if (verb === 'look') f.client.project = undefined;
    };
    const run = f.start();
    await f.pass(60, () => run.over);
    expect(run.over).toBe(true);
    expect(f.asked('attach')).toHaveLength(3);
    expect(view()).toMatchObject({ state: 'attention', failure: { code: 'grid-protocol' } });
  });
});

describe('a project that is down', () => {
  test('when it is attached: it is tried again later, less and less often', async () => {
    const waits: number[] = [];
    for (let n = 0; n < 7; n += 1) {
      f.workers.refuse('attach', new GleanerError('grid-unreachable', 'The project cannot be reached.'));
      const run = f.start(nextMachine());
      await f.pass(6, () => run.over);
      expect([run.over, run.code]).toEqual([true, undefined]);
      expect(view()).toMatchObject({
        state: 'joining',
        sentence: 'The project cannot be reached.',
        failure: { code: 'grid-unreachable' },
      });
      let waited = 0;
      while (!f.runner.hasWork()) {
        f.clock.advance(minute);
        waited += 1;
      }
      waits.push(waited);
    }
    expect(waits).toEqual([10, 20, 40, 80, 160, 240, 240]);
    expect(f.problems).toEqual([]);
    f.start(nextMachine());
    await f.pass(6);
    expect(view()).toMatchObject({ state: 'joining', failure: null });
  });

  test('after it was attached: that is told, and it is joined when it answers', async () => {
    const run = f.start();
    await f.pass(6);
    f.client.become({ contactPending: true, failedContacts: 2, nextContactAt: f.clock.now() + 90 * minute });
    await f.pass(120, () => run.over);
    expect([run.over, run.code]).toEqual([true, undefined]);
    expect(view()).toMatchObject({
      state: 'joining',
      sentence: 'The project cannot be reached; it is asked again after 89 minutes.',
    });
    f.clock.advance(90 * minute);
    expect(f.runner.hasWork()).toBe(true);
    f.client.become({ hostId: '7', contactPending: false, failedContacts: 0, nextContactAt: null });
    f.start(nextMachine());
    await f.pass(6);
    expect(view().state).toBe('waiting');
    expect(f.asked('attach')).toHaveLength(1);
  });

  test('with results to report: the VM goes to others, until the client means to try again', async () => {
    f.client.joined(projectUrl).tasks = [clientTask('a', { state: 5, readyToReport: true })];
    f.client.become({ contactPending: true });
    const run = f.start();
    await f.pass(30);
    expect(run.over).toBe(false);
    f.client.become({ failedContacts: 3, nextContactAt: f.clock.now() + 3 * 60 * minute });
    await f.pass(120, () => run.over);
    expect(run.over).toBe(true);
    expect(f.runner.hasWork()).toBe(false);
    expect(view().sentence).toContain('The project cannot be reached; it is asked again after');
    f.clock.advance(2 * 60 * minute);
    expect(f.runner.hasWork()).toBe(false);
    const changes = f.changes;
    f.clock.advance(60 * minute);
    expect(f.runner.hasWork()).toBe(true);
    expect(f.changes).toBeGreaterThan(changes);
  });

  test('that is tried again soon is waited for, but not for ever', async () => {
    f.client.joined(projectUrl).tasks = [clientTask('a', { state: 5, readyToReport: true })];
    const run = f.start();
    let looks = 0;
    f.workers.onCall = (verb) => {
      if (verb !== 'look') return;
      looks += 1;
      f.client.become({ failedContacts: 1, contactPending: true, nextContactAt: f.clock.now() + 4 * minute });
    };
    await f.pass(9 * 60);
    expect(run.over).toBe(false);
    expect(view().sentence).toBe('The project cannot be reached; it is tried again.');
    await f.pass(2 * 60, () => run.over);
    expect(run.over).toBe(true);
    expect(looks).toBeGreaterThan(100);
  });
});

describe('a project without work', () => {
  test('is asked when the VM comes up, and again after ever longer times', async () => {
    f.client.joined(projectUrl);
    const waits: number[] = [];
    for (let n = 0; n < 3; n += 1) {
      const run = f.start(nextMachine());
      await f.pass(12);
      expect(f.asked('update')).toHaveLength(n + 1);
      f.client.become({ contactPending: false });
      await f.pass(120, () => run.over);
      expect([run.over, run.code]).toEqual([true, undefined]);
      expect(f.runner.hasWork()).toBe(false);
      let waited = 0;
      while (!f.runner.hasWork()) {
        f.clock.advance(minute);
        waited += 1;
      }
      waits.push(waited);
    }
    expect(waits).toEqual([10, 20, 40]);
    // Work comes, and is done: the next wait is a short one.
    f.client.tasks = [clientTask('a', runningTask)];
    const run = f.start(nextMachine());
    await f.pass(12);
    f.client.tasks = [];
    await f.pass(120, () => run.over);
    expect(view().sentence).toBe(
      'The project has no work at the moment; it is asked again after 10 minutes.',
    );
    f.clock.advance(10 * minute);
    expect(f.runner.hasWork()).toBe(true);
  });

  test('that wants to be left alone for a while is not asked before, nor its VM brought up', async () => {
    f.client.joined(projectUrl, { nextContactAt: f.clock.now() + 7 * 60 * minute });
    const run = f.start();
    await f.pass(120, () => run.over);
    expect(run.over).toBe(true);
    expect(f.asked('update')).toEqual([]);
    f.clock.advance(6.9 * 60 * minute);
    expect(f.runner.hasWork()).toBe(false);
    f.clock.advance(0.1 * 60 * minute);
    expect(f.runner.hasWork()).toBe(true);
  });

  test('that asks to be left alone for years is asked after a day', async () => {
    f.client.joined(projectUrl, { nextContactAt: f.clock.now() + 5e11 });
    const run = f.start();
    await f.pass(120, () => run.over);
    f.clock.advance(24 * 60 * minute);
    expect(f.runner.hasWork()).toBe(true);
  });

  test('is asked at once when the person wants it', async () => {
    f.client.joined(projectUrl);
    const run = f.start();
    await f.pass(12);
    f.client.become({ contactPending: false });
    await f.pass(120, () => run.over);
    expect(f.runner.hasWork()).toBe(false);
    f.runner.update();
    expect(f.runner.hasWork()).toBe(true);
    f.start(nextMachine());
    await f.pass(6);
    f.runner.update();
    await f.settle();
    expect(f.asked('update')).toHaveLength(3);
  });
});

test('files that wait to be sent do not keep the VM from others', async () => {
  f.client.joined(projectUrl, { noNewWork: true }).tasks = [clientTask('a', { state: 4 })];
  f.store.change(f.id, { noNewWork: true });
  const transfer = { file: 'a_0', upload: true, bytes: 10, totalBytes: 100, bytesPerSecond: 5, retries: 0 };
  f.client.transfers = [{ ...transfer, retryAt: null }];
  const run = f.start();
  await f.pass(20 * 60);
  expect(run.over).toBe(false);
  expect(view()).toMatchObject({ state: 'working', sentence: 'Files are on their way.' });
  f.client.transfers = [{ ...transfer, retryAt: f.clock.now() + 40 * minute, retries: 2, bytesPerSecond: 0 }];
  await f.pass(120, () => run.over);
  expect(run.over).toBe(true);
  expect(f.runner.detail().transfers.map((one) => TransferView.parse(one).words)).toEqual([
    'It failed 2 times, and is tried again after 39 minutes.',
  ]);
  expect(f.runner.hasWork()).toBe(false);
  f.clock.advance(40 * minute);
  expect(f.runner.hasWork()).toBe(true);
});
