import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatSchedule, parseSchedule, parseSettingText } from '../../electron/contract/setting-text.ts';
import { presetValues, ScheduleWindow, settingKeys, Weekday } from '../../electron/contract/settings.ts';

const time = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
  .map((parts) => parts.map((part) => String(part).padStart(2, '0')).join(':'));
const window = fc.record({
  days: fc.subarray([...Weekday.options], { minLength: 1 }),
  from: time,
  to: fc.oneof(time, fc.constant('24:00')),
});

test('a schedule survives its short form', () => {
  fc.assert(
    fc.property(fc.array(window, { maxLength: 8 }), (windows) => {
      expect(parseSchedule(formatSchedule(windows))).toEqual(windows);
    }),
  );
});

test('any text is read as a schedule or as none', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-z,;:0-9 -]*$/)), (text) => {
      for (const { days } of parseSchedule(text) ?? []) {
        expect(days.length).toBeGreaterThan(0);
      }
    }),
  );
  expect(parseSchedule('fri-mon 8:00-9:00')?.[0]?.days).toEqual(['mon', 'fri', 'sat', 'sun']);
  for (const text of [
    'mon',
    '8:00-9:00',
    'moon 8:00-9:00',
    'mon-tue-wed 8:00-9:00',
    'mon 8-9',
    'mon 8:00-9:00 x',
  ]) {
    expect(parseSchedule(text), text).toBeNull();
  }
  // Hours that no day has are read, and refused with the value.
  expect(ScheduleWindow.array().safeParse(parseSchedule('mon 25:00-26:00')).success).toBe(false);
});

test('every built-in value survives being written as JSON', () => {
  for (const key of settingKeys) {
    const value: unknown = key === 'preset' ? 'gentle' : presetValues.gentle[key];
    expect(parseSettingText(key, JSON.stringify(value))).toEqual(value);
  }
});

test('a list is written with commas; what is JSON and fits is that', () => {
  expect(parseSettingText('grids.permitted', 'https://a.example/, https://b.example/')).toEqual([
    'https://a.example/',
    'https://b.example/',
  ]);
  expect(parseSettingText('grids.permitted', 'null')).toBeNull();
  expect(parseSettingText('pauseOn.programs', '["a"]')).toEqual(['a']);
});
