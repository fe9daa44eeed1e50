import { beforeAll, describe, expect, it } from 'vitest';
import { reasonCodes } from '../../electron/contract/policy.ts';
import {
  besidePresets,
  desktopKeys,
  presetValues,
  settingKeys,
  settingTypes,
} from '../../electron/contract/settings.ts';
import { noSignals } from '../../electron/contract/signals.ts';
import { bound, sentenceCase } from '../../renderer/text/format.ts';
import { inputSeen, signalRows, sourceWords } from '../../renderer/text/policy-words.ts';
import { t } from '../../renderer/text/say.ts';
import {
  controlOf,
  foundGroups,
  isOfPresets,
  settingGroups,
  settingName,
} from '../../renderer/text/setting-rows.ts';
import { groupSummary } from '../../renderer/text/setting-summary.ts';
import {
  asWindows,
  fromUnit,
  numberRefusal,
  toList,
  toUnit,
  valueWords,
} from '../../renderer/text/setting-value.ts';
import { type Change, changeWords, isOwn, undoable, withChange } from '../../renderer/views/changes.ts';
import { differingFrom } from '../../renderer/views/preset-cards.tsx';
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
    const shown = settingGroups.flatMap(({ rows }) => rows.map(({ key }) => key));
    expect(['preset', ...shown].sort()).toEqual([...settingKeys].sort());
  });

  it('know for which no preset speaks', () => {
    const rows = settingGroups.flatMap((group) => group.rows);
    const desktop = rows.filter(({ isOfDesktop }) => isOfDesktop).map(({ key }) => key);
    expect(desktop.sort()).toEqual([...desktopKeys].sort());
  });

  it('know what presets speak for: whatever they differ in, no list, and nothing beside them', () => {
    const { gentle, balanced, generous } = presetValues;
    for (const key of settingKeys) {
      if (key === 'preset') continue;
      const values = [gentle, balanced, generous].map((preset) => JSON.stringify(preset[key]));
      if (new Set(values).size > 1) expect(isOfPresets(key), key).toBe(true);
      if (Array.isArray(balanced[key])) expect(isOfPresets(key), key).toBe(false);
    }
    for (const key of [...besidePresets, 'grids.permitted', 'network.metered', 'contribute'] as const) {
      expect(isOfPresets(key), key).toBe(false);
    }
    expect(isOfPresets('locked.share')).toBe(true);
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
    ['energy.pricePerKwh', 0.315, '0.315'],
    ['pauseOn.programs', ['zoom', 'blender'], 'zoom, blender'],
    ['pauseOn.programs', [], 'none'],
    ['schedule.timeZone', null, 'this computer’s'],
    ['schedule.windows', [], 'at any time'],
    ['schedule.windows', [{ days: ['sat', 'sun'], from: '08:00', to: '24:00' }], 'Sa Su 08:00–24:00'],
    [
      'schedule.windows',
      [{ days: ['fri', 'mon', 'sun', 'wed', 'tue', 'thu'], from: '22:00', to: '06:00' }],
      'Mo–Fr Su 22:00–06:00',
    ],
    [
      'schedule.windows',
      Array.from({ length: 4 }, () => ({ days: ['mon'], from: '01:00', to: '02:00' })),
      'Mo 01:00–02:00',
    ],
    [
      'schedule.windows',
      (['mon', 'wed', 'fri', 'sun'] as const).map((day, at) => ({
        days: [day],
        from: `0${at}:00`,
        to: `0${at + 1}:00`,
      })),
      '4 times of the week',
    ],
    [
      'schedule.windows',
      [
        { days: ['mon', 'tue', 'wed', 'thu', 'sun'], from: '17:00', to: '09:00' },
        { days: ['fri', 'sat', 'sun'], from: '00:00', to: '24:00' },
      ],
      'always, but Mo–Th 09:00–17:00',
    ],
    [
      'schedule.windows',
      [{ days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: '00:00', to: '24:00' }],
      'Mo–Su 00:00–24:00',
    ],
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
    expect(changeWords({ before, after: settings.set('idle.share', 0.4) })).toBe(
      'While it is idle: 100 % → 40 %.',
    );
  });

  it('differ from the preset only where the preset speaks', () => {
    const settings = new FakeSettings();
    const all = () => new Map(settings.list().map((setting) => [setting.key, setting]));
    expect(differingFrom(all())).toBe(0);
    settings.set('preset', 'gentle');
    settings.set('ui.language', 'de');
    settings.set('notify.finished', true);
    expect(differingFrom(all())).toBe(0);
    settings.set('idle.share', 0.4);
    expect(differingFrom(all())).toBe(1);
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

  it('know what a number may be, as the contract does', () => {
    const numbers = settingGroups.flatMap(({ rows }) =>
      rows.flatMap(({ key, control }) => (control.kind === 'number' ? [{ key, control }] : [])),
    );
    expect(numbers.length).toBeGreaterThan(20);
    for (const { key, control } of numbers) {
      const takes = (value: unknown): boolean => settingTypes[key].safeParse(value).success;
      const { min, max, whole } = control;
      const crumb = whole === true ? 1 : 0.001;
      expect([key, takes(min), takes(min - crumb)]).toEqual([key, true, false]);
      if (max !== undefined) expect([key, takes(max), takes(max + crumb)]).toEqual([key, true, false]);
      expect([key, takes(min + 0.5 * crumb)]).toEqual([key, whole !== true]);
      expect([key, takes(null)]).toEqual([key, control.empty !== undefined]);
    }
  });

  it.each([
    ['idle.afterSeconds', 1, 'It may be from 2 s to 31,622,400 s. It stays 180 s.'],
    ['battery.aboveCharge', 1.2, 'It may be from 0 % to 100 %. It stays never.'],
    ['network.downBytesPerSecond', 1000, 'It may be from 1 KiB/s on. It stays no limit.'],
    ['vm.maxRunning', 1.5, 'It must be a whole number. It stays 1.'],
    ['vm.maxRunning', 2, null],
  ] as const)('refuse %s %d with “%s”', (key, value, words) => {
    const control = controlOf(key);
    if (control.kind !== 'number') throw new Error('not a number');
    expect(numberRefusal(control, value, presetValues.balanced[key])).toBe(words);
  });
});

