import { describe, expect, test } from 'vitest';
import { situationsOf } from '../../electron/policy/situations.ts';
import { checkProfile } from '../../electron/settings/profiles/check.ts';
import { effectiveOf } from './policy-fixture.ts';

const version = 2;

describe('a profile', () => {
  test('with several faults has all of them told, each with what was meant or may stand there', () => {
    const settings = { 'idle.shar': 0.8, zzz: 1, 'pauseOn.load': 7, 'schedule.windows': [{ days: ['sat'] }] };
    const { document, findings } = checkProfile({ version, settings }, 'locked');
    expect(document).toBeNull();
    expect(findings.every(({ isFault }) => isFault)).toBe(true);
    expect(findings.map(({ where, words, hint }) => `${where}: ${words}. ${hint ?? ''}`)).toEqual([
      expect.stringMatching(/^pauseOn.load: is too large: at most 1\. It may hold a part from 0\.01/),
      expect.stringMatching(/^schedule.windows: 0\.from: is missing\. It may hold up to 64 windows/),
      expect.stringMatching(/^schedule.windows: 0\.to: is missing/),
      expect.stringMatching(/^settings: There is no setting "idle.shar"\. Did you mean "idle.share"\?/),
      expect.stringMatching(/^settings: There is no setting "zzz"\. All of them/),
    ]);
  });

  test.each([
    [null, /must be an object/],
    [[], /must be an object/],
    ['text', /must be an object/],
    [{ settings: {} }, /does not say its version/],
    [{ version: 99, settings: { anything: 1 } }, /its version \(99\) is unknown/],
    [{ version, settings: {}, extra: 1 }, /unknown field "extra"/],
    [{ version }, /settings: is missing/],
  ])('%j cannot be used', (raw, words) => {
    const { document, findings } = checkProfile(raw, 'defaults');
    expect(document).toBeNull();
    expect(findings).toMatchObject([{ isFault: true, words: expect.stringMatching(words) as unknown }]);
  });

  test('that can be used is told what its administrator may not mean', () => {
    const about = (raw: unknown, kind: 'defaults' | 'locked'): string[] => {
      const { document, findings } = checkProfile(raw, kind);
      expect(document).not.toBeNull();
      expect(findings.some(({ isFault }) => isFault)).toBe(false);
      return findings.map(({ where, words }) => `${where}: ${words}`);
    };
    const organization = 'ACME';
    expect(
      about({ $schema: './s.json', version, organization, settings: { contribute: true } }, 'locked'),
    ).toEqual([]);
    expect(about({ version, settings: {} }, 'locked')).toEqual([
      ': It does not say who set it',
      ': It sets nothing',
    ]);
    const pools = { 'grids.pools': [{ enrolment: '/etc/gleaner/pool.json' }] };
    const joins = { ...pools, preset: 'gentle', contribute: false };
    expect(about({ version, organization, settings: joins }, 'locked')).toEqual([
      'preset: It locks every value of that preset',
      'contribute: Computers with it contribute nothing',
    ]);
    expect(about({ version, organization, settings: pools }, 'defaults')).toEqual([
      'ui.startAtLogin: It names work, but Gleaner runs only once somebody starts it',
    ]);
    const starts = { ...pools, 'ui.startAtLogin': true };
    expect(about({ version, organization, settings: starts }, 'defaults')).toEqual([]);
  });
});

describe('the usual situations', () => {
  const shares = (settings: Parameters<typeof effectiveOf>[0]): Record<string, number> =>
    Object.fromEntries(
      situationsOf({ effective: effectiveOf(settings), vcpus: 2, narrowing: null }, 0).map(
        ({ situation, allowance }) => [situation, allowance.share],
      ),
    );

  test('are those of the preset, whatever the hour', () => {
    const balanced = {
      'in use': 0.25,
      idle: 1,
      'screen locked': 1,
      'in a call': 0,
      'idle, on battery at 80 %': 0,
      'idle, on a metered network': 1,
      'idle, other programs busy': 0,
    };
    expect(shares({})).toEqual(balanced);
    expect(shares({ 'schedule.windows': [{ days: ['sat'], from: '10:00', to: '10:01' }] })).toEqual(balanced);
  });

  test('follow what the settings say of them', () => {
    expect(
      shares({ 'inUse.share': 0, 'locked.share': 0.5, 'battery.aboveCharge': 0.6, 'pauseOn.load': null }),
    ).toMatchObject({
      'in use': 0,
      idle: 1,
      'screen locked': 0.5,
      'idle, on battery at 80 %': 1,
      'idle, other programs busy': 1,
    });
    const patient = { 'quiet.enabled': true, 'pauseOn.loadSeconds': 60 };
    expect(shares(patient)).toMatchObject({ 'idle, other programs busy': 0 });
    expect(Object.values(shares({ contribute: false })).every((share) => share === 0)).toBe(true);
  });
});
