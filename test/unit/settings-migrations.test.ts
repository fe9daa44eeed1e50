import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseSettings, parseUserSettings } from '../../electron/settings/migrations.ts';

const containing = (words: string): unknown => expect.stringContaining(words);

const MiB = 1024 * 1024;
const read = (value: unknown): unknown => parseUserSettings(JSON.stringify(value));

describe('settings of version 1', () => {
  test('become settings by key, and the old defaults are left to the layers below', () => {
    expect(read({ schema: 1 })).toEqual({ document: { version: 2, settings: {} } });
    expect(
      read({
        schema: 1,
        share: 1,
        vcpus: null,
        memoryBytes: 768 * MiB,
        diskBytes: 2048 * MiB,
        accelerator: 'auto',
      }),
    ).toEqual({ document: { version: 2, settings: {} } });
    expect(
      read({
        schema: 1,
        share: 0.5,
        vcpus: 2,
        memoryBytes: 512 * MiB,
        diskBytes: 64 * MiB,
        accelerator: 'tcg',
      }),
    ).toEqual({
      document: {
        version: 2,
        settings: {
          'idle.share': 0.5,
          'locked.share': 0.5,
          'vm.vcpus': 2,
          'vm.memoryBytes': 512 * MiB,
          'vm.diskBytes': 64 * MiB,
          'vm.accelerator': 'tcg',
        },
      },
    });
  });

  test('a share that was small stays a bound while the computer is used', () => {
    expect(read({ schema: 1, share: 0.1 })).toEqual({
      document: { version: 2, settings: { 'idle.share': 0.1, 'locked.share': 0.1, 'inUse.share': 0.1 } },
    });
  });

  test.each([
    [{ schema: 1, share: 7 }, 'share: '],
    [{ schema: 1, turbo: true }, 'unknown field "turbo"'],
    [{ version: 1, settings: {} }, 'schema'],
  ])('are refused when they do not hold: %j', (value, words) => {
    expect(read(value)).toEqual({ fault: containing(words) });
  });
});

describe('settings of this version', () => {
  test('are read as they are', () => {
    const document = { version: 2, settings: { preset: 'gentle', 'pauseOn.load': null } };
    expect(read(document)).toEqual({ document });
  });

  test.each([
    ['', 'not JSON'],
    ['{"version":2,"settings":', 'not JSON'],
    ['null', 'must be an object'],
    ['{}', 'does not say its version'],
    ['[]', 'must be an object'],
    ['{"settings":{}}', 'does not say its version'],
    ['{"schema":2}', 'does not say its version'],
    ['{"version":3,"settings":{}}', 'version (3)'],
    ['{"version":"2","settings":{}}', 'version ("2")'],
    ['{"version":2,"settings":{"idle.share":7}}', 'settings.idle.share: '],
    ['{"version":2,"settings":{"turbo":true}}', 'unknown field "turbo"'],
    ['{"version":2,"settings":{"__proto__":{"preset":"gentle"}}}', 'unknown field'],
  ])('are refused when they do not hold: %s', (text, words) => {
    expect(parseUserSettings(text)).toEqual({ fault: containing(words) });
  });

  test('any text and any value is answered, never thrown at', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(Object.keys(parseUserSettings(text))).toHaveLength(1);
      }),
    );
    fc.assert(
      fc.property(fc.anything({ withBigInt: false }), (value) => {
        expect(Object.keys(parseSettings(value))).toHaveLength(1);
      }),
    );
  });
});
