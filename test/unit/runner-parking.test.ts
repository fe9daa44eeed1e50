import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type FakeMachine, readTar } from '../fakes/fake-machine.ts';
import { LocalGridFixture } from './runner-fixture.ts';

let dir = '';
let grid: LocalGridFixture;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gleaner-parking-'));
  grid = new LocalGridFixture(dir);
});
afterEach(async () => {
  await grid.runner.dispose();
  grid.close();
  rmSync(dir, { recursive: true, force: true });
});

const chain = (seconds: number): string =>
  Array.from({ length: seconds }).reduce<string>(
    (value) => createHash('sha256').update(value).digest('hex'),
    'a seed',
  );
const answer = async (id: string): Promise<string | undefined> =>
  (await readTar(grid.queue.resultPath(id))).get('out/answer');

/** Another host on the same folder. */
async function nextHost(generation: string | null): Promise<void> {
  await grid.runner.dispose();
  grid.close();
  const { clock } = grid;
  grid = new LocalGridFixture(dir);
  // Time goes on.
  grid.clock.advance(clock.now() - grid.clock.now());
  await grid.queue.recover(generation);
}

/** Runs the job for so long; its machine is then saved. Returns the machine that comes back. */
async function parkAfter(
  seconds: number,
  generation: string,
  on: FakeMachine = grid.machine(),
): Promise<FakeMachine> {
  const run = grid.start(on);
  await grid.until(() => on.busy);
  for (let second = 0; second < seconds; second += 1) {
    on.tick();
    await grid.settled();
  }
  const back = on.save(generation);
  expect(await run.result).toBe('parked');
  return back;
}

test('a job goes on where its machine was saved, in the same attempt, booked once', async () => {
  const id = await grid.add(['count', '10']);
  const back = await parkAfter(4, 'g1');
  expect(grid.view(id)).toMatchObject({ state: 'running', attempt: 1, progress: 0.4, progressText: '4 s' });
  expect(grid.booked(id)).toEqual([]);
  expect(grid.queue.isAwaited('g1')).toBe(true);
  expect(grid.queue.isAwaited('g2')).toBe(false);
  expect(await grid.run(back)).toBe('idle');
  expect(grid.booked(id)).toEqual(['done - 3']);
  expect(await answer(id)).toBe(chain(10));
  expect(back.started).toEqual([]);
  expect(grid.queue.lost(0)).toEqual({ wallSeconds: 0, cpuSeconds: 0 });
});

test('also on another host; the time in between counts as frozen', async () => {
  const id = await grid.add(['count', '10']);
  await parkAfter(4, 'g1');
  grid.clock.advance(600_000);
  await nextHost('g1');
  expect(grid.view(id)).toMatchObject({ state: 'running', attempt: 1 });
  // The machine of the host before, brought back by this one.
  const back = grid.machine();
  back.becomes(id, ['count', '10'], 4, 'g1');
  expect(await grid.run(back)).toBe('idle');
  expect(grid.booked(id)).toEqual(['done - 3']);
  expect(await answer(id)).toBe(chain(10));
  const [entry] = grid.ledger.entriesOf(id);
  expect(entry?.body).toMatchObject({ wallSeconds: 10, frozenSeconds: 600, cpuSeconds: 10 });
});

test('saved again and again it still ends once', async () => {
  const id = await grid.add(['count', '9']);
  const second = await parkAfter(3, 'g1');
  const third = await parkAfter(3, 'g2', second);
  expect(grid.queue.isAwaited('g1')).toBe(false);
  expect(await grid.run(third)).toBe('idle');
  expect(grid.booked(id)).toEqual(['done - 3']);
  expect(grid.ledger.entriesOf(id)[0]?.body).toMatchObject({ wallSeconds: 9, cpuSeconds: 9 });
});

test('a machine that does not come back: interrupted, from the last checkpoint, what was lost is told', async () => {
  const id = await grid.add(['count', '20'], { checkpoint: { interval: 5 } });
  const on = grid.machine();
  const run = grid.start(on);
  await grid.until(() => on.busy);
  while ((grid.queue.view(id)?.checkpointAt ?? null) === null) {
    on.tick();
    await grid.settled();
  }
  for (let second = 0; second < 3; second += 1) {
    on.tick();
    await grid.settled();
  }
  on.save('g1');
  await run.result;
  const before = grid.queue.lost(0);
  expect(before.wallSeconds).toBe(0);
  const fresh = grid.machine();
  let from: number | undefined;
  await grid.run(fresh, () => {
    from ??= fresh.startedFrom;
  });
  expect(grid.booked(id)).toEqual(['interrupted job-interrupted -', 'done - 3']);
  expect(from).toBe(5);
  expect(await answer(id)).toBe(chain(20));
  expect(grid.queue.lost(0)).toEqual({ wallSeconds: 3, cpuSeconds: 3 });
  expect(grid.queue.lost(grid.clock.now() + 1)).toEqual({ wallSeconds: 0, cpuSeconds: 0 });
});

