import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Failure } from '../../electron/contract/failures.ts';
import {
  besidePresets,
  EffectiveSetting,
  Preset,
  presetValues,
  type SettingKey,
  type SettingsDocument,
  SettingsLayer,
  settingKeys,
  settingsVersion,
  settingTypes,
} from '../../electron/contract/settings.ts';
import { effectiveList, mergeLayers } from '../../electron/settings/layers.ts';

/** Values that differ from layer to layer, all of them fit. */
const valuesOf: { readonly [K in SettingKey]?: readonly unknown[] } = {
  contribute: [true, false],
  'inUse.share': [0, 0.1, 0.5],
  'idle.share': [0.2, 0.9],
  'idle.afterSeconds': [7, 77],
  'pauseOn.programs': [[], ['a'], ['b', 'c']],
  'pauseOn.load': [null, 0.1, 0.7],
  'battery.aboveCharge': [null, 0, 0.5],
  'schedule.windows': [[], [{ days: ['mon'], from: '08:00', to: '12:00' }]],
  'vm.vcpus': [null, 3],
  'vm.accelerator': ['tcg', 'kvm'],
  'ui.language': ['de', 'ja'],
  'ui.startAtLogin': [true, false],
};

const layer = fc
  .record(
    {
      preset: fc.constantFrom(...Preset.options),
      ...Object.fromEntries(
        Object.entries(valuesOf).map(([key, values]) => [key, fc.constantFrom(...values)]),
      ),
    },
    { requiredKeys: [] },
  )
  .map((settings) => SettingsLayer.parse(settings));

const document = layer.map((settings): SettingsDocument => ({ version: settingsVersion, settings }));
const maybe = fc.option(document, { nil: undefined });
const layers = fc.record({ defaults: maybe, user: maybe, locked: maybe, problems: fc.constant([]) });

const reversed = (from: SettingsDocument | undefined): SettingsDocument | undefined =>
  from && {
    ...from,
    settings: SettingsLayer.parse(Object.fromEntries(Object.entries(from.settings).reverse())),
  };

const beside: ReadonlySet<SettingKey> = new Set(besidePresets);

/** What a layer above the built-in one says of a key, by itself or by its preset. */
const says = (from: SettingsDocument | undefined, key: SettingKey): unknown => {
  if (from === undefined) return undefined;
  const { preset } = from.settings;
  const own = from.settings[key];
  if (own !== undefined || preset === undefined || beside.has(key)) return own;
  return key === 'preset' ? preset : presetValues[preset][key];
};

