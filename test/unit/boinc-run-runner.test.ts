import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GleanerError } from '../../electron/contract/index.ts';
import { FakeAgentMachine } from '../fakes/fake-agent-machine.ts';
import { clientTask, runningTask } from '../fakes/fake-boinc-engine.ts';
import { accountKey, projectUrl, RunnerFixture } from './boinc-run-fixture.ts';

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

test('a project that was just joined is attached once, set up, and looked after', async () => {
  expect(f.runner.hasWork()).toBe(true);
  expect(f.views().grid).toMatchObject({
    state: 'joining',
    sentence: 'It signs in to the project as soon as its virtual machine may run.',
  });
  const run = f.start();
  await f.pass(4);
  expect(f.machine.asked.slice(0, 4)).toEqual([
    'forwardGateway 3128',
    'reach 31416',
    'agentStatus',
    'startAgent',
  ]);
  expect(f.machine.started).toHaveLength(1);
  expect(f.machine.started[0]).toMatchObject({
    argv: ['/usr/lib/gleaner/boinc-agent'],
    memoryBytes: 400 * 1024 * 1024,
    vcpus: 1,
  });
  expect(f.client.asked).toEqual([
    'runMode always',
    'networkMode always',
    `attach ${projectUrl} ${accountKey}`,
  ]);
  expect(f.views().grid).toMatchObject({
    state: 'joining',
    sentence: 'Its virtual machine signs in to the project.',
  });

  f.client.become({ hostId: '7', contactPending: false });
  f.client.tasks = [clientTask('a', runningTask), clientTask('b')];
  await f.pass(30);
  const { grid, detail, jobs } = f.views();
  expect(grid).toMatchObject({ state: 'working', sentence: 'It computes one task.', queued: 1, running: 1 });
  expect(detail).toMatchObject({
    hostId: '7',
    userName: 'ada',
    weakKey: true,
    diskBytes: 1000,
  });
  expect(jobs.map(({ title, owner, state }) => [title, owner, state])).toEqual([
    ['Upper case: a', 'Upper', 'running'],
    ['Upper case: b', 'Upper', 'queued'],
  ]);
  expect(f.store.project(f.id)).toMatchObject({ state: 'joined', hostId: '7', keyHeld: true });
  expect(f.keysLetGo).toBe(0);
  await f.pass(60);
  expect(f.keysLetGo).toBe(1);
  expect(f.store.project(f.id).keyHeld).toBe(false);
  expect(f.asked('attach')).toHaveLength(1);
  expect(run.over).toBe(false);
  expect(f.problems).toEqual([]);
});

test('a key store that fails keeps the key, and is asked again', async () => {
  f.client.joined(projectUrl).tasks = [clientTask('a', runningTask)];
  f.attachedFails = true;
  f.start();
  await f.pass(70);
  expect(f.store.project(f.id).keyHeld).toBe(true);
  f.attachedFails = false;
  await f.pass(70);
  expect(f.store.project(f.id).keyHeld).toBe(false);
});

test('a task is followed from its download to its credit', async () => {
  f.client.joined(projectUrl);
  f.client.tasks = [clientTask('a', { state: 1 })];
  f.start();
  await f.pass(6);
  expect(f.views().detail.tasks).toMatchObject([{ name: 'a', state: 'downloading' }]);
  f.client.set('a', { state: 2, ...runningTask });
  await f.pass(20);
  f.client.set('a', { state: 4, process: null, scheduled: null });
  await f.pass(6);
  expect(f.views().detail.tasks).toMatchObject([{ state: 'uploading', cpuSeconds: 20 }]);
  expect(f.booked()).toEqual([]);
  f.client.set('a', { state: 5, readyToReport: true });
  await f.pass(3);
  expect(f.booked()).toEqual(['a 1 done']);
  expect(f.views().detail.tasks).toMatchObject([{ state: 'reporting', progress: 1 }]);
  expect(f.views().grid).toMatchObject({ done: 1, sentence: 'Its results wait to be reported.' });
  f.client.drop('a');
  f.client.become({ hostTotal: 2.5, hostRecent: 0.1 });
  await f.pass(60);
  expect(f.booked()).toEqual(['a 1 done', 'credit:7:0:2.5 1 2.5']);
  const { grid, detail, jobs } = f.views();
  expect(grid).toMatchObject({ done: 1, credit: { hostTotal: 2.5 } });
  expect(detail.tasks).toMatchObject([{ name: 'a', state: 'done', progress: 1 }]);
  expect(jobs).toMatchObject([{ id: `${f.id}/a`, state: 'done', cpuSeconds: 20 }]);
});

test('a task that is reported between two looks is booked all the same', async () => {
  f.client.joined(projectUrl).tasks = [clientTask('a', runningTask)];
  f.start();
  await f.pass(9);
  f.client.set('a', { state: 4, cpuSeconds: 9, elapsedSeconds: 10 });
  await f.pass(3);
  f.client.tasks = [];
  await f.pass(3);
  expect(f.booked()).toEqual(['a 1 done']);
});

