import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ClientTask } from '../../electron/grid/boinc/messages.ts';
import {
  forgetMeasures,
  isMadeUp,
  startWatchdog,
  type WatchdogState,
  watchTasks,
  windowMs,
} from '../../electron/grid/boinc/watchdog.ts';
import { clientTask, runningTask } from '../fakes/fake-boinc-engine.ts';

const minute = 60_000;

/** Looks every 30 s for so many unfrozen minutes; answers with the orders, each with its minute. */
function watch(
  minutes: number,
  taskAt: (minute: number) => ClientTask,
  {
    share = 1,
    state = startWatchdog,
    from = 0,
  }: { share?: number; state?: WatchdogState; from?: number } = {},
) {
  const orders: string[] = [];
  let now = state;
  for (let at = from; at <= from + minutes; at += 0.5) {
    const step = watchTasks(now, [taskAt(at)], { nowMs: at * minute, share });
    now = step.state;
    for (const { task, what } of step.orders) orders.push(`${what} ${task} at ${at}`);
  }
  return { orders, state: now };
}

const task = (at: number, cpuMinutes: number, different: Partial<ClientTask> = {}): ClientTask =>
  clientTask('a', { ...runningTask, elapsedSeconds: at * 60, cpuSeconds: cpuMinutes * 60, ...different });

test('a task that uses its CPU is left alone for ever', () => {
  expect(watch(600, (at) => task(at, at)).orders).toEqual([]);
});

test('one that hangs has its client started anew, and is aborted when it hangs again', () => {
  const first = watch(70, (at) => task(at, Math.min(at, 50)));
  expect(first.orders).toEqual(['restart a at 70']);
  // Started anew, back at its checkpoint of minute 40, it works again and hangs again.
  const again = watch(40, (at) => task(at - 30, Math.min(at - 30, 50)), {
    state: forgetMeasures(first.state),
    from: 71,
  });
  expect(again.orders).toEqual(['abort a at 100']);
});

test('at a quarter of the share, a task that uses a quarter lives, and one that hangs is given four times as long', () => {
  expect(watch(600, (at) => task(at, at / 4), { share: 0.25 }).orders).toEqual([]);
  expect(watch(80, () => task(0, 0), { share: 0.25 }).orders).toEqual([]);
  expect(watch(80, (at) => task(at, 0), { share: 0.25 }).orders).toEqual(['restart a at 80']);
});

test('with no share at all nobody can be blamed', () => {
  expect(watch(1000, (at) => task(at, 0), { share: 0 }).orders).toEqual([]);
});

test('a task that is not running, or whose client does not say that it runs, is not watched', () => {
  expect(watch(100, (at) => task(at, 0, { scheduled: 1, process: 9 })).orders).toEqual([]);
  expect(watch(100, () => task(5, 0)).orders).toEqual([]);
});

test('a task that is known to progress without CPU is left alone, but not one whose progress its client makes up', () => {
  const told = (at: number): number => Math.min(0.99, at / 3000);
  expect(watch(500, (at) => task(at, 0, { progress: Number(told(at).toFixed(6)) })).orders).toEqual([]);
  const madeUp = (at: number): number => (at <= 1 ? 0 : 1 - Math.exp(-at / 300));
  expect(watch(25, (at) => task(at, 0, { progress: Number(madeUp(at).toFixed(6)) })).orders).toEqual([
    'restart a at 20',
  ]);
});

test('what a client makes up is told from what a task tells', () => {
  const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;
  fc.assert(
    fc.property(
      fc.integer({ min: 61, max: 10_000 }),
      fc.integer({ min: 600, max: 5000 }),
      fc.integer({ min: 3000, max: 200_000 }),
      (elapsed, later, estimate) => {
        const made = (seconds: number) => ({
          elapsedSeconds: seconds,
          progress: rounded(1 - Math.exp(-seconds / estimate)),
        });
        fc.pre(made(elapsed).progress > 0 && made(elapsed + later).progress < 0.9999);
        expect(isMadeUp(made(elapsed), made(elapsed + later))).toBe(true);
        const total = 2 * (elapsed + later);
        const linear = (seconds: number) => ({ elapsedSeconds: seconds, progress: rounded(seconds / total) });
        expect(isMadeUp(linear(elapsed), linear(elapsed + later))).toBe(false);
      },
    ),
  );
});

test('no task is judged before it could have had a window of CPU time, and none is aborted before a restart', () => {
  const look = fc.record({
    ms: fc.integer({ min: 0, max: 10 * minute }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    elapsed: fc.integer({ min: 0, max: 600 }),
    cpu: fc.integer({ min: 0, max: 600 }),
    runs: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(look, { maxLength: 200 }), (looks) => {
      let state = startWatchdog;
      let [nowMs, elapsedSeconds, cpuSeconds, granted] = [0, 0, 0, 0];
      const orders: string[] = [];
      for (const { ms, share, elapsed, cpu, runs } of looks) {
        nowMs += ms;
        elapsedSeconds += elapsed;
        cpuSeconds += Math.min(cpu, elapsed);
        granted += ms * share;
        const told = clientTask('a', { ...(runs ? runningTask : {}), elapsedSeconds, cpuSeconds });
        const step = watchTasks(state, [told], { nowMs, share });
        state = step.state;
        orders.push(...step.orders.map(({ what }) => what));
      }
      expect(orders.length * windowMs).toBeLessThanOrEqual(granted);
      expect(orders).toEqual(orders.map((_, n) => (n === 0 ? 'restart' : 'abort')));
    }),
  );
});