describe('merging layers', () => {
  test('every key has a value that fits, and the source that is the highest to name it', () => {
    fc.assert(
      fc.property(layers, (given) => {
        const merged = mergeLayers(given);
        for (const key of settingKeys) {
          const order = [
            ['locked', says(given.locked, key)],
            ['user', says(given.user, key)],
            ['default', says(given.defaults, key)],
            ['built-in', key === 'preset' ? 'balanced' : presetValues.balanced[key]],
          ] as const;
          const [source, value] = order.find(([, said]) => said !== undefined) ?? [];
          expect([key, merged.sources[key], merged.values[key]]).toEqual([key, source, value]);
          expect(settingTypes[key].safeParse(merged.values[key]).success).toBe(true);
        }
      }),
    );
  });

  test('what is locked wins over everything, whatever the person says', () => {
    fc.assert(
      fc.property(layers, document, document, (given, locked, other) => {
        const one = mergeLayers({ ...given, locked });
        const two = mergeLayers({ ...given, user: other, locked });
        for (const key of settingKeys) {
          if (says(locked, key) === undefined) continue;
          expect([one.sources[key], one.values[key]]).toEqual(['locked', says(locked, key)]);
          expect(two.values[key]).toEqual(one.values[key]);
        }
      }),
    );
  });

  test('a key that the person leaves out falls to the layer below', () => {
    fc.assert(
      fc.property(layers, fc.constantFrom(...settingKeys), (given, key) => {
        const user: SettingsDocument | undefined = given.user && {
          ...given.user,
          settings: SettingsLayer.parse(
            Object.fromEntries(
              Object.entries(given.user.settings).filter(([name]) => name !== key && name !== 'preset'),
            ),
          ),
        };
        const merged = mergeLayers({ ...given, user });
        const without = mergeLayers({ ...given, user: undefined });
        expect([merged.values[key], merged.sources[key]]).toEqual([
          without.values[key],
          without.sources[key],
        ]);
      }),
    );
  });

  test('the order of keys does not matter, and the same layers give the same values', () => {
    fc.assert(
      fc.property(layers, (given) => {
        const turned = {
          defaults: reversed(given.defaults),
          user: reversed(given.user),
          locked: reversed(given.locked),
        };
        expect(mergeLayers({ ...turned, problems: [] })).toEqual(mergeLayers(given));
        expect(mergeLayers(structuredClone(given))).toEqual(mergeLayers(given));
      }),
    );
  });

  test('a value by preset names the preset of its own source', () => {
    fc.assert(
      fc.property(layers, (given) => {
        const of = { default: given.defaults, user: given.user, locked: given.locked };
        for (const item of effectiveList(mergeLayers(given))) {
          expect(EffectiveSetting.parse(item)).toEqual(item);
          if (item.source === 'grid') throw new Error('there is no grid here');
          const layerPreset = item.source === 'built-in' ? 'balanced' : of[item.source]?.settings.preset;
          const isOwn =
            item.source === 'built-in'
              ? item.key === 'preset' || beside.has(item.key)
              : of[item.source]?.settings[item.key] !== undefined;
          expect(item.preset).toBe(isOwn ? null : layerPreset);
        }
      }),
    );
  });

  test('a preset speaks at its own level only', () => {
    const { values, sources, byPreset } = mergeLayers({
      defaults: { version: 2, settings: { preset: 'generous', 'inUse.share': 0.6 } },
      user: { version: 2, settings: { 'idle.share': 0.5 } },
      locked: { version: 2, organization: 'ACME', settings: { 'pauseOn.call': true } },
      problems: [],
    });
    expect([values['inUse.share'], sources['inUse.share']]).toEqual([0.6, 'default']);
    expect([values['idle.share'], sources['idle.share']]).toEqual([0.5, 'user']);
    expect([values['pauseOn.call'], sources['pauseOn.call']]).toEqual([true, 'locked']);
    expect([values['pauseOn.fullScreen'], sources['pauseOn.fullScreen']]).toEqual([false, 'default']);
    expect(byPreset.has('pauseOn.fullScreen')).toBe(true);
    for (const key of ['preset', 'inUse.share', 'idle.share', 'pauseOn.call'] as const) {
      expect(byPreset.has(key)).toBe(false);
    }
  });

  test('no preset but the built-in one speaks for what the desktop heeds, nor for the price of electricity', () => {
    const { values, sources } = mergeLayers({
      defaults: { version: 2, settings: { 'ui.startAtLogin': true } },
      user: { version: 2, settings: { preset: 'gentle', 'ui.language': 'de', 'energy.pricePerKwh': 0.3 } },
      locked: { version: 2, settings: { preset: 'generous' } },
      problems: [],
    });
    expect([values['ui.startAtLogin'], sources['ui.startAtLogin']]).toEqual([true, 'default']);
    expect([values['ui.language'], sources['ui.language']]).toEqual(['de', 'user']);
    expect(sources['notify.denied']).toBe('built-in');
    expect([values['energy.pricePerKwh'], sources['energy.pricePerKwh']]).toEqual([0.3, 'user']);
  });

  test('tells who locked it, else who gave the defaults', () => {
    const acme = { version: 2, organization: 'ACME', settings: {} } as const;
    const other = { version: 2, organization: 'Other', settings: {} } as const;
    expect(mergeLayers({ problems: [] }).organization).toBeNull();
    expect(mergeLayers({ defaults: other, problems: [] }).organization).toBe('Other');
    expect(mergeLayers({ defaults: other, locked: acme, problems: [] }).organization).toBe('ACME');
  });

  test('a broken profile is the first of the problems', () => {
    const broken: Failure = { code: 'profile-broken', sentence: 'Broken.' };
    const problem: Failure = { code: 'settings-invalid', sentence: 'Damaged.' };
    const merged = mergeLayers({ broken, problems: [problem] });
    expect(merged.broken).toEqual(broken);
    expect(merged.problems).toEqual([broken, problem]);
  });
});

test('a person’s file is not heard about the pools of an organization, and no preset hides them or its projects', () => {
  const settings = (value: SettingsLayer): SettingsDocument => ({
    version: settingsVersion,
    settings: value,
  });
  const pools = [{ enrolment: '/etc/gleaner/pool.json', share: 100 }];
  const projects = [
    { url: 'https://boinc.example.org/acme/', key: 'a'.repeat(32), share: 50, contacts: [] },
  ] satisfies SettingsLayer['grids.boinc'];
  const theirs = settings({ preset: 'gentle', 'grids.pools': [] });
  const { values, sources } = mergeLayers({
    defaults: settings({ 'grids.pools': pools, 'grids.boinc': projects }),
    user: theirs,
    locked: settings({ preset: 'generous' }),
    problems: [],
  });
  expect(values['grids.pools']).toEqual(pools);
  expect(values['grids.boinc']).toEqual(projects);
  expect(sources['grids.pools']).toBe('default');
  expect(mergeLayers({ user: theirs, problems: [] }).sources['grids.pools']).toBe('built-in');
});