describe('a group of preferences', () => {
  const summary = (id: (typeof settingGroups)[number]['id'], changes: object = {}): string => {
    const values: Record<string, unknown> = { ...presetValues.balanced, ...changes };
    return groupSummary(id, (key) => values[key] as never);
  };

  it.each([
    ['howMuch', {}, 'In use 25 %, idle 100 %, locked 100 %'],
    ['howMuch', { contribute: false }, 'Turned off'],
    ['when', {}, 'At any time'],
    [
      'when',
      { 'schedule.windows': [{ days: ['sat', 'sun'], from: '08:00', to: '24:00' }] },
      'Sa Su 08:00–24:00',
    ],
    ['stops', {}, 'A call, full screen, a presentation or film, other programs above 40 %'],
    [
      'stops',
      {
        'pauseOn.call': false,
        'pauseOn.fullScreen': false,
        'pauseOn.presentation': false,
        'pauseOn.load': null,
      },
      'None of these',
    ],
    ['battery', {}, 'Never on battery'],
    ['battery', { 'battery.aboveCharge': 0.6 }, 'On battery above 60 %'],
    ['programs', {}, 'None'],
    ['programs', { 'pauseOn.programs': ['zoom'] }, 'Zoom'],
    ['quiet', {}, 'Off'],
    ['quiet', { 'quiet.enabled': true }, 'On, CPU at most 75 °C'],
    ['network', {}, 'No limit'],
    ['network', { 'network.quotaDayBytes': 500 * 1024 ** 2 }, 'At most in a day 500 MiB'],
    ['disk', {}, 'Memory 768 MiB, a job’s disk up to 2 GiB'],
    ['energy', {}, 'No price set'],
    ['energy', { 'energy.pricePerKwh': 0.315 }, '€0.315 per kWh'],
    ['energy', { 'energy.pricePerKwh': 0.315, 'energy.currency': 'EU' }, '0.315 per kWh'],
    ['notifications', {}, '3 of 4 on'],
    ['window', {}, 'As the system; does not start by itself'],
    ['window', { 'ui.startAtLogin': true, 'ui.language': 'en' }, 'English; starts when you sign in'],
    ['more', {}, 'Virtual CPUs half of all, accelerator auto'],
  ] as const)('%s with %j reads “%s”', (id, changes, words) => {
    expect(summary(id, changes)).toBe(words);
  });

  it('is found by any of its names, whatever the case and the order of the words', () => {
    const keys = (words: string): string[] =>
      foundGroups(words).flatMap(({ rows }) => rows.map(({ key }) => key));
    expect(keys('IDLE after')).toEqual(['idle.afterSeconds']);
    expect(keys('certificates')).toEqual(['network.authorities']);
    expect(keys('on battery')).toContain('battery.aboveCharge');
    expect(keys('Europe/Berlin')).toEqual(['schedule.timeZone']);
    expect(keys('wörk')).toEqual(keys('work'));
    expect(keys('xyzzy')).toEqual([]);
  });
});

describe('the way back', () => {
  const settings = new FakeSettings();
  const change = (value: number): Change => ({
    before: settings.inForce('idle.share'),
    after: settings.set('idle.share', value),
  });
  const inForce = () => new Map(settings.list().map((setting) => [setting.key, setting]));

  it('leads back change by change, from the latest', () => {
    const history = withChange(withChange([], change(0.4)), change(0.5));
    expect(undoable(history, inForce())).toBe(1);
    settings.set('idle.share', 0.4);
    expect(undoable(history.slice(0, 1), inForce())).toBe(0);
  });

  it('passes over what somebody else has changed or locked since', () => {
    const other: Change = {
      before: settings.inForce('contribute'),
      after: settings.set('contribute', false),
    };
    const history = withChange(withChange([], other), change(0.6));
    settings.set('idle.share', 0.7);
    expect(undoable(history, inForce())).toBe(0);
    settings.layers.locked = { contribute: false };
    expect(undoable(history, inForce())).toBe(-1);
  });

  it('is no longer than twenty changes, and knows none that changed nothing', () => {
    const one = change(0.1);
    expect(withChange([], { before: one.after, after: one.after })).toEqual([]);
    const long = Array.from({ length: 30 }).reduce<readonly Change[]>((all) => withChange(all, one), []);
    expect(long).toHaveLength(20);
  });
});
