import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { queueSteps } from '../../electron/grid/local/queue-types.ts';
import { runnerSteps } from '../../electron/grid/local/runner-machine.ts';
import { readTar } from '../fakes/fake-machine.ts';
import { runnerChild } from './runner-child.ts';
import { LocalGridFixture, type Step } from './runner-fixture.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gleaner-crash-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

/** A host process on the folder, to its death at this step. */
async function hostThatDiesAt(step: Step, times = 1): Promise<void> {
  const child = spawn(process.execPath, [runnerChild, dir, step, String(times)], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
}

/** The next start, to the end of all work. */
function nextHost(): Promise<unknown> {
  return inspect(async (grid) => {
    await grid.queue.recover(null);
    return grid.run(grid.machine());
  });
}

async function inspect<T>(look: (grid: LocalGridFixture) => Promise<T> | T): Promise<T> {
  const grid = new LocalGridFixture(dir);
  try {
    return await look(grid);
  } finally {
    await grid.runner.dispose();
    grid.close();
  }
}

/** What `count 24` gives when nothing comes between. */
const counted = Array.from({ length: 24 }).reduce<string>(
  (value) => createHash('sha256').update(value).digest('hex'),
  'a seed',
);

/** Steps that come before anything of the job is over; dying there costs one attempt. */
const attempts = (step: Step): string[] =>
  step === 'settle-committed' || step === 'cleaned' || step === 'swept'
    ? ['done - 3']
    : ['interrupted job-interrupted -', 'done - 3'];

const deaths: readonly (readonly [step: Step, times: number])[] = [
  ...[...runnerSteps, ...queueSteps].map((step): readonly [Step, number] => [step, 1]),
  ['checkpoint-renamed', 3],
  ['checkpoint-recorded', 3],
  ['checkpoint-swept', 3],
];

test.each(deaths)(
  'kill -9 at "%s" (time %i): nothing lost, nothing doubled, the same result',
  async (step, times) => {
    const [id, next] = await inspect(async (grid) => [
      await grid.add(['count', '24'], { checkpoint: { interval: 5 } }),
      await grid.add(['exit', '3']),
    ]);
    await hostThatDiesAt(step, times);
    await nextHost();
    await inspect(async (grid) => {
      expect(await grid.ledger.verify()).toMatchObject({ ok: true, firstBad: null });
      expect(grid.booked(id)).toEqual(attempts(step));
      expect(grid.view(id)).toMatchObject({
        state: 'done',
        hasResult: true,
        earned: { amount: 3, unit: 'points' },
      });
      expect(grid.view(next)).toMatchObject({ state: 'failed', failure: { code: 'job-exited' } });
      expect(grid.booked(next)).toEqual(['failed job-exited -']);
      expect(grid.ledger.totals(0)).toMatchObject({ jobsDone: 1, jobsFailed: 1, earned: [{ settled: 3 }] });
      expect((await readTar(grid.queue.resultPath(id))).get('out/answer')).toBe(counted);
      expect(readdirSync(join(dir, 'jobs', id))).toEqual(['result.tar']);
      const digest = grid.ledger.entriesOf(id).at(-1)?.body.resultDigest ?? '';
      expect(await grid.queue.files.matches(grid.queue.resultPath(id), digest)).toBe(true);
    });
  },
  60_000,
);

test('a host that dies over and over still finishes, from checkpoint to checkpoint', async () => {
  const id = await inspect((grid) => grid.add(['count', '24'], { checkpoint: { interval: 5 } }));
  for (let death = 1; death <= 3; death += 1) await hostThatDiesAt('checkpoint-recorded');
  await nextHost();
  await inspect(async (grid) => {
    expect(grid.booked(id)).toEqual([
      ...Array.from({ length: 3 }, () => 'interrupted job-interrupted -'),
      'done - 3',
    ]);
    const used = grid.ledger.entriesOf(id).map(({ body }) => body.cpuSeconds);
    expect(used.reduce((sum, seconds) => sum + seconds, 0)).toBe(24);
    expect((await readTar(grid.queue.resultPath(id))).get('out/answer')).toBe(counted);
    expect(await grid.ledger.verify()).toMatchObject({ ok: true, entries: 4 });
  });
});
