import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StandIn } from '../fakes/boinc-project/stand-in.ts';
import { resultOf } from '../fakes/boinc-project/tasks.ts';
import { BoincWorld, entriesOf, joinStandIn, seesGrid, shows } from './boinc-world.ts';

let world: BoincWorld;
let standIn: StandIn;
let id: string;

beforeAll(async () => {
  world = await BoincWorld.start();
  standIn = await world.standIn();
});
afterAll(() => world.dispose());

test('a task is fetched, computed, uploaded, reported and credited', async () => {
  const { host } = world;
  const task = standIn.addTask({ cpuSeconds: 5, credit: 7.5 });
  const joined = await joinStandIn(host, standIn);
  ({ id } = joined);
  expect(joined).toMatchObject({ kind: 'boinc', name: 'Stand-in', url: standIn.masterUrl });
  const running = await shows(host, id, ({ tasks }) => tasks.some(({ state }) => state === 'running'));
  expect(running.tasks[0]?.name).toBe('count_1_0');
  console.log(JSON.stringify(running, null, 1));
  await standIn.until(() => task.granted !== null);
  expect(task).toMatchObject({ verdict: 'valid', granted: 7.5 });
  expect(resultOf(task)?.starts).toEqual([0]);
  const view = await seesGrid(host, id, ({ credit }) => credit?.hostTotal === 7.5);
  console.log(JSON.stringify(view), JSON.stringify(await entriesOf(host, id), null, 1));
  expect(view).toMatchObject({ done: 1, failed: 0 });
});
