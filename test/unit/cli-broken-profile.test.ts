import { expect, test } from 'vitest';
import { plainly } from '../../electron/contract/said.ts';
import { isSetByOrganization } from '../../electron/contract/set-by.ts';
import { allowanceSentence } from '../../electron/policy/words.ts';
import { sayAllowance } from '../../text/said.ts';
import { createSpeaker } from '../../text/speaker.ts';
import { fakeAllowance, fakeReason } from '../fakes/fake-contribution.ts';
import { fakeNow } from '../fakes/fake-host.ts';

const [broken, limit] = [
  fakeReason('profile-broken', plainly('reason.profile-broken'), { source: 'locked' }),
  fakeReason('limit', plainly('reason.limit'), { source: 'locked' }),
];
const sentence = 'Paused: your organization’s settings cannot be read.';

test('nobody set that a locked profile cannot be read', () => {
  for (const name of ['ACME', null]) expect(allowanceSentence(0, broken, name)).toBe(sentence);
  expect([broken, limit].map(isSetByOrganization)).toEqual([false, true]);
});

test.each(['en', 'de', 'fr', 'es', 'ja', 'ar'] as const)(
  'nor do window and tray say so (%s)',
  async (language) => {
    const speaker = await createSpeaker(language);
    const say = (reason: typeof broken) => sayAllowance(speaker, fakeAllowance(0, [reason], 'ACME'), fakeNow);
    expect(say(broken)).not.toContain('ACME');
    expect(say(limit)).toContain('ACME');
    if (language === 'en') expect(say(broken)).toBe(sentence);
  },
);
