import { expect, test } from 'vitest';
import { parseTrace, simulate } from '../../electron/policy/simulate.ts';
import { policyOf } from './policy-fixture.ts';

const day = (time: string): number => new Date(`2026-05-04T${time}`).getTime();
const told = (text: string, layer: Parameters<typeof policyOf>[0] = {}) =>
  simulate(parseTrace(text), policyOf(layer)).map(
    ({ at, allowance }) => `${new Date(at).toTimeString().slice(0, 8)} ${allowance.rung} ${allowance.reason}`,
  );

test('a day is told step by step, what time alone changes included', () => {
  const trace = `
    # The person comes at nine.
    {"at":"2026-05-04T08:00"}
    {"at":"2026-05-04T09:00","input":true}
    {"at":"2026-05-04T09:05","call":true}
    {"at":"2026-05-04T09:06","call":false}
    {"at":"2026-05-04T10:00","pause":"30m"}
    {"at":"2026-05-04T12:00"}`;
  expect(told(trace, { preset: 'balanced' })).toEqual([
    '08:00:00 full Nothing holds it back.',
    '09:00:00 throttled Working at 25 %: you are using the computer.',
    '09:03:00 full Nothing holds it back.',
    '09:05:00 frozen Paused: you are in a call.',
    '09:06:00 frozen Paused: you are in a call (just ended).',
    '09:06:30 full Nothing holds it back.',
    '10:00:00 frozen Paused until 10:30.',
    '10:15:00 saved Paused until 10:30.',
    '10:30:00 full Nothing holds it back.',
  ]);
});

test('a resume ends a pause and what only lingers', () => {
  const trace = `{"at":${day('09:00')},"pause":"manual","call":true}
    {"at":${day('09:01')},"call":false}
    {"at":${day('09:01')},"resume":true}`;
  expect(told(trace).at(-1)).toBe('09:01:00 full Nothing holds it back.');
});

test.each([
  ['', 'empty'],
  ['{"at":1}\nnonsense', 'Line 2 of the trace is wrong: it is not JSON'],
  ['{"at":2}\n\n{"at":1}', 'Line 3 of the trace is wrong: it is earlier'],
  ['{"at":1,"unknown":2}', 'Line 1'],
  ['{"at":"yesterday"}', 'Line 1'],
  [`{"at":1,"x":"${'y'.repeat(20_000)}"}`, 'too long'],
])('what is no trace is refused with its line (%#)', (text, words) => {
  expect(() => parseTrace(text)).toThrow(expect.objectContaining({ code: 'bad-request' }));
  expect(() => parseTrace(text)).toThrow(words);
});
