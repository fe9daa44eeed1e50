import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GleanerError } from '../../electron/contract/index.ts';
import { readTar } from '../fakes/fake-machine.ts';
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

describe('outcomes', () => {
  test('exit code 0 and a sound result: done, paid, booked, and only the result is kept', async () => {
    const id = await grid.add(['count', '4'], { env: { MODE: 'fast' } });
    const machine = grid.machine();
    const seen: (number | null)[] = [];
    expect(
      await grid.run(machine, () => {
        const job = grid.view(id);
        if (job.state === 'running') seen.push(job.progress);
        expect(grid.runner.current()?.id).toBe(id);
      }),
    ).toBe('idle');
    expect(seen).toEqual([0.25, 0.5, 0.75, 1]);
    expect(grid.runner.current()).toBeUndefined();
    expect(machine.started).toMatchObject([
      {
        argv: ['count', '4'],
        env: { MODE: 'fast', GLEANER_JOB_ID: id, GLEANER_ATTEMPT: '1' },
        memoryBytes: 256 * 1024 * 1024,
        processes: 128,
        vcpus: 1,
        logBytes: 1024 * 1024,
      },
    ]);
    expect(grid.view(id)).toMatchObject({
      state: 'done',
      attempt: 1,
      progress: 1,
      cpuSeconds: 4,
      memoryPeakBytes: 4096,
      earned: { amount: 3, unit: 'points' },
      failure: null,
      hasResult: true,
    });
    expect(grid.booked(id)).toEqual(['done - 3']);
    const [entry] = grid.ledger.entriesOf(id);
    expect(entry?.body).toMatchObject({
      accelerator: 'fake',
      wallSeconds: 4,
      frozenSeconds: 0,
      cpuSeconds: 4,
      credit: { status: 'settled' },
    });
    expect(await grid.queue.files.matches(grid.queue.resultPath(id), entry?.body.resultDigest ?? '')).toBe(
      true,
    );
    expect((await readTar(grid.queue.resultPath(id))).get('stdout')).toBe('counted to 4\n');
    expect(readdirSync(join(dir, 'jobs', id))).toEqual(['result.tar']);
    expect(await grid.ledger.verify()).toMatchObject({ ok: true, entries: 1 });
  });

  test('a job without a price earns nothing', async () => {
    const id = await grid.add(['count', '1'], { price: undefined });
    await grid.run(grid.machine());
    expect(grid.view(id)).toMatchObject({ state: 'done', earned: null });
    expect(grid.booked(id)).toEqual(['done - -']);
  });

  test.each([
    ['exit 7', 'job-exited', /exit code 7/],
    ['signal 11', 'job-signaled', /signal 11 \(SIGSEGV\)/],
    ['oom', 'job-out-of-memory', /256 MiB/],
  ])(
    '%s: failed with %s, its output is kept, it earns nothing and is not tried again',
    async (program, code, words) => {
      const id = await grid.add(program.split(' '));
      const next = await grid.add(['count', '1']);
      expect(await grid.run(grid.machine())).toBe('idle');
      expect(grid.view(id)).toMatchObject({
        state: 'failed',
        attempt: 1,
        earned: null,
        hasResult: true,
        failure: { code },
      });
      expect(grid.view(id).failure?.sentence).toMatch(words);
      expect(grid.booked(id)).toEqual([`failed ${code} -`]);
      expect(existsSync(grid.queue.resultPath(id))).toBe(true);
      expect(grid.view(next).state).toBe('done');
    },
  );

  test('a program that cannot be launched fails its job, not the queue', async () => {
    const id = await grid.add(['refuse']);
    const next = await grid.add(['count', '1']);
    expect(await grid.run(grid.machine())).toBe('idle');
    expect(grid.view(id)).toMatchObject({
      state: 'failed',
      failure: { code: 'launch-failed' },
      hasResult: false,
    });
    expect(grid.view(next).state).toBe('done');
  });

  test.each(['job-output-too-large', 'archive-invalid'] as const)(
    '%s: failed, without a result',
    async (code) => {
      const id = await grid.add(['count', '1']);
      const machine = grid.machine();
      machine.refuse('collectJob', new GleanerError(code, 'No.'));
      expect(await grid.run(machine)).toBe('idle');
      expect(grid.view(id)).toMatchObject({
        state: 'failed',
        failure: { code },
        hasResult: false,
        earned: null,
      });
      expect(grid.booked(id)).toEqual([`failed ${code} -`]);
      expect(existsSync(grid.queue.resultPath(id))).toBe(false);
    },
  );

  test('a result that its check refuses is kept but not paid', async () => {
    const id = await grid.add(['count', '1'], { check: 'option-prices' });
    const judged: unknown[] = [];
    grid.judge = async ({ check, inputTarPath, resultTarPath }) => {
      judged.push(
        check,
        [...(await readTar(inputTarPath)).keys()],
        [...(await readTar(resultTarPath)).keys()],
      );
      return { ok: false, sentence: 'Option 3 is 9 standard errors off.' };
    };
    await grid.run(grid.machine());
    expect(judged).toEqual(['option-prices', ['in/seed'], ['out/answer', 'stdout', 'stderr']]);
    expect(grid.view(id)).toMatchObject({
      state: 'failed',
      failure: { code: 'job-check-failed', sentence: 'Option 3 is 9 standard errors off.' },
      hasResult: true,
      earned: null,
    });
    expect(grid.booked(id)).toEqual(['failed job-check-failed -']);
  });

  test('a failed job keeps its own failure when its output cannot be had', async () => {
    const id = await grid.add(['exit', '2']);
    const machine = grid.machine();
    machine.refuse('collectJob', new GleanerError('disk-full', 'The disk is full.'));
    expect(await grid.run(machine)).toBe('idle');
    expect(grid.view(id)).toMatchObject({
      state: 'failed',
      failure: { code: 'job-exited' },
      hasResult: false,
    });
  });
});

