import fc from 'fast-check';
import { expect, test } from 'vitest';
import { between, type CellAt, hoursOfDay, moved, painted, type Week } from '../../renderer/ui/week.ts';

const cell = fc.record({ day: fc.integer({ min: 0, max: 6 }), hour: fc.integer({ min: 0, max: 23 }) });
const week: fc.Arbitrary<Week> = fc.array(
  fc.array(fc.constantFrom('on', 'off', 'partly'), { minLength: hoursOfDay, maxLength: hoursOfDay }),
  { minLength: 7, maxLength: 7 },
);
const at = (shown: Week, { day, hour }: CellAt) => shown[day]?.[hour];

test('a rectangle is the same from any of its corners', () => {
  fc.assert(
    fc.property(cell, cell, (a, b) => {
      expect(between(a, b)).toEqual(between(b, a));
      expect(between(a, b)).toHaveLength((Math.abs(a.day - b.day) + 1) * (Math.abs(a.hour - b.hour) + 1));
      expect(between(a, b)).toContainEqual(a);
      expect(between(a, b)).toContainEqual(b);
    }),
  );
});

test('painting changes what is painted, wholly, and nothing else', () => {
  fc.assert(
    fc.property(week, cell, cell, fc.boolean(), (before, a, b, on) => {
      const cells = between(a, b);
      const after = painted(before, cells, on);
      for (let day = 0; day < 7; day += 1) {
        for (let hour = 0; hour < hoursOfDay; hour += 1) {
          const isPainted = cells.some((one) => one.day === day && one.hour === hour);
          expect(at(after, { day, hour })).toBe(isPainted ? (on ? 'on' : 'off') : at(before, { day, hour }));
        }
      }
    }),
    { numRuns: 30 },
  );
});

test('keys never leave the week, and left is earlier only where one reads from left to right', () => {
  fc.assert(
    fc.property(
      cell,
      fc.constantFrom('ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'Home', 'End', 'PageUp', 'PageDown'),
      fc.boolean(),
      (from, key, isRightToLeft) => {
        const to = moved(from, key, isRightToLeft);
        expect(to?.day).toBeGreaterThanOrEqual(0);
        expect(to?.day).toBeLessThanOrEqual(6);
        expect(to?.hour).toBeGreaterThanOrEqual(0);
        expect(to?.hour).toBeLessThan(hoursOfDay);
      },
    ),
  );
  expect(moved({ day: 2, hour: 5 }, 'ArrowLeft', false)).toEqual({ day: 2, hour: 4 });
  expect(moved({ day: 2, hour: 5 }, 'ArrowLeft', true)).toEqual({ day: 2, hour: 6 });
  expect(moved({ day: 2, hour: 5 }, 'x', false)).toBeNull();
});
