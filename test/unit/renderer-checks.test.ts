import { beforeAll, describe, expect, it } from 'vitest';
import { type Check, checkCodes, checkKey, commonCodes } from '../../electron/contract/health.ts';
import { KeyFiles } from '../../electron/host/secrets-file.ts';
import { WrappedKeys } from '../../electron/shell/secrets.ts';
import { checkWords, fixWords, outcomeWords } from '../../renderer/text/check-words.ts';
import german from '../../text/catalogue/de.ts';
import english from '../../text/catalogue/en.ts';
import { speakIn } from '../fakes/speak.ts';
import { automaticFix, troubledChecks, wellChecks } from '../fixtures/checks.ts';

beforeAll(() => speakIn('en'));

const one = (changes: Partial<Check>): Check => ({
  id: 'qemu',
  title: 'QEMU',
  state: 'ok',
  code: 'found',
  values: { version: '7.2.22' },
  detail: 'QEMU 7.2.22',
  fix: null,
  ...changes,
});

/** Something for every value that any check hands over. */
const values = {
  bytes: 2048,
  count: 2,
  days: 3,
  entries: 5,
  failure: 'internal',
  files: '',
  freeBytes: 1024 ** 3,
  gleaner: '0.1.0',
  name: 'kvm',
  place: 'a file',
  proxy: 'pac',
  recipe: 'abc',
  seconds: 90,
  source: 'x11',
  version: '7',
  why: 'no',
};

const everything = Object.entries(checkCodes).flatMap(([id, codes]) =>
  [...codes, ...commonCodes].map((code) => [id as Check['id'], code] as const),
);

describe('what a check came to', () => {
  it.each(everything)('%s %s is said in the page’s words', (id, code) => {
    const { title, sentence } = checkWords(one({ id, code, values, detail: 'the host’s' }));
    expect(checkKey({ id, code })).not.toBeNull();
    expect(title).toBe(english.health[`title.${id}`]);
    expect(sentence).not.toBe('the host’s');
    expect(sentence).toMatch(/^[^{}]+\.$/);
  });

  it('has no sentence that no check can come to', () => {
    const keys = everything.flatMap(([id, code]) => [`check.${id}.${code}`, `check.common.${code}`]);
    const said = Object.keys(english.health).filter((key) => key.startsWith('check.'));
    expect(said.filter((key) => !keys.includes(key))).toEqual([]);
  });

  it.each([
    ['network', 'passing', '2 KiB sent and received by grids today, as the proxy script says.'],
    ['disk', 'low', 'Only 1 GiB free where Gleaner keeps its data.'],
    ['clock', 'set', 'It was set by 1 min 30 s while Gleaner ran.'],
    ['appliance-age', 'fresh', 'Made of the newest packages 3 days ago.'],
    ['settings', 'managed', 'Those of your organization are in force.'],
  ] as const)('has its values put in: %s %s', (id, code, sentence) => {
    expect(checkWords(one({ id, code, values })).sentence).toBe(sentence);
  });

  it('keeps names of others from reaching beyond themselves', () => {
    const organization = 'Acme\u202e\n';
    expect(checkWords(one({ id: 'settings', code: 'managed', values: { organization } })).sentence).toBe(
      'Those of Acme are in force.',
    );
  });

  it('adds the host’s words only where they tell more', () => {
    expect(checkWords(one({})).detail).toBeNull();
    expect(checkWords(one({ code: 'error', detail: 'It fell over.' })).detail).toBe('It fell over.');
    expect(checkWords(one({ code: 'a code of tomorrow', hint: 'Wait.' }))).toEqual({
      title: 'QEMU',
      sentence: 'QEMU 7.2.22',
      detail: null,
      hint: null,
      hostHint: 'Wait.',
    });
  });

  it('hints at what to do where nothing mends it', () => {
    const low = { id: 'disk', code: 'low', values, hint: 'Free some.' } as const;
    expect(checkWords(one(low)).hint).toBe('Jobs may need more: free some space.');
    expect(checkWords(one({ ...low, fix: automaticFix('free-disk') })).hint).toBeNull();
    const damaged = {
      id: 'images',
      code: 'damaged',
      detail: 'No.',
      hint: 'Run the installer again.',
    } as const;
    expect(checkWords(one(damaged)).hostHint).toBe('Run the installer again.');
  });

  it('is known of everything in the gallery', () => {
    for (const check of [...wellChecks(), ...troubledChecks()]) expect(checkKey(check)).not.toBeNull();
  });
});

describe('a fix', () => {
  it('says what it is and what came of it', () => {
    expect(fixWords(automaticFix('free-disk'))).toContain('are deleted');
    const check = one({});
    expect(outcomeWords({ outcome: 'done', freedBytes: 3 * 1024 ** 2, check })).toBe('Done: 3 MiB freed.');
    expect(outcomeWords({ outcome: 'done', freedBytes: null, check })).toBe('Done.');
    expect(outcomeWords({ outcome: 'cancelled', freedBytes: null, check })).toBe('Cancelled.');
  });
});

describe('where keys are kept', () => {
  class NoStore {
    isEncryptionAvailable(): boolean {
      return false;
    }
    encryptString(): Buffer {
      throw new Error('there is none');
    }
    decryptString(): string {
      throw new Error('there is none');
    }
  }
  class Store extends NoStore {
    override isEncryptionAvailable(): boolean {
      return true;
    }
    getSelectedStorageBackend(): string {
      return 'gnome_libsecret';
    }
  }
  const files = new KeyFiles('/nowhere');

  it.each([
    ['store', new WrappedKeys('/nowhere', new Store(), files).place],
    ['file', files.place],
    ['noStore', new WrappedKeys('/nowhere', new NoStore(), files).place],
  ] as const)('is said in the page’s language: %s', async (name, place) => {
    await speakIn('de');
    const { sentence } = checkWords(one({ id: 'secrets', code: 'kept', values: { place } }));
    expect(sentence).toBe(`Aufbewahrt in: ${german.health[`place.${name}`]}.`);
    await speakIn('en');
  });
});
