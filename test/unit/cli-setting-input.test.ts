import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { parseDuration, parseMeasure, parsePercent, parseSize } from '../../electron/cli/quantity.ts';
import { howToType, parseSettingInput, settingExample } from '../../electron/cli/setting-input.ts';
import { formatSetting } from '../../electron/cli/setting-value.ts';
import { fits } from '../../electron/contract/setting-text.ts';
import { Preset, presetValues, type SettingKey, settingKeys } from '../../electron/contract/settings.ts';
import { useCommand } from './cli-grids-fixture.ts';

const { run, asked } = useCommand();
const [MiB, GiB] = [2 ** 20, 2 ** 30];

describe('amounts as people write them', () => {
  test.each([
    ['60%', 0.6],
    [' 12.5 % ', 0.125],
    ['29 %', 0.29],
    ['60', null],
    ['60 percent', null],
    ['-5 %', null],
    ['%', null],
    ['1,5 %', null],
  ])('%j as a share', (text, value) => {
    expect(parsePercent(text)).toBe(value);
  });

  test.each([
    ['90s', 90],
    ['3 min', 180],
    ['30m', 1800],
    ['2h', 7200],
    ['1.5 hours', 5400],
    ['1 d', 86_400],
    ['3 h 5 min', 11_100],
    ['1h30m', 5400],
    ['1.1 min', 66],
    ['180', null],
    ['3 M', null],
    ['2 months', null],
    ['5 min 3 h', null],
    ['3 min 3 min', null],
    ['3 min 30', null],
    ['h', null],
    ['-1 h', null],
  ])('%j as seconds', (text, value) => {
    expect(parseDuration(text)).toBe(value);
  });

  test.each([
    ['20 GiB', 20 * GiB],
    ['20gib', 20 * GiB],
    ['500MB', 500_000_000],
    ['500 mb', 500_000_000],
    ['1 kB', 1000],
    ['1.5 TiB', 1.5 * 1024 * GiB],
    ['512 B', 512],
    ['20', null],
    ['20G', null],
    ['20 Gb', null],
    ['20 Gib', null],
    ['20 GiB/s', null],
  ])('%j as a size', (text, value) => {
    expect(parseSize(text)).toBe(value);
  });

  it('reads a number before its unit', () => {
    expect(parseMeasure('75 °C', ['°C', 'C'])).toBe(75);
    expect(parseMeasure('75c', ['°C', 'C'])).toBe(75);
    expect(parseMeasure('75 F', ['°C', 'C'])).toBeNull();
    expect(parseMeasure('C', ['C'])).toBeNull();
  });

  it('reads anything, and in no time', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[0-9. a-zA-Z%/]*$/));
    fc.assert(
      fc.property(text, (words) => {
        for (const value of [parsePercent(words), parseDuration(words), parseSize(words)]) {
          expect(value === null || (Number.isFinite(value) && value >= 0)).toBe(true);
        }
      }),
    );
    const begun = performance.now();
    parseDuration(`${'1 h '.repeat(100_000)}!`);
    parseSize(`${'1'.repeat(100_000)} x`);
    expect(performance.now() - begun).toBeLessThan(1000);
  });
});

