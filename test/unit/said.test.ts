import { describe, expect, test } from 'vitest';
import { failureCodes } from '../../electron/contract/failures.ts';
import { failureSaid, plainly } from '../../electron/contract/said.ts';
import english from '../../text/catalogue/en.ts';
import { say, sayDenial, sayFailure, sayState } from '../../text/said.ts';
import { createSpeaker, type Speaker } from '../../text/speaker.ts';
import { fakeAllowance, fakeReason } from '../fakes/fake-contribution.ts';
import { fakeNow } from '../fakes/fake-grid-views.ts';

const en = await createSpeaker('en');
/** Names of messages and what is put in them, as another language would have them. */
const other = (direction: 'ltr' | 'rtl'): Speaker => ({
  language: direction === 'rtl' ? 'ar' : 'de',
  direction,
  t: (key, values) => [key, ...Object.values(values ?? {}).map(String)].join(' '),
});
const failure = {
  code: 'qemu-missing',
  sentence: 'QEMU is not there.',
  hint: 'apt-get install it.',
} as const;

describe('a failure', () => {
  test('has a message for each code, and a hint where one holds for all', () => {
    for (const code of failureCodes) expect(english.said[`failure.${code}`]).toMatch(/^\p{Lu}.*\.$/u);
    const codes: readonly string[] = failureCodes;
    const hints = Object.keys(english.said).filter((key) => key.endsWith('.hint'));
    expect(hints.map((key) => key.slice('failure.'.length, -'.hint'.length))).toEqual(
      codes.filter((code) => hints.includes(`failure.${code}.hint`)),
    );
  });

  test('is told in English by the host itself', () => {
    expect(sayFailure(en, failure)).toEqual({
      sentence: 'QEMU is not there.',
      hint: 'apt-get install it.',
      detail: null,
    });
    expect(sayFailure(en, { code: 'internal', sentence: 'No.' })).toEqual({
      sentence: 'No.',
      hint: null,
      detail: null,
    });
  });

  test('is told in other languages by its code, with the host’s words as a detail', () => {
    expect(sayFailure(other('ltr'), failure)).toEqual({
      sentence: 'said:failure.qemu-missing',
      hint: 'said:failure.qemu-missing.hint',
      detail: 'QEMU is not there. apt-get install it.',
    });
    expect(sayFailure(other('ltr'), { code: 'not-found', sentence: 'No.' })).toEqual({
      sentence: 'said:failure.not-found',
      hint: null,
      detail: 'No.',
    });
    expect(say(other('ltr'), failureSaid(failure), fakeNow)).toBe('said:failure.qemu-missing');
    const after = { code: 'state.starting-after', values: failureSaid(failure).values } as const;
    expect(say(other('ltr'), after, fakeNow)).toBe('said:state.starting-after said:failure.qemu-missing');
  });
});

test('a time is told as the language tells it, with its day when it is not today', () => {
  const noon = new Date(2026, 4, 4, 12).getTime();
  const until = new Date(2026, 4, 5, 6, 30).getTime();
  const said = { code: 'reason.pause-until', values: { until } } as const;
  expect(say(en, said, noon)).toBe('until 5 May 06:30');
  expect(say(en, said, until - 1000)).toBe('until 06:30');
  expect(say(other('ltr'), said, noon)).toBe('said:reason.pause-until said:when.day 5. Mai 06:30');
});

test('names of others stand apart where words run from right to left, and turn nothing', () => {
  const denial = {
    said: { code: 'denial.leads-to-own', values: { place: 'a\u202e\u2069.example:80', address: '::1' } },
  } as const;
  expect(sayDenial(other('rtl'), denial, fakeNow)).toBe(
    'said:denial.leads-to-own \u2068a.example:80\u2069 \u2068::1\u2069',
  );
  const organization = 'Acme\n';
  const allowance = fakeAllowance(
    0,
    [fakeReason('call', plainly('reason.call'), { source: 'locked' })],
    organization,
  );
  expect(sayState(other('rtl'), { said: null, allowance }, fakeNow)).toBe(
    'said:allowance.paused-by 0 said:reason.call \u2068Acme\u2069',
  );
});

test('an organization without a name is yours', () => {
  const reason = fakeReason('limit', plainly('reason.limit'), {
    source: 'default',
    share: 0.5,
    lingers: true,
  });
  expect(sayState(en, { said: null, allowance: fakeAllowance(0.5, [reason]) }, fakeNow)).toBe(
    'Working at 50 %: the limit in the settings (just ended) (set by your organization).',
  );
});
