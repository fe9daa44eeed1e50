import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { tarBytes } from '../../electron/base/tar-write.ts';
import { GleanerError } from '../../electron/contract/index.ts';
import { joinTars } from '../../electron/grid/local/runner-stage.ts';
import { type FakeMachine, readTar } from '../fakes/fake-machine.ts';
import { LocalGridFixture } from './runner-fixture.ts';

let dir = '';
let grid: LocalGridFixture;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gleaner-runner-'));
  grid = new LocalGridFixture(dir);
});
afterEach(async () => {
  await grid.runner.dispose();
  grid.close();
  rmSync(dir, { recursive: true, force: true });
});

const checkpointed = { checkpoint: { interval: 5 } };
const full = (): GleanerError => new GleanerError('disk-full', 'The disk is full.', 'Free some space.');

/** The answer that `count N` gives when nothing comes between. */
async function answerOf(id: string): Promise<string | undefined> {
  return (await readTar(grid.queue.resultPath(id))).get('out/answer');
}

async function undisturbed(count: number): Promise<string | undefined> {
  const id = await grid.add(['count', String(count)]);
  await grid.run(grid.machine());
  return answerOf(id);
}

/** Runs until `seconds` of the job are done on this machine, then takes the machine away. */
async function runAndLose(seconds: number): Promise<FakeMachine> {
  const machine = grid.machine();
  let passed = 0;
  await expect(
    grid.run(machine, () => {
      passed += 1;
      if (passed === seconds) machine.lose();
    }),
  ).rejects.toMatchObject({ code: 'session-lost' });
  return machine;
}

test('a job goes on from its last checkpoint on another machine; nothing is booked twice', async () => {
  const expected = await undisturbed(20);
  const id = await grid.add(['count', '20'], checkpointed);
  await runAndLose(13);
  expect(grid.view(id)).toMatchObject({ state: 'queued', attempt: 1, cpuSeconds: 13 });
  expect(grid.view(id).checkpointAt).not.toBeNull();
  expect(readdirSync(join(dir, 'jobs', id, 'checkpoints')).sort()).toEqual(['1.tar', '2.tar']);
  const machine = grid.machine();
  let from: number | undefined;
  await grid.run(machine, () => {
    from ??= machine.startedFrom;
  });
  expect(from).toBe(10);
  expect(machine.started[0]?.env['GLEANER_ATTEMPT']).toBe('2');
  expect(await answerOf(id)).toBe(expected);
  expect(grid.booked(id)).toEqual(['interrupted job-interrupted -', 'done - 3']);
  expect(readdirSync(join(dir, 'jobs', id))).toEqual(['result.tar']);
});

test('the last two are kept', async () => {
  const id = await grid.add(['count', '40'], checkpointed);
  const seen = new Set<string>();
  grid.onStep = (step) => {
    if (step === 'checkpoint-over')
      seen.add(
        readdirSync(join(dir, 'jobs', id, 'checkpoints'))
          .sort()
          .join(),
      );
  };
  await grid.run(grid.machine());
  expect([...seen].slice(0, 4)).toEqual(['1.tar', '1.tar,2.tar', '2.tar,3.tar', '3.tar,4.tar']);
});

test.each([
  [
    'cut short',
    (path: string) => {
      truncateSync(path, 100);
    },
  ],
  [
    'changed',
    (path: string) => {
      writeFileSync(path, tarBytes([{ path: 'checkpoint/state', content: '{"done":10,"value":"forged"}' }]));
    },
  ],
  [
    'gone',
    (path: string) => {
      rmSync(path);
    },
  ],
])('a newest checkpoint that is %s falls back to the one before, and says so', async (_, spoil) => {
  const expected = await undisturbed(20);
  const id = await grid.add(['count', '20'], checkpointed);
  await runAndLose(13);
  spoil(grid.queue.files.checkpointPath(id, 2));
  const machine = grid.machine();
  let from: number | undefined;
  await grid.run(machine, () => {
    from ??= machine.startedFrom;
  });
  expect(from).toBe(5);
  expect(grid.logged.join()).toContain('falling back');
  expect(await answerOf(id)).toBe(expected);
});

test('with no readable checkpoint a job begins anew', async () => {
  const id = await grid.add(['count', '20'], checkpointed);
  await runAndLose(13);
  for (const n of [1, 2]) writeFileSync(grid.queue.files.checkpointPath(id, n), '');
  const machine = grid.machine();
  let from: number | undefined;
  await grid.run(machine, () => {
    from ??= machine.startedFrom;
  });
  expect(from).toBe(0);
  expect(grid.view(id)).toMatchObject({ state: 'done', attempt: 2 });
});

