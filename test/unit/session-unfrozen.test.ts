import fc from 'fast-check';
import { expect, test } from 'vitest';
import { UnfrozenTime } from '../../electron/vm/session/unfrozen.ts';
import { FakeClock } from '../fakes/fake-clock.ts';

test('runs like the clock until it is frozen, and goes on from there', () => {
  const clock = new FakeClock();
  const time = new UnfrozenTime(clock);
  const fired: number[] = [];
  time.after(100, () => fired.push(time.now()));
  clock.advance(60);
  time.freeze();
  expect(clock.pending).toBe(0);
  clock.advance(10_000);
  expect(time.now()).toBe(60);
  time.thaw();
  clock.advance(39);
  expect(fired).toEqual([]);
  clock.advance(1);
  expect(fired).toEqual([100]);
  expect(clock.pending).toBe(0);
});

test('a timer set while frozen waits for the thaw; a cancelled one never fires', () => {
  const clock = new FakeClock();
  const time = new UnfrozenTime(clock);
  let fired = 0;
  time.freeze();
  time.freeze();
  time.after(0, () => (fired += 1));
  time.after(5, () => (fired += 100))();
  clock.advance(1000);
  expect(fired).toBe(0);
  time.thaw();
  time.thaw();
  clock.advance(0);
  expect(fired).toBe(1);
  clock.advance(1000);
  expect(fired).toBe(1);
});

test('a timer fires once, after exactly its unfrozen time', () => {
  const steps = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 50 })), { maxLength: 40 });
  fc.assert(
    fc.property(steps, fc.integer({ min: 0, max: 300 }), (moves, due) => {
      const clock = new FakeClock();
      const time = new UnfrozenTime(clock);
      const fired: number[] = [];
      time.after(due, () => fired.push(time.now()));
      for (const [frozen, ms] of moves) {
        if (frozen) time.freeze();
        else time.thaw();
        clock.advance(ms);
      }
      const expected = time.now() > due ? [due] : [];
      // Exactly at its time it may or may not have had its turn.
      if (time.now() !== due) expect(fired).toEqual(expected);
    }),
  );
});
