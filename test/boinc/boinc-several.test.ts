import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Snapshot } from '../../electron/contract/index.ts';
import type { StandIn } from '../fakes/boinc-project/stand-in.ts';
import { resultOf, type StandInTask } from '../fakes/boinc-project/tasks.ts';
import { sees } from '../vm/host-world.ts';
import { BoincWorld, entriesOf, joinProject, placeOf, seesGrid } from './boinc-world.ts';

/** Two projects on one computer: each in a VM of its own, and the arbiter between them. The tests follow one another. */

let world: BoincWorld;
let first: StandIn;
let second: StandIn;
let firstId: string;
let secondId: string;
let long: StandInTask;
let short: StandInTask;
/** How many VMs ran at once, at most, since it was set to 0. */
let mostRunning = 0;

beforeAll(async () => {
  world = await BoincWorld.start();
  first = await world.standIn({ name: 'First' });
  second = await world.standIn({ ...placeOf('second.example'), name: 'Second' });
  world.host.subscribe(({ snapshot }) => {
    mostRunning = Math.max(mostRunning, running(snapshot).length);
  });
});
afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return;
  for (const standIn of [first, second]) console.error(await world.story(standIn));
});
afterAll(() => world.dispose());

const running = ({ vms }: Snapshot): string[] =>
  vms.filter(({ phase }) => phase === 'running').map(({ grid }) => grid);

async function joins(standIn: StandIn): Promise<string> {
  const { key } = standIn.account('person@example.org', 'a good password');
  return (await joinProject(world.host, standIn.masterUrl, { kind: 'key', key })).id;
}

const credited = (standIn: StandIn, task: StandInTask): Promise<void> =>
  world.until(standIn, () => task.granted !== null);

const computes = (grid: string, task: StandInTask) => (snapshot: Snapshot) =>
  snapshot.jobs.some(
    ({ id, state, cpuSeconds }) => id === `${grid}/${task.name}_0` && state === 'running' && cpuSeconds > 2,
  );

test('one that was just joined gets its turn from another in mid-task', async () => {
  const { host } = world;
  long = first.addTask({ cpuSeconds: 4, untilTold: true, credit: 3 });
  firstId = await joins(first);
  await sees(host, computes(firstId, long));
  short = second.addTask({ cpuSeconds: 2, credit: 5 });
  secondId = await joins(second);
  await sees(
    host,
    (one) =>
      running(one).includes(secondId) &&
      one.vms.some(({ grid, phase }) => grid === firstId && phase === 'saved'),
  );
  await credited(second, short);
});

test('when the other wants no turn any more, the first computes on where it was', async () => {
  const { host } = world;
  await host.call('grids.set', { id: secondId, suspended: true });
  first.tell(long);
  // Saved in the middle of a contact, its client would wait a minute or two with the next.
  await host.call('grids.update', { id: firstId });
  await credited(first, long);
  // Never begun anew: the first was saved meanwhile, not ended.
  expect([long, short].map((task) => resultOf(task)?.starts)).toEqual([[0], [0]]);
  expect(mostRunning).toBe(1);
});

test('where two may run at once, they do, and share what the policy allows', async () => {
  const { host } = world;
  await host.call('grids.set', { id: secondId, suspended: false });
  const [one, other] = [first, second].map((standIn) =>
    standIn.addTask({ cpuSeconds: 4, untilTold: true }),
  ) as [StandInTask, StandInTask];
  await host.call('settings.set', { key: 'vm.maxRunning', value: 2 });
  await Promise.all([firstId, secondId].map((id) => host.call('grids.update', { id })));
  const together = await sees(
    host,
    (snapshot) =>
      computes(firstId, one)(snapshot) &&
      computes(secondId, other)(snapshot) &&
      running(snapshot).length === 2,
  );
  expect(
    together.vms
      .filter(({ phase }) => phase === 'running')
      .map(({ grid }) => grid)
      .sort(),
  ).toEqual([firstId, secondId].sort());
  first.tell(one);
  second.tell(other);
  await Promise.all([credited(first, one), credited(second, other)]);
  expect([one.verdict, other.verdict]).toEqual(['valid', 'valid']);
});

test('what each has done, earned and spoken to is kept apart', async () => {
  const { host } = world;
  const seen = await sees(host, ({ today }) => {
    const earned = (id: string) => today.earned.find(({ grid }) => grid === id)?.observed ?? 0;
    return earned(firstId) > 3 && earned(secondId) > 5;
  });
  expect(seen.today.earned.map(({ grid }) => grid).sort()).toEqual([firstId, secondId].sort());
  for (const [id, name] of [
    [firstId, 'project.example'],
    [secondId, 'second.example'],
  ] as const) {
    await seesGrid(host, id, ({ done }) => done === 2);
    const { contacted, denials } = await host.call('grids.show', { id });
    expect(contacted.map(({ host: contact }) => contact)).toEqual([name]);
    expect(denials).toEqual([]);
    const attempts = (await entriesOf(host, id)).filter(({ body }) => body.kind === 'attempt');
    expect(attempts).toHaveLength(2);
  }
  expect((await host.call('ledger.verify', {})).ok).toBe(true);
});
