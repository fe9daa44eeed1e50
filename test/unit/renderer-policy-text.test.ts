import { beforeAll, describe, expect, it } from 'vitest';
import { reasonCodes } from '../../electron/contract/policy.ts';
import { presetValues, settingKeys } from '../../electron/contract/settings.ts';
import { noSignals } from '../../electron/contract/signals.ts';
import { bound, sentenceCase } from '../../renderer/text/format.ts';
import { inputSeen, signalRows, sourceWords } from '../../renderer/text/policy-words.ts';
import { t } from '../../renderer/text/say.ts';
import { controlOf, moreSettings, settingGroups, settingName } from '../../renderer/text/setting-rows.ts';
import { asWindows, fromUnit, toList, toUnit, valueWords } from '../../renderer/text/setting-value.ts';
import { changeWords, isOwn } from '../../renderer/views/changes.ts';
import { fakeSignals } from '../fakes/fake-host.ts';
import { FakeSettings } from '../fakes/fake-settings.ts';
import { speakIn } from '../fakes/speak.ts';

beforeAll(() => speakIn('en'));

describe('what Gleaner sees', () => {
  it('is unknown where nothing tells, and never a guess', () => {
    const rows = signalRows(noSignals);
    expect(rows.length).toBeGreaterThan(10);
    expect(rows.every(([, value]) => value === null)).toBe(true);
  });

  it('reads in words', () => {
    const rows = new Map(signalRows({ ...fakeSignals, onBattery: true, charge: 0.54, sleeping: true }));
    expect(rows.get('Your input')).toBe('noticed at once, by X11');
    expect(rows.get('Power')).toBe('on battery, 54 % charged');
    expect(rows.get('Load of other programs')).toBe('7 %');
    expect(rows.get('Named programs')).toBe('none runs');
    expect(rows.get('Free disk')).toBe('48 GiB');
    expect(rows.get('CPU temperature')).toBeNull();
    expect(rows.get('Sleep')).toBe('about to begin');
  });

  it('says how often it looks where it must look', () => {
    expect(inputSeen('polled', 250)).toBe('by looking every 250 ms');
    expect(inputSeen('windows', 0)).toBe('at once, by Windows');
    expect(inputSeen(null, 0)).toBe('–');
  });
});

describe('words of the policy', () => {
  it('has a word for every cause', () => {
    expect(reasonCodes.map((code) => t(`policy:cause.${code}`)).every((words) => words.length > 3)).toBe(
      true,
    );
  });

  it('says how much work was lost', () => {
    expect([1, 4].map((minutes) => t('home:lost', { minutes }))).toEqual([
      '1 minute of work was lost today.',
      '4 minutes of work were lost today.',
    ]);
  });

  it('says bounds and sentences', () => {
    expect([bound(300), bound(2000)]).toEqual(['300 ms', '2 s']);
    expect([sentenceCase('you are in a call'), sentenceCase('“zoom” is running'), sentenceCase('')]).toEqual([
      'You are in a call',
      '“zoom” is running',
      '',
    ]);
  });

  it('names the source of every value', () => {
    const settings = new FakeSettings();
    settings.layers.user = { preset: 'gentle', 'idle.share': 0.3 };
    settings.layers.locked = { 'pauseOn.call': true };
    expect(sourceWords(settings.inForce('idle.share'), null)).toBe('changed by you');
    expect(sourceWords(settings.inForce('inUse.share'), null)).toBe('from Gentle');
    expect(sourceWords(settings.inForce('pauseOn.call'), 'Acme')).toBe('set by Acme');
    expect(sourceWords(settings.inForce('pauseOn.call'), null)).toBe('set by your organization');
    settings.layers.user = {};
    settings.layers.default = { 'idle.share': 0.3 };
    expect(sourceWords(settings.inForce('idle.share'), 'Acme')).toBe('default set by Acme');
    expect(sourceWords(settings.inForce('inUse.share'), 'Acme')).toBe('from Balanced');
    expect(sourceWords({ key: 'idle.share', value: 1, source: 'built-in', preset: null }, 'Acme')).toBe(
      'built in',
    );
  });

  it('tells the person’s own values from those that their preset fills in', () => {
    const settings = new FakeSettings();
    settings.layers.user = { preset: 'gentle', 'idle.share': 0.3 };
    expect(isOwn(settings.inForce('idle.share'))).toBe(true);
    expect(isOwn(settings.inForce('inUse.share'))).toBe(false);
  });
});

describe('the preferences', () => {
  it('show every setting exactly once', () => {
    const shown = [...settingGroups, moreSettings].flatMap(({ rows }) => rows.map(({ key }) => key));
    expect(['preset', ...shown].sort()).toEqual([...settingKeys].sort());
  });

  it.each(settingKeys)('have words for the value of %s in every preset', (key) => {
    const control = controlOf(key);
    expect(settingName(key)).toMatch(/^[A-Z]/);
    for (const preset of ['gentle', 'balanced', 'generous'] as const) {
      const value = key === 'preset' ? preset : presetValues[preset][key];
      expect(valueWords(control, value as never)).toMatch(/\S/);
    }
  });

  it.each([
    ['inUse.share', 0.25, '25 %'],
    ['idle.afterSeconds', 180, '180 s'],
    ['pauseOn.load', 0.07, '7 %'],
    ['pauseOn.load', null, 'never'],
    ['battery.aboveCharge', 0, '0 %'],
    ['ladder.offAfterSeconds', 259_200, '72 h'],
    ['vm.memoryBytes', 768 * 1024 * 1024, '768 MiB'],
    ['vm.vcpus', null, 'half of all'],
    ['pauseOn.programs', ['zoom', 'blender'], 'zoom, blender'],
    ['pauseOn.programs', [], 'none'],
    ['schedule.timeZone', null, 'this computer’s'],
    ['schedule.windows', [], 'at any time'],
    ['schedule.windows', [{ days: ['sat', 'sun'], from: '08:00', to: '24:00' }], 'Sa Su 08:00–24:00'],
    ['contribute', false, 'off'],
    ['preset', 'gentle', 'Gentle'],
    ['ui.language', 'system', 'As the system'],
    ['ui.language', 'en', 'English'],
  ] as const)('say that %s is %j as %s', (key, value, words) => {
    expect(valueWords(controlOf(key), value as never)).toBe(words);
  });

  it('say what changed', () => {
    const settings = new FakeSettings();
    const before = settings.inForce('idle.share');
    expect(changeWords(before, settings.set('idle.share', 0.4))).toBe('While it is idle: 100 % → 40 %.');
  });

  it('turn units there and back without crumbs', () => {
    for (let percent = 0; percent <= 100; percent += 1) {
      expect(fromUnit(percent, 0.01)).toBe(percent / 100);
      expect(toUnit(percent / 100, 0.01)).toBe(percent);
    }
    expect(fromUnit(1024, 1024 ** 2)).toBe(1024 ** 3);
  });

  it('take names between commas', () => {
    expect(toList(' blender , zoom,,')).toEqual(['blender', 'zoom']);
    expect(toList(' ')).toEqual([]);
    expect(asWindows('nonsense')).toEqual([]);
  });
});