describe('abort', () => {
  test('a queued job ends unbooked', async () => {
    const id = await grid.add(['count', '1']);
    await grid.runner.abort(id);
    expect(grid.view(id)).toMatchObject({ state: 'aborted', failure: { code: 'job-aborted' } });
    expect(grid.booked(id)).toEqual([]);
    expect(await grid.run(grid.machine())).toBe('idle');
    await expect(grid.runner.abort(id)).rejects.toMatchObject({ code: 'job-finished' });
    await expect(grid.runner.abort('none')).rejects.toMatchObject({ code: 'not-found' });
  });

  test('a running job is killed and booked once, and the next one runs', async () => {
    const id = await grid.add(['forever']);
    const next = await grid.add(['count', '2']);
    const machine = grid.machine();
    let seconds = 0;
    let aborted: Promise<void> | undefined;
    await grid.run(machine, () => {
      seconds += 1;
      if (seconds === 3) aborted = grid.runner.abort(id);
    });
    await aborted;
    expect(grid.view(id)).toMatchObject({ state: 'aborted', cpuSeconds: 3, earned: null, hasResult: false });
    expect(grid.booked(id)).toEqual(['aborted job-aborted -']);
    expect(machine.asked).toContain('killJob');
    expect(grid.view(next).state).toBe('done');
    expect(readdirSync(join(dir, 'jobs', id))).toEqual([]);
  });

  test('is booked at once while the machine is frozen; the machine is cleaned when it thaws', async () => {
    const id = await grid.add(['forever']);
    const next = await grid.add(['count', '1']);
    const machine = grid.machine();
    const run = grid.start(machine);
    await grid.until(() => machine.busy);
    machine.freeze();
    await grid.runner.abort(id);
    expect(grid.view(id).state).toBe('aborted');
    await grid.until(() => machine.asked.includes('killJob'));
    expect(grid.view(next).state).toBe('queued');
    machine.thaw();
    await grid.until(() => machine.started.length === 2 && machine.busy);
    machine.tick();
    expect(await run.result).toBe('idle');
    expect(grid.view(next).state).toBe('done');
  });

  test('while the result is being judged, the abort wins', async () => {
    const id = await grid.add(['count', '1'], { check: 'option-prices' });
    let release: () => void = () => undefined;
    grid.judge = () =>
      new Promise((resolve) => {
        release = () => {
          resolve({ ok: true });
        };
      });
    const machine = grid.machine();
    const run = grid.start(machine);
    await grid.until(() => machine.busy);
    machine.tick();
    await grid.until(() => grid.steps.includes('result-collected'));
    await grid.runner.abort(id);
    release();
    expect(await run.result).toBe('idle');
    expect(grid.booked(id)).toEqual(['aborted job-aborted -']);
    expect(grid.view(id)).toMatchObject({ state: 'aborted', hasResult: false, earned: null });
  });
});

test('one machine at a time', async () => {
  await grid.add(['forever']);
  const machine = grid.machine();
  grid.start(machine);
  await grid.until(() => machine.busy);
  await expect(grid.runner.run(machine)).rejects.toMatchObject({ code: 'wrong-phase' });
});
