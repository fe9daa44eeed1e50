import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GleanerError } from '../../electron/contract/index.ts';
import { elapsedAlarm, wallClockAlarm } from '../../electron/grid/local/runner-alarms.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { LocalGridFixture } from './runner-fixture.ts';

describe('alarms', () => {
  test('unfrozen time: fires at its time plus at most a second of looking, whatever the freezes', () => {
    const spans = fc.array(fc.record({ ms: fc.integer({ min: 1, max: 20_000 }), frozen: fc.boolean() }));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30_000 }), spans, (atMs, plan) => {
        const clock = new FakeClock();
        let frozenMs = 0;
        let firedAt: number | undefined;
        const elapsed = (): number => clock.monotonic() - frozenMs;
        elapsedAlarm(clock, elapsed, atMs, () => {
          firedAt = elapsed();
        });
        for (const { ms, frozen } of plan) {
          // In steps of 1 ms at the most, since the freeze counts while it lasts.
          for (let left = ms; left > 0; left -= 1) {
            if (frozen) frozenMs += 1;
            clock.advance(1);
          }
        }
        if (firedAt === undefined) expect(elapsed()).toBeLessThan(atMs + 1000);
        else {
          expect(firedAt).toBeGreaterThanOrEqual(atMs);
          expect(firedAt).toBeLessThanOrEqual(atMs + 1000);
        }
      }),
      { numRuns: 30 },
    );
  });

  test('an alarm further away than a system timer can be waits for its time', () => {
    const clock = new FakeClock();
    let fired = false;
    elapsedAlarm(
      clock,
      () => clock.monotonic(),
      30 * 86_400_000,
      () => {
        fired = true;
      },
    );
    clock.advance(29 * 86_400_000);
    expect(fired).toBe(false);
    clock.advance(86_400_000);
    expect(fired).toBe(true);
  });

  test('wall clock: a jump is noticed within a minute, a clock set back is waited for', () => {
    const clock = new FakeClock();
    const fired: number[] = [];
    const at = clock.now() + 3_600_000;
    wallClockAlarm(clock, at, () => fired.push(clock.now()));
    clock.jump(-600_000);
    clock.advance(3_600_000);
    expect(fired).toEqual([]);
    clock.jump(600_000);
    clock.advance(60_000);
    expect(fired).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  test('a cancelled alarm leaves no timer', () => {
    const clock = new FakeClock();
    const cancels = [
      elapsedAlarm(
        clock,
        () => 0,
        5000,
        () => expect.unreachable(),
      ),
      wallClockAlarm(clock, clock.now() + 500_000, () => expect.unreachable()),
    ];
    clock.advance(200_000);
    for (const cancel of cancels) cancel();
    expect(clock.pending).toBe(0);
  });
});

describe('limits', () => {
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

  test('wall: a job that never ends is ended, its output kept, and the next one runs', async () => {
    const id = await grid.add(['idle'], { limits: { wall: 30 } });
    const next = await grid.add(['count', '1']);
    await grid.run(grid.machine());
    expect(grid.view(id)).toMatchObject({
      state: 'failed',
      failure: { code: 'job-wall-limit' },
      hasResult: true,
      cpuSeconds: 0,
    });
    expect(grid.booked(id)).toEqual(['failed job-wall-limit -']);
    expect(grid.ledger.entriesOf(id)[0]?.body.wallSeconds).toBe(30);
    expect(grid.view(next).state).toBe('done');
    expect(grid.clock.pending).toBe(0);
  });

  test('wall: frozen time does not count, and is booked as such', async () => {
    const id = await grid.add(['count', '25'], { limits: { wall: 30 } });
    const machine = grid.machine();
    let seconds = 0;
    await grid.run(machine, () => {
      seconds += 1;
      if (seconds === 10) machine.freeze();
      if (seconds === 10 + 3600) machine.thaw();
    });
    expect(grid.view(id).state).toBe('done');
    expect(grid.ledger.entriesOf(id)[0]?.body).toMatchObject({ wallSeconds: 25, frozenSeconds: 3600 });
  });

  test('CPU: a job that uses more than it may is ended', async () => {
    const id = await grid.add(['forever'], { limits: { cpu: 5 } });
    await grid.run(grid.machine());
    expect(grid.view(id)).toMatchObject({
      state: 'failed',
      failure: { code: 'job-cpu-limit' },
      cpuSeconds: 6,
    });
  });

  test('deadline: a running job is ended when the wall clock gets there, also by a jump', async () => {
    const deadline = new Date(grid.clock.now() + 3_600_000).toISOString();
    const id = await grid.add(['forever'], { deadline });
    let seconds = 0;
    await grid.run(grid.machine(), () => {
      seconds += 1;
      if (seconds === 5) grid.clock.jump(3_600_000);
    });
    expect(seconds).toBeLessThanOrEqual(5 + 60);
    expect(grid.view(id)).toMatchObject({ state: 'failed', failure: { code: 'job-deadline' } });
    expect(grid.booked(id)).toEqual(['failed job-deadline -']);
  });

  test('deadline: a result that comes too late is not paid', async () => {
    const deadline = new Date(grid.clock.now() + 60_000).toISOString();
    const id = await grid.add(['count', '3'], { deadline });
    grid.onStep = (step) => {
      if (step === 'ended') grid.clock.jump(60_000);
    };
    await grid.run(grid.machine());
    expect(grid.view(id)).toMatchObject({ state: 'failed', failure: { code: 'job-deadline' }, earned: null });
  });

  test('a kill that the machine did not hear is repeated', async () => {
    const id = await grid.add(['idle'], { limits: { wall: 10 } });
    const machine = grid.machine();
    machine.refuse('killJob', new GleanerError('session-lost', 'The session is being repaired.'));
    await grid.run(machine);
    expect(machine.asked.filter((asked) => asked === 'killJob')).toHaveLength(2);
    expect(grid.view(id)).toMatchObject({ state: 'failed', failure: { code: 'job-wall-limit' } });
    expect(grid.clock.pending).toBe(0);
  });
});
