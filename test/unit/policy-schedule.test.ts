import fc from 'fast-check';
import { DateTime } from 'luxon';
import { expect, test } from 'vitest';
import type { ScheduleWindow } from '../../electron/contract/settings.ts';
import { Weekday } from '../../electron/contract/settings.ts';
import { scheduleAt } from '../../electron/policy/schedule.ts';

const berlin = 'Europe/Berlin';
const at = (text: string): number => DateTime.fromISO(text, { zone: berlin }).toMillis();
const clock = (ms: number | null): string | null =>
  ms === null ? null : DateTime.fromMillis(ms, { zone: berlin }).toFormat('ccc HH:mm');
const nights: ScheduleWindow[] = [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '22:00', to: '06:00' }];

test('without windows it is always open', () => {
  expect(scheduleAt([], berlin, 0)).toEqual({ open: true, changesAt: null });
});

test.each([
  // 4 May 2026 is a Monday.
  ['2026-05-04T12:00', false, 'Mon 22:00'],
  ['2026-05-04T22:00', true, 'Tue 06:00'],
  ['2026-05-05T05:59:59.999', true, 'Tue 06:00'],
  ['2026-05-05T06:00', false, 'Tue 22:00'],
  // Friday’s window reaches into Saturday; then nothing until Monday.
  ['2026-05-09T05:00', true, 'Sat 06:00'],
  ['2026-05-09T07:00', false, 'Mon 22:00'],
  ['2026-05-04T05:00', false, 'Mon 22:00'],
])('at %s over midnight', (time, open, changes) => {
  const state = scheduleAt(nights, berlin, at(time));
  expect(state.open).toBe(open);
  expect(clock(state.changesAt)).toBe(changes);
});

test('a whole week has no end', () => {
  const always: ScheduleWindow[] = [{ days: [...Weekday.options], from: '00:00', to: '24:00' }];
  expect(scheduleAt(always, berlin, at('2026-05-04T12:00'))).toEqual({ open: true, changesAt: null });
});

test('a window in the hour that the clocks skip begins when it would have, and the night is an hour shorter', () => {
  // 29 March 2026: 02:00 becomes 03:00.
  const early: ScheduleWindow[] = [{ days: ['sun'], from: '02:30', to: '05:00' }];
  const before = scheduleAt(early, berlin, at('2026-03-29T01:59'));
  expect(before).toEqual({ open: false, changesAt: at('2026-03-29T03:30') });
  expect(scheduleAt(early, berlin, at('2026-03-29T03:30')).changesAt).toBe(at('2026-03-29T05:00'));
  const night = scheduleAt([{ days: ['sat'], from: '22:00', to: '06:00' }], berlin, at('2026-03-28T22:00'));
  expect((night.changesAt ?? 0) - at('2026-03-28T22:00')).toBe(7 * 3_600_000);
});

test('the hour that comes twice is passed through once', () => {
  // 25 October 2026: 03:00 becomes 02:00.
  const night: ScheduleWindow[] = [{ days: ['sat'], from: '22:00', to: '06:00' }];
  const state = scheduleAt(night, berlin, at('2026-10-24T22:00'));
  expect((state.changesAt ?? 0) - at('2026-10-24T22:00')).toBe(9 * 3_600_000);
});

test('the zone of the settings counts, not the computer’s', () => {
  const office: ScheduleWindow[] = [{ days: ['mon'], from: '09:00', to: '17:00' }];
  const instant = Date.UTC(2026, 4, 4, 1);
  expect(scheduleAt(office, 'Asia/Tokyo', instant).open).toBe(true);
  expect(scheduleAt(office, 'America/New_York', instant).open).toBe(false);
});

test('it changes when it says, and not before', () => {
  const wallTime = fc
    .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
    .map(([hour, minute]) => `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`);
  const window = fc.record({
    days: fc.subarray([...Weekday.options], { minLength: 1 }),
    from: wallTime,
    to: fc.oneof(wallTime, fc.constant('24:00')),
  });
  fc.assert(
    fc.property(
      fc.array(window, { minLength: 1, maxLength: 4 }),
      fc.constantFrom(berlin, 'America/New_York', 'Australia/Lord_Howe', 'UTC'),
      fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2027, 0, 1) }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (windows, zone, now, part) => {
        const { open, changesAt } = scheduleAt(windows, zone, now);
        const until = changesAt ?? now + 7 * 86_400_000;
        const between = Math.floor(now + (until - now) * part);
        expect(scheduleAt(windows, zone, between).open).toBe(open);
        if (changesAt !== null) expect(scheduleAt(windows, zone, changesAt).open).toBe(!open);
      },
    ),
    { numRuns: 200 },
  );
});
