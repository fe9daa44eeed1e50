import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ReasonCode, reasonCodes } from '../../electron/contract/policy.ts';
import { presetValues, type Settings } from '../../electron/contract/settings.ts';
import { type Situation, sensorsNeeded } from '../../electron/policy/sensors/needs.ts';

const quiet = { 'quiet.enabled': true };
const balanced: Settings = { preset: 'balanced', ...presetValues.balanced };
const working: Situation = { paused: false, wantsToRun: true, running: true };
const frozen = (...codes: ReasonCode[]): Situation => ({
  ...working,
  running: false,
  heldBy: new Set(codes),
});

const needed = (values: Partial<Settings> = {}, situation: Situation = working): string[] =>
  [...sensorsNeeded({ ...balanced, ...values }, situation)].sort();

test('what each preset needs while working', () => {
  expect(needed()).toEqual(
    [
      ...['call', 'disk', 'full-screen', 'input', 'load', 'login1', 'metered', 'power', 'presentation'],
      ...['screen-lock', 'session-active'],
    ].sort(),
  );
  const gentle = needed(presetValues.gentle);
  expect(gentle).toEqual([...needed(), 'remote-session', 'thermal'].sort());
  expect(needed(presetValues.generous)).toEqual(
    needed().filter((name) => !['call', 'full-screen', 'presentation'].includes(name)),
  );
});

describe('a sensor whose answer changes nothing is not needed:', () => {
  test.each<[string, string, Partial<Settings>]>([
    ['input', 'it does no harm', { 'inUse.share': 1 }],
    ['screen-lock', 'all shares are alike', { 'inUse.share': 1 }],
    ['call', 'it is off', { 'pauseOn.call': false }],
    ['full-screen', 'it is off', { 'pauseOn.fullScreen': false }],
    ['presentation', 'it is off', { 'pauseOn.presentation': false }],
    ['remote-session', 'it is off', { 'pauseOn.remoteSession': false }],
    ['power', 'any charge will do', { 'battery.aboveCharge': 0 }],
    ['load', 'it is off', { 'pauseOn.load': null }],
    ['programs', 'none is named', { 'pauseOn.programs': [] }],
    ['disk', 'no limit', { 'pauseOn.diskFreeBelowBytes': 0 }],
    ['metered', 'they are allowed', { 'network.metered': true }],
    ['thermal', 'quiet mode is off', { 'quiet.enabled': false }],
    ['thermal', 'there is no budget', { ...quiet, 'quiet.temperatureC': null }],
  ])('%s when %s', (name, _, values) => {
    const all = { ...quiet, 'pauseOn.programs': ['x'], 'pauseOn.remoteSession': true };
    expect(needed(all)).toContain(name);
    expect(needed({ ...all, ...values })).not.toContain(name);
  });

  test('the lock counts when only it differs', () => {
    expect(needed({ 'inUse.share': 0.5, 'idle.share': 0.5, 'locked.share': 1 })).toContain('screen-lock');
  });
});

describe('while it does not work', () => {
  test.each<[string, Partial<Settings>, Partial<Situation>]>([
    ['paused by the person', {}, { paused: true }],
    ['without work', {}, { wantsToRun: false }],
    ['switched off', { contribute: false }, {}],
  ])('%s, only sleep and shutdown are of interest', (_, values, situation) => {
    expect(needed(values, { ...working, ...situation })).toEqual(['login1']);
  });

  test('load, programs and heat are asked only when they are in the way', () => {
    expect(needed(quiet, frozen('input'))).not.toContain('load');
    expect(needed(quiet, frozen('input', 'load'))).toContain('load');
    expect(needed(quiet, { ...working, running: false })).toContain('load');
    const named = { 'pauseOn.programs': ['x'] };
    expect(needed(named, frozen('input'))).not.toContain('programs');
    expect(needed(named, frozen('input', 'program'))).toContain('programs');
    expect(needed(quiet, frozen('input'))).not.toContain('thermal');
    expect(needed(quiet, frozen('quiet'))).toContain('thermal');
    expect(needed(quiet, frozen('input'))).toContain('input');
  });

  test('sleep and shutdown are always of interest', () => {
    const situations = fc.record({
      paused: fc.boolean(),
      wantsToRun: fc.boolean(),
      running: fc.boolean(),
      heldBy: fc.uniqueArray(fc.constantFrom(...reasonCodes)).map((codes) => new Set(codes)),
    });
    const presets = fc.constantFrom('gentle' as const, 'balanced' as const, 'generous' as const);
    fc.assert(
      fc.property(situations, presets, fc.boolean(), (situation, preset, contribute) => {
        expect(needed({ ...presetValues[preset], contribute }, situation)).toContain('login1');
      }),
    );
  });
});
