import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  classAdBounds,
  classAdOfJson,
  type HistoryRecord,
  HistorySplitter,
  parseClassAd,
  parseClassAds,
} from '../../electron/base/classad.ts';

/** As HTCondor writes a string: only quotes are escaped. */
const quoted = (value: string): string => `"${value.replaceAll('"', '\\"')}"`;

describe('an ad', () => {
  const ad = parseClassAd(
    [
      'GlobalJobId = "cm.pool.test#5.0#1795740676"',
      'CpusProvisioned = 1',
      'BytesRecvd = 101.0',
      'Small = -2.5E-3',
      'ExitBySignal = true',
      'WantX=FALSE',
      'JobCurrentReconnectAttempt = undefined',
      'MemoryUsage = ((ResidentSetSize + 1023) / 1024)',
      'Joined = "x" + "y"',
      'Path = "C:\\dir\\"',
      'Said = "a \\"word\\", a\\nd a tab\t"',
      'not an attribute',
      'Empty = ',
      '',
      'Prio = 1',
      'PRIO = 2',
    ].join('\r\n'),
  );

  test('tells values by their kind, and nothing of another kind', () => {
    expect(ad.string('globaljobid')).toBe('cm.pool.test#5.0#1795740676');
    expect(ad.number('GlobalJobId')).toBeNull();
    expect(ad.number('CPUSPROVISIONED')).toBe(1);
    expect(ad.number('BytesRecvd')).toBe(101);
    expect(ad.number('Small')).toBe(-0.0025);
    expect(ad.string('CpusProvisioned')).toBeNull();
    expect([ad.boolean('ExitBySignal'), ad.boolean('wantx'), ad.boolean('Prio')]).toEqual([
      true,
      false,
      null,
    ]);
  });

  test('keeps expressions as text, and evaluates none', () => {
    expect(ad.text('MemoryUsage')).toBe('((ResidentSetSize + 1023) / 1024)');
    expect(ad.number('MemoryUsage')).toBeNull();
    expect(ad.string('Joined')).toBeNull();
    expect(ad.text('JobCurrentReconnectAttempt')).toBe('undefined');
  });

  test('reads strings as the tools of HTCondor 23.9.6 do', () => {
    expect(ad.string('Path')).toBe('C:\\dir\\');
    expect(ad.string('Said')).toBe('a "word", a\\nd a tab\t');
  });

  test('lets the last of two equal names count, and counts lines that are no attribute', () => {
    expect(ad.number('Prio')).toBe(2);
    expect(ad.malformed).toBe(2);
    expect(ad.names).not.toContain('PRIO');
    expect(ad.text('NoSuch')).toBeNull();
  });

  test('bounds lines and attributes', () => {
    const long = parseClassAd(`A = "${'x'.repeat(classAdBounds.lineLength)}"\nB = 1`);
    expect([long.text('A'), long.number('B'), long.malformed]).toEqual([null, 1, 1]);
    const many = Array.from({ length: classAdBounds.attributes + 5 }, (_, at) => `A${at} = ${at}`);
    const ad = parseClassAd(many.join('\n'));
    expect([ad.names.length, ad.malformed]).toEqual([classAdBounds.attributes, 5]);
  });

  test('knows no names but those in it', () => {
    for (const name of ['__proto__', 'constructor', 'toString']) {
      expect(ad.text(name)).toBeNull();
      expect(parseClassAd(`${name} = 1`).number(name)).toBe(1);
    }
  });

  test('reads back every string that has one line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (value) => {
        const line = value.replace(/[\r\n]/g, ' ');
        expect(parseClassAd(`A = ${quoted(line)}`).string('A')).toBe(line);
        expect(classAdOfJson({ A: value })?.string('a')).toBe(/^\/Expr\(.*\)\/$/s.test(value) ? null : value);
      }),
    );
  });

  test('reads back every number as it is printed', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.maxSafeInteger(), fc.double({ noNaN: true, noDefaultInfinity: true })),
        (printed) => {
          // Nobody prints the sign of a zero.
          const value = printed === 0 ? 0 : printed;
          expect(parseClassAd(`A = ${value}`).number('A')).toBe(value);
          expect(classAdOfJson({ A: value })?.number('A')).toBe(value);
        },
      ),
    );
  });

  test('takes any text without a failure, and tells of each name one kind at most', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc
        .array(fc.constantFrom('A', ' = ', '"', '\\', '\n', '1', 'e', '.', '***', 'true', '-', '\0'))
        .map((s) => s.join('')),
    );
    fc.assert(
      fc.property(hostile, (text) => {
        const ad = parseClassAd(text);
        for (const name of ad.names) {
          const kinds = [ad.string(name), ad.number(name), ad.boolean(name)].filter(
            (value) => value !== null,
          );
          expect(kinds.length).toBeLessThanOrEqual(1);
          expect(ad.text(name)).not.toBeNull();
        }
        for (const one of parseClassAds(text)) expect(one.names.length + one.malformed).toBeGreaterThan(0);
      }),
    );
  });
});