test('a host that finds no saved machine, or another one, books the attempt', async () => {
  const id = await grid.add(['count', '10']);
  await parkAfter(4, 'g1');
  await nextHost('g2');
  expect(grid.view(id)).toMatchObject({ state: 'queued', attempt: 1 });
  expect(grid.booked(id)).toEqual(['interrupted job-interrupted -']);
  expect(grid.queue.lost(0)).toEqual({ wallSeconds: 4, cpuSeconds: 4 });
});

test('an attempt is taken up once: a host that died after that has nothing to go on with', async () => {
  const id = await grid.add(['count', '10']);
  await parkAfter(4, 'g1');
  expect(grid.queue.adopt('g1')?.usage).toMatchObject({ wallSeconds: 4, cpuSeconds: 4 });
  expect(grid.queue.adopt('g1')).toBeUndefined();
  // Even if somebody put the saved machine back.
  await nextHost('g1');
  expect(grid.booked(id)).toEqual(['interrupted job-interrupted -']);
});

test('a job that had not begun in the machine begins anew, and that is not held against it', async () => {
  const id = await grid.add(['count', '3']);
  const on = grid.machine();
  on.freeze();
  const run = grid.start(on);
  await grid.until(() => on.asked.includes('startJob'));
  const back = on.save('g1');
  expect(await run.result).toBe('parked');
  expect(await grid.run(back)).toBe('idle');
  expect(grid.booked(id)).toEqual(['interrupted job-interrupted -', 'done - 3']);
});

test('one that ended in the machine is collected when that is back', async () => {
  const id = await grid.add(['count', '3']);
  const on = grid.machine();
  let back: FakeMachine | undefined;
  grid.onStep = (step) => {
    if (step === 'ended') back = on.save('g1');
  };
  const run = grid.start(on);
  await grid.until(() => on.busy);
  while (!run.over) {
    if (on.busy) on.tick();
    await grid.settled();
  }
  expect(await run.result).toBe('parked');
  if (!back) throw new Error('it was not saved');
  expect(await grid.run(back)).toBe('idle');
  expect(grid.booked(id)).toEqual(['done - 3']);
  expect(await answer(id)).toBe(chain(3));
});

test('limits count over the save: the wall limit, and the CPU limit', async () => {
  const wall = await grid.add(['forever'], { limits: { wall: 6 } });
  const back = await parkAfter(4, 'g1');
  grid.clock.advance(3_600_000);
  await grid.run(back);
  expect(grid.view(wall)).toMatchObject({ state: 'failed', failure: { code: 'job-wall-limit' } });
  const body = grid.ledger.entriesOf(wall)[0]?.body;
  expect(body?.wallSeconds).toBeGreaterThanOrEqual(6);
  expect(body?.wallSeconds).toBeLessThan(8);
  expect(body?.frozenSeconds).toBe(3600);
  const cpu = await grid.add(['forever'], { limits: { cpu: 6 } });
  await grid.run(await parkAfter(4, 'g2'));
  expect(grid.view(cpu)).toMatchObject({ state: 'failed', failure: { code: 'job-cpu-limit' } });
});

test('the interval of checkpoints goes on, too', async () => {
  const id = await grid.add(['count', '30'], { checkpoint: { interval: 5 } });
  let on = await parkAfter(3, 'g1');
  on = await parkAfter(3, 'g2', on);
  // After 5 s in all, although no machine lived for 5 s.
  expect(grid.queue.checkpoints.list(id)).toHaveLength(1);
  await grid.run(on);
  expect(grid.booked(id)).toEqual(['done - 3']);
});

test('a parked job can be aborted; that is booked with what it had used', async () => {
  const id = await grid.add(['count', '10']);
  const back = await parkAfter(4, 'g1');
  await grid.runner.abort(id);
  expect(grid.view(id)).toMatchObject({ state: 'aborted' });
  expect(grid.booked(id)).toEqual(['aborted job-aborted -']);
  expect(grid.ledger.entriesOf(id)[0]?.body).toMatchObject({ wallSeconds: 4, cpuSeconds: 4 });
  expect(grid.queue.isAwaited('g1')).toBe(false);
  await expect(grid.runner.abort(id)).rejects.toMatchObject({ code: 'job-finished' });
  expect(await grid.run(back)).toBe('idle');
});

test('the end of the host leaves a parked job parked', async () => {
  const id = await grid.add(['count', '10']);
  await parkAfter(4, 'g1');
  await grid.runner.dispose(5000);
  expect(grid.view(id)).toMatchObject({ state: 'running' });
  expect(grid.booked(id)).toEqual([]);
});
