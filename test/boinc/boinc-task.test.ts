import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Snapshot, TaskView } from '../../electron/contract/index.ts';
import { pidFileName, readPidFile } from '../../electron/vm/orphans.ts';
import type { StandInUser } from '../fakes/boinc-project/accounts.ts';
import type { StandIn } from '../fakes/boinc-project/stand-in.ts';
import { resultOf, type StandInTask } from '../fakes/boinc-project/tasks.ts';
import { JumpingClock } from '../fakes/jumping-clock.ts';
import { sees } from '../vm/host-world.ts';
import { BoincWorld, entriesOf, joinProject, seesGrid, shows } from './boinc-world.ts';

/** One project in one VM, through all that happens to it. The tests follow one another on the same machine. */

const email = 'person@example.org';
const password = 'a good password';
const clock = new JumpingClock();
let world: BoincWorld;
let standIn: StandIn;
let user: StandInUser;
let id: string;

beforeAll(async () => {
  world = await BoincWorld.start({ host: { clock } });
  standIn = await world.standIn();
  user = standIn.account(email, password);
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.error(await world.story(standIn));
});
afterAll(() => world.dispose());

/** Lets it end; its client hears of that at once, even if its last contact was cut off and it would wait with the next. */
async function ends(task: StandInTask): Promise<void> {
  standIn.tell(task);
  await world.host.call('grids.update', { id });
  await verdictOf(task);
}

const verdictOf = (task: StandInTask): Promise<void> => world.until(standIn, () => task.verdict !== null);

/** Resolves when the task runs and `wanted` says yes to what is seen of it. */
async function runs(task: StandInTask, wanted: (view: TaskView) => boolean = () => true): Promise<TaskView> {
  const of = (tasks: readonly TaskView[]): TaskView | undefined =>
    tasks.find(({ name, state }) => name === `${task.name}_0` && state === 'running');
  const detail = await shows(world.host, id, ({ tasks }) => {
    const view = of(tasks);
    return view !== undefined && wanted(view);
  });
  return of(detail.tasks) as TaskView;
}

/**
 * Resolves when the client knows that it may not ask: none of its requests is on its way. It comes with what allows that
 * again, from the next contact on: {@link ends} has it ask.
 */
async function quiet(): Promise<() => void> {
  const { project } = standIn;
  const { requestDelaySeconds, nextContactSeconds } = project;
  Object.assign(project, { requestDelaySeconds: 3600, nextContactSeconds: null });
  await shows(world.host, id, ({ messages }) =>
    messages.some(({ text }) => text === 'Project requested delay of 3600 seconds'),
  );
  return () => {
    Object.assign(project, { requestDelaySeconds, nextContactSeconds });
  };
}

const phase = (wanted: string) => (snapshot: Snapshot) =>
  snapshot.vms.some((vm) => vm.grid === id && vm.phase === wanted);

test('a task is fetched, computed, uploaded, reported and credited', async () => {
  const { host } = world;
  const task = standIn.addTask({ cpuSeconds: 4, untilTold: true, credit: 7.5 });
  const joined = await joinProject(host, standIn.masterUrl, { kind: 'login', email, password });
  ({ id } = joined);
  expect(joined).toMatchObject({ kind: 'boinc', name: 'Stand-in', url: standIn.masterUrl, state: 'joining' });
  const seen = await runs(task);
  expect(seen).toMatchObject({ application: 'Stand-in counting', words: null });
  expect(Math.abs((seen.deadline ?? 0) - Date.now() - 86_400_000)).toBeLessThan(600_000);
  standIn.tell(task);
  await world.until(standIn, () => task.granted !== null);
  expect(resultOf(task)?.starts).toEqual([0]);
  const { today } = await sees(host, (one) => one.today.earned.some(({ observed }) => observed > 0));
  expect(today.earned.filter(({ grid }) => grid === id)).toMatchObject([{ observed: 7.5 }]);
  const view = await seesGrid(host, id, ({ credit }) => credit?.hostTotal === 7.5);
  expect(view).toMatchObject({ done: 1, failed: 0, credit: { userTotal: 7.5 } });
  const bodies = (await entriesOf(host, id)).map(({ body }) => body);
  expect(bodies.filter(({ kind }) => kind === 'attempt')).toMatchObject([
    { job: 'count_1_0', outcome: 'done', credit: null },
  ]);
  expect(bodies.filter(({ kind }) => kind === 'credit')).toHaveLength(1);
  const detail = await host.call('grids.show', { id });
  expect(detail).toMatchObject({ hostId: '1000', userName: 'Volunteer', weakKey: true, denials: [] });
  expect(detail.contacted.map(({ host: name }) => name)).toEqual(['project.example']);
});

