import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ScheduleWindow, settingTypes, type Weekday } from '../../electron/contract/settings.ts';
import { scheduleAt } from '../../electron/policy/schedule.ts';
import { timesBeside, weekdays } from '../../renderer/text/week-minutes.ts';
import { between, type CellAt, painted, type Week } from '../../renderer/ui/week.ts';
import { firstDayOf, mostWindows, paint, weekFrom, weekOf } from '../../renderer/views/schedule-week.ts';

const minute = 60_000;
const day = 24 * 60;
/** A Monday, 00:00 UTC. */
const monday = Date.UTC(2026, 5, 1);

/** What the policy allows at every minute of a week, from Monday 00:00. */
function allowed(windows: readonly ScheduleWindow[], zone = 'UTC', from = monday): boolean[] {
  return Array.from({ length: 7 * day }, (_, at) => scheduleAt(windows, zone, from + at * minute).open);
}

const time = fc
  .integer({ min: 0, max: day })
  .map((at) => `${String(Math.floor(at / 60)).padStart(2, '0')}:${String(at % 60).padStart(2, '0')}`);
const window: fc.Arbitrary<ScheduleWindow> = fc.record({
  days: fc.subarray([...weekdays], { minLength: 1 }),
  from: time,
  to: time,
});
const windows = fc.array(window, { minLength: 0, maxLength: 5 });
const cell = fc.record({ day: fc.integer({ min: 0, max: 6 }), hour: fc.integer({ min: 0, max: 23 }) });
const order = fc.constantFrom(...weekdays).map((first) => weekFrom(first));

/** The windows after painting, where painting came to windows. */
function after(
  before: readonly ScheduleWindow[],
  cells: readonly CellAt[],
  on: boolean,
  days: readonly Weekday[] = weekdays,
): readonly ScheduleWindow[] | string {
  const done = paint(before, painted(weekOf(before, days), cells, on), days);
  return done.kind === 'windows' ? done.windows : done.kind;
}