test('a full disk at a checkpoint is a problem shown, not the end of the job', async () => {
  const id = await grid.add(['count', '20'], checkpointed);
  const machine = grid.machine();
  machine.refuse('checkpointJob', full());
  await grid.run(machine);
  expect(grid.problems[0]).toMatchObject({ code: 'disk-full', hint: 'Free some space.' });
  expect(grid.problems.at(-1)).toBeNull();
  expect(grid.steps.filter((step) => step === 'checkpoint-recorded').length).toBeGreaterThanOrEqual(2);
  expect(grid.booked(id)).toEqual(['done - 3']);
});

test('a job that publishes nothing, and a session lost while collecting, disturb nobody', async () => {
  const quiet = await grid.add(['idle'], { ...checkpointed, limits: { wall: 12 } });
  const id = await grid.add(['count', '12'], checkpointed);
  const machine = grid.machine();
  let refused = false;
  await grid.run(machine, () => {
    if (machine.started.length === 2 && !refused) {
      refused = true;
      machine.refuse('checkpointJob', new GleanerError('session-lost', 'The session is being repaired.'));
    }
  });
  expect(grid.view(quiet)).toMatchObject({ state: 'failed', failure: { code: 'job-wall-limit' } });
  expect(grid.view(id)).toMatchObject({ state: 'done', attempt: 1 });
  expect(grid.problems.filter((problem) => problem !== null)).toEqual([]);
});

describe('a full disk elsewhere', () => {
  test.each(['startJob', 'collectJob'] as const)(
    '%s waits for room, says so, and goes on',
    async (method) => {
      const id = await grid.add(['count', '2']);
      const machine = grid.machine();
      machine.refuse(method, full());
      machine.refuse(method, full());
      const run = grid.start(machine);
      const told = (count: number): Promise<void> => grid.until(() => grid.problems.length === count);
      if (method === 'collectJob') {
        await grid.until(() => machine.busy);
        machine.tick();
        machine.tick();
      }
      await told(1);
      expect(grid.problems).toMatchObject([{ code: 'disk-full' }]);
      await grid.until(() => grid.clock.pending > 0);
      grid.clock.advance(30_000);
      await told(2);
      await grid.until(() => grid.clock.pending > 0);
      grid.clock.advance(30_000);
      await told(3);
      expect(grid.problems[2]).toBeNull();
      if (method === 'startJob') {
        await grid.until(() => machine.busy);
        machine.tick();
        machine.tick();
      }
      expect(await run.result).toBe('idle');
      expect(grid.booked(id)).toEqual(['done - 3']);
    },
  );

  test('a lease that finds no room waits for it: the job is not begun before', async () => {
    const id = await grid.add(['count', '1']);
    vi.spyOn(grid.queue, 'lease').mockImplementationOnce(() => {
      throw full();
    });
    const machine = grid.machine();
    const run = grid.start(machine);
    await grid.until(() => grid.problems.length === 1);
    expect(grid.problems).toMatchObject([{ code: 'disk-full' }]);
    expect(grid.view(id)).toMatchObject({ state: 'queued', attempt: 0 });
    await grid.until(() => grid.clock.pending > 0);
    grid.clock.advance(30_000);
    await grid.until(() => machine.busy);
    expect(grid.problems.at(-1)).toBeNull();
    machine.tick();
    expect(await run.result).toBe('idle');
    expect(grid.booked(id)).toEqual(['done - 3']);
  });

  test('a booking that finds no room waits for it; an end of the host leaves it to the next start', async () => {
    const id = await grid.add(['count', '1']);
    let fulls = 0;
    grid.onStep = (step) => {
      if (step !== 'settle-booked') return;
      fulls += 1;
      throw full();
    };
    const machine = grid.machine();
    const run = grid.start(machine);
    await grid.until(() => machine.busy);
    machine.tick();
    await grid.until(() => fulls === 1 && grid.clock.pending > 0);
    expect(grid.view(id).state).toBe('running');
    expect(grid.booked(id)).toEqual([]);
    grid.clock.advance(30_000);
    await grid.until(() => fulls === 2 && grid.clock.pending > 0);
    await grid.runner.dispose();
    expect(await run.result).toBe('stopped');
    expect(grid.clock.pending).toBe(0);
    expect(grid.view(id).state).toBe('running');
    grid.onStep = () => undefined;
    await grid.queue.recover(null);
    expect(grid.booked(id)).toEqual(['interrupted job-interrupted -']);
    expect(grid.view(id).state).toBe('queued');
  });
});

