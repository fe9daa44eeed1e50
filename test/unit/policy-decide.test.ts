import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PauseLength } from '../../electron/contract/snapshot.ts';
import { decide } from '../../electron/policy/decide.ts';
import { pauseFrom } from '../../electron/policy/pause.ts';

const policy = { share: 0.5, vcpus: 2, memoryBytes: 1 << 29 };
const noon = new Date(2026, 4, 4, 12, 0).getTime();

test('a pause stops work and says until when', () => {
  const pause = pauseFrom('30m', noon);
  const allowance = decide({ now: noon + 60_000, pause }, policy);
  expect(allowance).toMatchObject({ run: false, share: 0, reason: 'Paused until 12:30.' });
});

test('a pause until tomorrow names the day and ends in the morning', () => {
  const pause = pauseFrom('tomorrow', noon);
  expect(new Date(pause.until ?? 0)).toEqual(new Date(2026, 4, 5, 6, 0));
  expect(decide({ now: noon, pause }, policy).reason).toBe('Paused until Tuesday 06:00.');
});

test('a pause without end holds until the person resumes', () => {
  const pause = pauseFrom('manual', noon);
  expect(decide({ now: noon + 1e12, pause }, policy).reason).toBe('Paused until you resume.');
});

test('never more than the policy permits, and nothing at all while paused', () => {
  fc.assert(
    fc.property(
      fc.option(fc.constantFrom(...PauseLength.options)),
      fc.integer({ min: 0, max: 1e9 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (length, later, share) => {
        const pause = length ? pauseFrom(length, noon) : null;
        const now = noon + later;
        const allowance = decide({ now, pause }, { ...policy, share });
        const paused = pause !== null && (pause.until === null || now < pause.until);
        expect(allowance.run).toBe(!paused);
        expect(allowance.share).toBe(paused ? 0 : share);
        expect(allowance.reason.length).toBeGreaterThan(0);
      },
    ),
  );
});

test('"tomorrow" is right across the change to summer time', () => {
  // Whatever zone the tests run in, the end is the next calendar day at 06:00 on the wall clock.
  for (let day = 0; day < 366; day += 1) {
    const now = new Date(2026, 0, 1 + day, 23, 30).getTime();
    const until = new Date(pauseFrom('tomorrow', now).until ?? 0);
    expect([until.getHours(), until.getMinutes()]).toEqual([6, 0]);
    expect(until.getTime() - now).toBeGreaterThan(5 * 3_600_000);
    expect(until.getTime() - now).toBeLessThan(8 * 3_600_000);
  }
});
