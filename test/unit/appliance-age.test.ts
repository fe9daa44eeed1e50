import { expect, test } from 'vitest';
import { checkAge } from '../../electron/appliance/age.ts';
import { checkKey } from '../../electron/contract/index.ts';

const day = 86_400_000;
const now = Date.UTC(2026, 0, 31);

test.each([
  [0, 'today'],
  [day - 1, 'today'],
  [day, 'yesterday'],
  [30 * day, '30 days ago'],
  [31 * day - 1, '30 days ago'],
])('images of the last 30 days are fresh: %d ms', (age, words) => {
  const check = checkAge(now - age, now);
  expect(check).toMatchObject({ state: 'ok', detail: `Made of the newest packages ${words}.` });
  expect(check).not.toHaveProperty('hint');
  expect(checkKey({ id: 'appliance-age', code: check.code })).toBe('appliance-age.fresh');
  expect(check.values).toEqual({ days: Math.floor(age / day) });
});

test('older ones are a warning that says what to do', () => {
  const check = checkAge(now - 31 * day, now);
  expect(check).toMatchObject({ code: 'old', state: 'warning', values: { days: 31 } });
  expect(check.detail).toContain('31 days ago');
  expect(check.hint).toContain('gleaner appliance update');
});

test('a clock that was set back makes nothing old; images that do not tell are unknown', () => {
  expect(checkAge(now + 5 * day, now).state).toBe('ok');
  expect(checkAge(null, now).state).toBe('unknown');
});