describe('a client that is not what it should be', () => {
  test('ends: it is started again, with another password, and hears what came before anew', async () => {
    f.client.joined(projectUrl).tasks = [clientTask('a', { ...runningTask, checkpointCpuSeconds: 5 })];
    f.client.say(9, 'hello');
    f.start();
    await f.pass(12);
    expect(f.views().detail.messages).toMatchObject([{ text: 'hello', priority: 'info' }]);
    f.machine.die();
    f.client.say(1, 'anew');
    await f.pass(12);
    expect(f.machine.started).toHaveLength(2);
    const passwords = f.machine.started.map(
      ({ files }) => files.find(({ path }) => path === 'gui_rpc_auth.cfg')?.content,
    );
    expect(passwords[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(passwords[0]).not.toBe(passwords[1]);
    expect(f.views().detail.messages.map(({ text }) => text)).toEqual(['anew']);
    expect(f.views().grid.running).toBe(1);
    expect(f.booked()).toEqual([]);
  });

  test('ends again and again: it is given up for a while, and the person is told', async () => {
    f.client.joined(projectUrl);
    f.machine.stillborn = true;
    f.machine.words = 'no data disk';
    const run = f.start();
    await f.pass(120, () => run.over);
    expect(run.code).toBe('agent-failed');
    expect(f.machine.started).toHaveLength(5);
    expect(f.problems).toMatchObject([{ code: 'agent-failed' }]);
    expect(f.problems[0]?.sentence).toContain('no data disk');
    expect(f.runner.hasWork()).toBe(false);
    expect(f.views().grid).toMatchObject({ state: 'attention', failure: { code: 'agent-failed' } });
    f.clock.advance(10 * 60_000);
    expect(f.runner.hasWork()).toBe(true);
    f.machine.stillborn = false;
    f.start(new FakeAgentMachine(f.clock, f.client));
    await f.pass(9);
    expect(f.problems.at(-1)).toBe(null);
    expect(f.views().grid.state).not.toBe('attention');
  });

  test('takes its time to listen: it is waited for, with one worker', async () => {
    f.client.joined(projectUrl);
    f.workers.notYet = 20;
    f.start();
    await f.pass(60, () => f.workers.notYet === 0);
    await f.pass(6);
    expect(f.machine.started).toHaveLength(1);
    expect(f.workers.made).toHaveLength(1);
    expect(f.views().detail.seenAt).not.toBe(null);
  });

  test('never listens: it is ended and started again, and given up at last', async () => {
    f.client.joined(projectUrl);
    f.workers.notYet = Number.POSITIVE_INFINITY;
    const run = f.start();
    await f.pass(700, () => run.over);
    expect(run.code).toBe('agent-failed');
    expect(f.machine.asked.filter((one) => one === 'stopAgent 15')).toHaveLength(4);
  });

  test('answers nothing: the connection is made anew', async () => {
    f.client.joined(projectUrl);
    f.start();
    await f.pass(6);
    f.workers.deaf = 1;
    const before = f.clock.now();
    await f.pass(60);
    expect(f.views().detail.seenAt).toBe(before);
    await f.pass(12);
    expect(f.views().detail.seenAt).toBeGreaterThan(before);
    expect(f.workers.made).toHaveLength(2);
    expect(f.machine.started).toHaveLength(1);
  });

  test('talks nonsense: after five times it is started anew', async () => {
    f.client.joined(projectUrl);
    f.start();
    await f.pass(6);
    f.workers.garbled = 4;
    await f.pass(30);
    expect(f.machine.started).toHaveLength(1);
    f.workers.garbled = 5;
    await f.pass(30);
    expect(f.machine.started).toHaveLength(2);
    expect(f.clock.now() - (f.views().detail.seenAt ?? 0)).toBeLessThan(3000);
  });

  test('is reached again after its worker crashed, and does not notice', async () => {
    f.client.joined(projectUrl).tasks = [clientTask('a', runningTask)];
    f.start();
    await f.pass(6);
    f.workers.crash();
    await f.pass(6);
    expect(f.workers.made).toHaveLength(2);
    expect(f.machine.started).toHaveLength(1);
    expect(f.views().grid.running).toBe(1);
  });
});

test('a second run beside the first is refused', async () => {
  f.client.joined(projectUrl);
  f.start();
  await f.settle();
  await expect(f.runner.run(f.machine)).rejects.toMatchObject({ code: 'wrong-phase' });
});

test('the same session is reached once, however often it is run on', async () => {
  f.client.joined(projectUrl, { noNewWork: true });
  f.store.change(f.id, { noNewWork: true });
  for (let n = 0; n < 2; n += 1) {
    const run = f.start();
    await f.pass(120, () => run.over);
    expect(run.over).toBe(true);
  }
  expect(f.machine.asked.filter((one) => one.startsWith('reach'))).toHaveLength(1);
  expect(f.machine.asked.filter((one) => one.startsWith('forward'))).toHaveLength(1);
  expect(f.machine.started).toHaveLength(1);
});

test('a disk that is full stops no task, and is told until there is room', async () => {
  f.client.joined(projectUrl).tasks = [clientTask('a', runningTask)];
  f.start();
  await f.pass(6);
  f.onStep = (step) => {
    if (step === 'record-begun') throw new GleanerError('disk-full', 'The disk is full.');
  };
  f.client.set('a', { state: 5, readyToReport: true });
  await f.pass(6);
  expect(f.problems).toMatchObject([{ code: 'disk-full' }]);
  expect(f.booked()).toEqual([]);
  f.onStep = () => undefined;
  await f.pass(3);
  expect(f.problems.at(-1)).toBe(null);
  expect(f.booked()).toEqual(['a 1 done']);
});