describe('a setting as it is typed', () => {
  test.each<[SettingKey, string, unknown]>([
    ['contribute', 'yes', true],
    ['contribute', 'On', true],
    ['contribute', 'no', false],
    ['contribute', 'off', false],
    ['contribute', 'true', true],
    ['contribute', 'maybe', 'maybe'],
    ['inUse.share', '60%', 0.6],
    ['inUse.share', '60 %', 0.6],
    ['inUse.share', '0.6', 0.6],
    ['inUse.share', '60', 60],
    ['inUse.share', '160 %', '160 %'],
    ['pauseOn.load', '40 %', 0.4],
    ['pauseOn.load', 'never', null],
    ['pauseOn.load', 'null', null],
    ['idle.afterSeconds', '3 min', 180],
    ['idle.afterSeconds', '180', 180],
    ['idle.afterSeconds', '1 s', '1 s'],
    ['idle.afterSeconds', '2.5 s', '2.5 s'],
    ['ladder.offAfterSeconds', '1 d', 86_400],
    ['ladder.offAfterSeconds', 'Never', null],
    ['vm.memoryBytes', '768 MiB', 768 * MiB],
    ['vm.memoryBytes', '20G', '20G'],
    ['network.quotaDayBytes', '500MB', 500_000_000],
    ['network.quotaDayBytes', 'no limit', null],
    ['network.downBytesPerSecond', '1 MiB/s', MiB],
    ['network.downBytesPerSecond', '500 kB', 500_000],
    ['quiet.temperatureC', '75 °C', 75],
    ['quiet.fanRpm', '1200 rpm', 1200],
    ['quiet.fanRpm', 'none', null],
    ['energy.wattsPerCore', '6.5W', 6.5],
    ['schedule.timeZone', 'this computer’s', null],
    ['vm.vcpus', "half of this computer's", null],
    ['pauseOn.programs', 'none', []],
    ['pauseOn.programs', '["none"]', ['none']],
    ['grids.permitted', 'any', null],
    ['grids.permitted', 'none', []],
    ['network.proxy', 'none', 'none'],
    ['schedule.windows', 'always', []],
  ])('%s: %j', (key, text, value) => {
    expect(parseSettingInput(key, text)).toEqual(value);
  });

  it('is typed as it is shown, whatever a preset says', () => {
    for (const key of settingKeys) {
      for (const preset of Preset.options) {
        const value: unknown = key === 'preset' ? preset : presetValues[preset][key];
        expect(parseSettingInput(key, formatSetting(key, value)), key).toEqual(value);
      }
    }
  });

  it('is shown to the second and the percent that was typed', () => {
    expect(formatSetting('idle.afterSeconds', 90)).toBe('1 min 30 s');
    expect(formatSetting('ladder.offAfterSeconds', 90_061)).toBe('1 d 1 h 1 min 1 s');
    expect(formatSetting('ladder.offAfterSeconds', 0)).toBe('0 s');
    expect(formatSetting('inUse.share', 0.125)).toBe('12.5 %');
    expect(formatSetting('network.quotaDayBytes', 500_000_000)).toBe('500 MB');
    expect(formatSetting('network.quotaDayBytes', 0)).toBe('0 B');
    expect(formatSetting('network.quotaDayBytes', 20 * GiB)).toBe('20 GiB');
  });

  it('has for each key an example that fits', () => {
    for (const key of settingKeys) {
      expect(fits(key, parseSettingInput(key, settingExample(key))), key).toBe(true);
      expect(howToType(key)).toContain(`gleaner settings set ${key} `);
    }
    expect(howToType('network.upBytesPerSecond')).toBe(
      'You may also type 500 kB/s, 1 MiB/s or "no limit". For example: gleaner settings set network.upBytesPerSecond "500 kB/s"',
    );
    expect(howToType('preset')).toBe('For example: gleaner settings set preset gentle');
  });
});

describe('gleaner settings', () => {
  it('takes what a person types', async () => {
    expect((await run('settings', 'set', 'idle.afterSeconds', '90s')).stdout).toMatch(
      /^idle\.afterSeconds is 1 min 30 s \(yours\)\.\n/,
    );
    expect((await run('settings', 'set', 'contribute', 'no')).code).toBe(0);
    expect(asked('settings.set')).toEqual([
      { key: 'idle.afterSeconds', value: 90 },
      { key: 'contribute', value: false },
    ]);
  });

  it('tells what may be typed, when asked and when it refuses', async () => {
    const how =
      'You may also type 90 s, 3 min, 2 h or 1 d. For example: gleaner settings set idle.afterSeconds "3 min"';
    expect((await run('settings', 'get', 'idle.afterSeconds')).stdout).toContain(`\n${how}\n`);
    const refused = await run('settings', 'set', 'idle.afterSeconds', '3 M');
    expect(refused).toMatchObject({ code: 4, stdout: '' });
    expect(refused.stderr).toMatch(/^gleaner: setting-invalid: .*\nhint: /);
    expect(refused.stderr).toContain(how);
  });
});