describe('what the collector tells', () => {
  test('is cut where an empty line is', () => {
    const ads = [...parseClassAds('\nA = 1\nB = 2\n\n\nA = 3\n  \nbroken\n\n')];
    expect(ads.map((ad) => [ad.number('A'), ad.malformed])).toEqual([
      [1, 0],
      [3, 0],
      [null, 1],
    ]);
  });

  test('as JSON has the same values', () => {
    const ad = classAdOfJson({
      Name: 'slot1@"x\\',
      Expression: '/Expr(MemoryUsage > "5")/',
      Nothing: null,
      List: [1, 'a'],
      Flag: true,
      'not a name': 1,
    });
    expect(ad?.string('name')).toBe('slot1@"x\\');
    expect(ad?.text('expression')).toBe('MemoryUsage > "5"');
    expect(ad?.text('nothing')).toBe('undefined');
    expect(ad?.text('list')).toBe('[1,"a"]');
    expect(ad?.boolean('flag')).toBe(true);
    expect(ad?.malformed).toBe(1);
    expect([classAdOfJson([]), classAdOfJson('x'), classAdOfJson(null)]).toEqual([null, null, null]);
  });
});

describe('a history file', () => {
  const split = (pieces: readonly string[], max?: number): { records: HistoryRecord[]; isCut: boolean } => {
    const splitter = new HistorySplitter(max);
    const records = pieces.flatMap((piece) => splitter.push(piece));
    const { record, isCut } = splitter.end();
    return { records: record ? [...records, record] : records, isCut };
  };

  test('ends each ad with a line of asterisks, whose first word is its kind', () => {
    const { records, isCut } = split([
      'A = 1\n*** EPOCH ClusterId=5\nA = 2\n*** Offset = 5 ClusterId = 1\n*** INPUT X=1',
    ]);
    expect(isCut).toBe(false);
    expect(records.map(({ ad, kind }) => [ad, kind])).toEqual([
      ['A = 1', 'EPOCH'],
      ['A = 2', ''],
      ['', 'INPUT'],
    ]);
    expect(records[0]?.banner).toBe('*** EPOCH ClusterId=5');
  });

  test('says that its last ad is cut off', () => {
    expect(split(['A = 1\n*** EPOCH\nA = 2\nB'])).toMatchObject({ records: [{ ad: 'A = 1' }], isCut: true });
    expect(split(['A = 1\n*** EPOCH\n\n'])).toMatchObject({ records: [{ ad: 'A = 1' }], isCut: false });
  });

  test('gives up an ad that is too long, in one line or many, and reads on', () => {
    const long = `A = "${'x'.repeat(2000)}"\n*** EPOCH\nA = 1\n*** EPOCH\n`;
    const lines = `${'A = 1\n'.repeat(500)}*** EPOCH\nA = 1\n*** EPOCH\n`;
    for (const text of [long, lines]) {
      for (const size of [7, 300, 100_000]) {
        const { records } = split(text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [], 1000);
        expect(records.map(({ ad }) => ad)).toEqual([null, 'A = 1']);
      }
    }
  });

  test('is read in the same way however it is cut in pieces', () => {
    const line = fc.constantFrom('A = 1', 'B = "x"', '', '*** EPOCH X=1', '***', '** no', 'junk');
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat(20)), (lines, cuts) => {
        const text = lines.join('\n');
        const pieces: string[] = [];
        let at = 0;
        for (const cut of cuts) {
          pieces.push(text.slice(at, at + cut));
          at += cut;
        }
        expect(split([...pieces, text.slice(at)])).toEqual(split([text]));
      }),
    );
  });
});