test('frozen for a minute in mid-task, it goes on as if nothing had been', async () => {
  const { host } = world;
  const task = standIn.addTask({ cpuSeconds: 4, untilTold: true });
  await runs(task, ({ cpuSeconds }) => cpuSeconds > 2);
  const speak = await quiet();
  await host.call('pause', { length: 'manual' });
  await sees(host, phase('frozen'));
  const asked = standIn.requests.length;
  await delay(61_000);
  expect(standIn.requests).toHaveLength(asked);
  const resumedAt = Date.now() / 1000;
  await host.call('resume', {});
  const date = standIn.addTask({ script: 'date +%s' });
  speak();
  await ends(task);
  await verdictOf(date);
  expect(resultOf(task)?.starts).toEqual([0]);
  // The guest's clock was set: what ran after the thaw knows the time.
  const told = Number(date.output?.toString());
  expect(told).toBeGreaterThanOrEqual(resumedAt - 2);
  expect(told).toBeLessThanOrEqual(Date.now() / 1000 + 2);
  await seesGrid(host, id, ({ done }) => done === 3);
  const entry = (await entriesOf(host, id)).find(({ body }) => body.job === `${task.name}_0`);
  expect(entry?.body).toMatchObject({ outcome: 'done' });
});

test('saved in mid-task and brought back by the next host, it computes on', async () => {
  const task = standIn.addTask({ cpuSeconds: 4, untilTold: true });
  await runs(task, ({ cpuSeconds }) => cpuSeconds > 2);
  await world.stopHost({ save: true });
  await world.startHost();
  await sees(world.host, phase('running'));
  await ends(task);
  expect(task.verdict).toBe('valid');
  expect(resultOf(task)?.starts).toEqual([0]);
});

test('after kill -9 of QEMU it goes on from its checkpoint', async () => {
  const task = standIn.addTask({ cpuSeconds: 15, untilTold: true });
  // A file system forgets what it was told in the last seconds before.
  await runs(task, ({ cpuSeconds }) => cpuSeconds > 12);
  // The pid file names the wrapper, then QEMU.
  const pidPath = join(world.folder.dir, 'vms', id, pidFileName);
  process.kill(readPidFile(pidPath)?.processes.at(-1)?.pid ?? 0, 'SIGKILL');
  await sees(world.host, phase('backoff'));
  await sees(world.host, phase('running'));
  await ends(task);
  expect(task.verdict).toBe('valid');
  const starts = resultOf(task)?.starts ?? [];
  expect(starts).toHaveLength(2);
  expect(starts[1]).toBeGreaterThan(0);
  expect(standIn.project.accounts.hosts).toHaveLength(1);
});

test('clocks that jump ahead and back do it no harm', async () => {
  const { host } = world;
  const hour = 3_600_000;
  const task = standIn.addTask({ cpuSeconds: 4, untilTold: true, deadlineSeconds: 30 * 3600 });
  await runs(task, ({ cpuSeconds }) => cpuSeconds > 2);
  for (const ahead of [26 * hour, -5 * hour, 0]) {
    const { cpuSeconds } = await runs(task);
    clock.setAhead(ahead);
    // The guest is told at the next thaw.
    await host.call('pause', { length: 'manual' });
    await sees(host, phase('frozen'));
    await host.call('resume', {});
    await runs(task, (view) => view.cpuSeconds > cpuSeconds + 1);
  }
  await ends(task);
  expect(task.verdict).toBe('valid');
  expect(resultOf(task)?.starts).toEqual([0]);
});

test('a project that is down for a while is waited for', async () => {
  const { host } = world;
  const uploads = standIn.count('upload');
  standIn.trouble('upload', { kind: 'silent' });
  const task = standIn.addTask({ cpuSeconds: 4 });
  await world.until(standIn, () => standIn.count('upload') > uploads);
  await standIn.goDown();
  standIn.trouble('upload', null);
  await shows(
    host,
    id,
    ({ transfers, tasks }) => tasks.length > 0 && transfers.some(({ words }) => words !== null),
  );
  expect((await host.call('ledger.verify', {})).ok).toBe(true);
  await standIn.comeUp();
  await host.call('grids.update', { id });
  await verdictOf(task);
  expect(task.verdict).toBe('valid');
});

test('a task that fails is told as such', async () => {
  const { host } = world;
  const task = standIn.addTask({ failWith: 7 });
  const { tasks } = await shows(host, id, (detail) =>
    detail.tasks.some(({ name, state }) => name === `${task.name}_0` && state === 'failed'),
  );
  expect(tasks.find(({ name }) => name === `${task.name}_0`)?.words).toMatch(/7/);
  expect((await host.call('status', {})).grids.find((grid) => grid.id === id)).toMatchObject({ failed: 1 });
});

test('left, nothing of it is there any more', async () => {
  const { host } = world;
  await host.call('grids.leave', { id });
  expect((await host.call('grids.list', {})).map((grid) => grid.id)).toEqual(['local']);
  expect((await host.call('status', {})).vms.map(({ grid }) => grid)).toEqual(['local']);
  expect(world.tracesOf([id], [user.key, user.weakKey, password])).toEqual([]);
  // What was booked stays: it happened.
  expect((await entriesOf(host, id)).length).toBeGreaterThan(5);
  expect((await host.call('ledger.verify', {})).ok).toBe(true);
});