describe('a week of hours', () => {
  it('shows what the policy allows: all of an hour, none, or part of it', () => {
    fc.assert(
      fc.property(windows, order, (given, days) => {
        const minutes = allowed(given);
        for (const [at, hours] of weekOf(given, days).entries()) {
          for (const [hour, state] of hours.entries()) {
            const begin = weekdays.indexOf(days[at] ?? 'mon') * day + hour * 60;
            const open = minutes.slice(begin, begin + 60).filter(Boolean).length;
            expect(state).toBe(open === 60 ? 'on' : open === 0 ? 'off' : 'partly');
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  it('is wholly on without windows', () => {
    expect(
      weekOf([], weekdays)
        .flat()
        .every((state) => state === 'on'),
    ).toBe(true);
  });
});

describe('painting', () => {
  it('changes what is allowed in the painted hours, and at no other minute of the week', () => {
    fc.assert(
      fc.property(windows, order, cell, cell, fc.boolean(), (before, days, a, b, on) => {
        const cells = between(a, b);
        const result = after(before, cells, on, days);
        if (result === 'unchanged' || result === 'too-many') return;
        const was = allowed(before);
        for (const { day: row, hour } of cells) {
          const begin = weekdays.indexOf(days[row] ?? 'mon') * day + hour * 60;
          was.fill(on, begin, begin + 60);
        }
        if (result === 'never') expect(was).not.toContain(true);
        else expect(allowed(result as ScheduleWindow[])).toEqual(was);
      }),
      { numRuns: 60 },
    );
  });

  it('makes what the contract takes, in words that say the same again', () => {
    fc.assert(
      fc.property(windows, cell, cell, fc.boolean(), (before, a, b, on) => {
        const result = after(before, between(a, b), on);
        if (typeof result === 'string') return;
        expect(settingTypes['schedule.windows'].safeParse(result).success).toBe(true);
        expect(paint(result, weekOf(result, weekdays), weekdays)).toEqual({ kind: 'unchanged' });
        const week = weekOf(before, weekdays);
        expect(weekOf(result, weekdays)).toEqual(painted(week, between(a, b), on));
      }),
      { numRuns: 60 },
    );
  });

  it('holds in a zone whose clocks change in that week', () => {
    fc.assert(
      fc.property(window, cell, (before, a) => {
        const result = after([before], [a], false);
        if (typeof result === 'string') return;
        const again = after(result, [a], true);
        const direct = after([before], [a], true);
        if (typeof again === 'string' || typeof direct === 'string') return;
        // 29 March 2026: two o'clock does not exist in Berlin.
        const from = Date.UTC(2026, 2, 22, 23);
        expect(allowed(again, 'Europe/Berlin', from)).toEqual(allowed(direct, 'Europe/Berlin', from));
      }),
      { numRuns: 20 },
    );
  });

  const nights: ScheduleWindow = { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '22:00', to: '06:00' };

  it('leaves the minutes of windows that it did not touch', () => {
    const before: ScheduleWindow[] = [{ days: ['mon', 'wed'], from: '21:17', to: '05:43' }];
    expect(after(before, [{ day: 5, hour: 12 }], true)).toEqual([
      ...before,
      { days: ['sat'], from: '12:00', to: '13:00' },
    ]);
  });

  it('makes one window of equal hours of several days, over midnight too', () => {
    const evenings = between({ day: 0, hour: 22 }, { day: 4, hour: 23 });
    const mornings = between({ day: 1, hour: 0 }, { day: 5, hour: 5 });
    const only = painted(weekOf([], weekdays), between({ day: 0, hour: 0 }, { day: 6, hour: 23 }), false);
    const week: Week = painted(only, [...evenings, ...mornings], true);
    expect(paint([], week, weekdays)).toEqual({ kind: 'windows', windows: [nights] });
  });

  it('joins a free weekend to the nights around it', () => {
    const weekend = between({ day: 5, hour: 0 }, { day: 6, hour: 23 });
    expect(after([nights], weekend, true)).toEqual([
      nights,
      { days: ['sat', 'sun'], from: '00:00', to: '24:00' },
    ]);
  });

  it('leaves beside it what it took, to the minute', () => {
    fc.assert(
      fc.property(windows, (given) => {
        const [own, others] = [allowed(given), timesBeside(given)];
        if (own.every(Boolean)) expect(others).toEqual([]);
        else expect(allowed(others)).toEqual(own.map((isOn) => !isOn));
      }),
    );
    const days = between({ day: 0, hour: 9 }, { day: 3, hour: 16 });
    expect(timesBeside(after([], days, false) as readonly ScheduleWindow[])).toEqual([
      { days: ['mon', 'tue', 'wed', 'thu'], from: '09:00', to: '17:00' },
    ]);
  });

  it('of everything is no window at all, which is always', () => {
    expect(after([nights], between({ day: 0, hour: 0 }, { day: 6, hour: 23 }), true)).toEqual([]);
  });

  it('of nothing is never, and not a window less', () => {
    expect(after([], between({ day: 0, hour: 0 }, { day: 6, hour: 23 }), false)).toBe('never');
    const hour: ScheduleWindow[] = [{ days: ['tue'], from: '08:00', to: '09:00' }];
    expect(after(hour, [{ day: 1, hour: 8 }], false)).toBe('never');
    expect(after(hour, [{ day: 1, hour: 9 }], false)).toBe('unchanged');
  });

  it('into more windows than a schedule may have is refused', () => {
    const minutes = Array.from({ length: mostWindows }, (_, at): ScheduleWindow => {
      const hour = String(Math.floor(at / 3)).padStart(2, '0');
      const third = (at % 3) * 20;
      return { days: ['mon'], from: `${hour}:${third + 10}`, to: `${hour}:${third + 17}` };
    });
    expect(after(minutes, [{ day: 3, hour: 3 }], true)).toBe('too-many');
    const most = settingTypes['schedule.windows'];
    expect([most.safeParse(minutes).success, most.safeParse([...minutes, nights]).success]).toEqual([
      true,
      false,
    ]);
  });
});

describe('the week’s first day', () => {
  it.each([
    ['de-DE', 'mon'],
    ['en-US', 'sun'],
    ['ar-EG', 'sat'],
  ] as const)('in %s is %s', (tag, first) => {
    expect(firstDayOf(tag)).toBe(first);
    expect(weekFrom(first)[0]).toBe(first);
    expect(new Set(weekFrom(first)).size).toBe(7);
  });
});