test('a booking that the disk refuses for good is made up for before the next run', async () => {
  const id = await grid.add(['count', '12'], checkpointed);
  grid.onStep = (step) => {
    if (step === 'settle-booked') throw new GleanerError('storage-failed', 'The disk is broken.');
  };
  await expect(grid.run(grid.machine())).rejects.toMatchObject({ code: 'storage-failed' });
  expect(grid.view(id).state).toBe('running');
  await expect(grid.run(grid.machine())).rejects.toMatchObject({ code: 'storage-failed' });
  grid.onStep = () => undefined;
  expect(await grid.run(grid.machine())).toBe('idle');
  expect(grid.booked(id)).toEqual(['interrupted job-interrupted -', 'done - 3']);
  expect(await grid.ledger.verify()).toMatchObject({ ok: true, entries: 2 });
});

describe('interruptions', () => {
  test('a host that ends books the attempt and asks nothing of the machine', async () => {
    const id = await grid.add(['count', '20'], checkpointed);
    const machine = grid.machine();
    const run = grid.start(machine);
    await grid.until(() => machine.busy);
    machine.tick();
    machine.freeze();
    await grid.runner.dispose();
    expect(await run.result).toBe('stopped');
    expect(grid.booked(id)).toEqual(['interrupted job-interrupted -']);
    expect(machine.asked).toEqual(['startJob', 'watchJob']);
    expect(grid.clock.pending).toBe(0);
  });

  test('a host that ends in order keeps a last checkpoint, and the job goes on from it', async () => {
    const id = await grid.add(['count', '20'], checkpointed);
    const machine = grid.machine();
    const run = grid.start(machine);
    await grid.until(() => machine.busy);
    machine.tick();
    await grid.runner.dispose(5000);
    expect(await run.result).toBe('stopped');
    expect(machine.asked).toContain('checkpointJob');
    expect(grid.queue.checkpoints.list(id)).toHaveLength(1);
    expect(grid.clock.pending).toBe(0);
  });

  test('a machine that delivers no last checkpoint in time does not hold up the end', async () => {
    const id = await grid.add(['count', '20'], checkpointed);
    const machine = grid.machine();
    const run = grid.start(machine);
    await grid.until(() => machine.busy);
    machine.freeze();
    const disposed = grid.runner.dispose(5000);
    grid.clock.advance(5000);
    await disposed;
    expect(await run.result).toBe('stopped');
    expect(grid.booked(id)).toEqual(['interrupted job-interrupted -']);
    expect(grid.clock.pending).toBe(0);
  });

  test('a result that a lost session kept from us is asked for again', async () => {
    const id = await grid.add(['count', '2']);
    const machine = grid.machine();
    machine.refuse('collectJob', new GleanerError('session-lost', 'The session is being repaired.'));
    await grid.run(machine);
    expect(grid.booked(id)).toEqual(['done - 3']);
  });

  test('what is no fault of the job interrupts it and stops the run; the machine is cleaned before it goes on', async () => {
    const id = await grid.add(['count', '2']);
    const machine = grid.machine();
    machine.refuse('collectJob', new GleanerError('guest-protocol', 'Nonsense.'));
    machine.refuse('cleanJob', new GleanerError('guest-protocol', 'Nonsense.'));
    await expect(grid.run(machine)).rejects.toMatchObject({ code: 'guest-protocol' });
    expect(grid.view(id).state).toBe('queued');
    expect(await grid.run(machine)).toBe('idle');
    expect(grid.booked(id)).toEqual(['interrupted job-interrupted -', 'done - 3']);
  });

  test('a job that brings down every machine is given up, and the queue goes on', async () => {
    const id = await grid.add(['count', '9']);
    const next = await grid.add(['count', '1']);
    for (let n = 1; n <= 5; n += 1) await runAndLose(1);
    expect(grid.view(id)).toMatchObject({ state: 'failed', failure: { code: 'job-gave-up' }, attempt: 5 });
    await grid.run(grid.machine());
    expect(grid.view(next).state).toBe('done');
    expect(await grid.ledger.verify()).toMatchObject({ ok: true, entries: 6 });
  });
});

test('two tars become one, whatever stands after the end of the first', async () => {
  const [a, b, both] = ['a.tar', 'b.tar', 'ab.tar'].map((name) => join(dir, name)) as [
    string,
    string,
    string,
  ];
  const long = 'in/'.padEnd(180, 'x');
  const first = tarBytes([
    { path: long, content: 'long' },
    { path: 'in/zeros', content: new Uint8Array(2048) },
  ]);
  writeFileSync(a, Buffer.concat([first, Buffer.alloc(8192)]));
  writeFileSync(b, tarBytes([{ path: 'checkpoint/state', content: 'saved' }]));
  await joinTars(a, b, both);
  const files = await readTar(both);
  expect([...files.keys()]).toEqual([long, 'in/zeros', 'checkpoint/state']);
  expect(files.get('in/zeros')).toBe('\0'.repeat(2048));
  writeFileSync(a, tarBytes([]));
  await joinTars(a, b, both);
  expect([...(await readTar(both)).keys()]).toEqual(['checkpoint/state']);
});
