import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameReader, maxFrameBytes, toFrame } from '../../electron/grid/boinc/frames.ts';
import {
  childOf,
  childrenOf,
  cleanText,
  decodeEntities,
  escapeXml,
  findElement,
  flagOf,
  integerOf,
  maxXmlLength,
  numberOf,
  parseXml,
  textOf,
} from '../../electron/grid/boinc/xml.ts';
import { failureOf } from './boinc-wire-fixture.ts';

const parse = (text: string) => parseXml(text, 'The project');
const faultOf = (text: string) => failureOf(() => parse(text));

describe('BOINC’s XML', () => {
  it('reads elements, text, flags and numbers', () => {
    const root = childOf(
      parse(
        '<?xml version="1.0" encoding="ISO-8859-1" ?>\n<!-- x --><r a="1>2">\n<on/>\n<off>0</off><far>0.000</far><yes>1</yes>' +
          '<n> 12.75 </n><e>-1e3</e><bad>12x</bad><t> a\n b &amp;&lt;&#228;&#xe4; </t><m>1</m><m>2</m></r>',
      ),
      'r',
    );
    expect(['on', 'off', 'far', 'yes', 'none'].map((name) => flagOf(root, name))).toEqual([
      true,
      false,
      false,
      true,
      false,
    ]);
    const bounds = { min: -100, max: 100 };
    expect(['n', 'e', 'bad', 'none'].map((name) => numberOf(root, name, bounds))).toEqual([
      12.75,
      -100,
      undefined,
      undefined,
    ]);
    expect(integerOf(root, 'n', bounds)).toBe(12);
    expect(textOf(root, 't', 100)).toBe('a b &<ää');
    expect(textOf(root, 't', 3)).toBe('a b');
    expect(childrenOf(root, 'm').map(({ raw }) => raw)).toEqual(['1', '2']);
    expect(textOf(root, 'none', 10)).toBe('');
  });

  it('keeps what is written without care in its place', () => {
    const list = findElement(
      parse(
        '<l><m><body>a < b <x "y\' & </z></body><time>1</time></m>' +
          '<m><body><![CDATA[ c <d> ]]></body><time>2</time></m><m><body>]]></body><time>3</time></m></l>',
      ),
      'l',
    );
    const all = childrenOf(list, 'm');
    expect(all.map((m) => textOf(m, 'body', 100))).toEqual(['a < b <x "y\' & </z>', 'c <d>', ']]>']);
    expect(all.map((m) => integerOf(m, 'time', { min: 0, max: 9 }))).toEqual([1, 2, 3]);
  });

  it('takes an element of one line for text where it is told to, and never a longer one', () => {
    const text = '<msgs>\n<msg>\n <project>A <b> & </x> co</project>\n <time>7</time>\n</msg>\n</msgs>\n';
    const read = (byLines: boolean) => {
      const message = findElement(parseXml(text, 'The client', byLines), 'msg');
      return [textOf(message, 'project', 99), integerOf(message, 'time', { min: 0, max: 9 })];
    };
    expect(read(true)).toEqual(['A <b> & </x> co', 7]);
    expect(read(false)).not.toEqual(read(true));
    const lines = '<a>\n<body>\n<x>1</x>\n</body>\n<b><c>1</c></b>\n</a>';
    const element = childOf(parseXml(lines, 'The client', true), 'a');
    expect(textOf(element, 'body', 99)).toBe('<x>1</x>');
    expect(textOf(element, 'b', 99)).toBe('<c>1</c>');
  });

  it.each([
    ['a document type', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
    ['an entity', '<a><!ENTITY b "c"></a>'],
    ['a document type in lower case', '<!doctype html><html></html>'],
    ['billions of laughs', `<!DOCTYPE l [<!ENTITY a "ha">${'<!ENTITY b "&a;&a;">'.repeat(50)}]><l>&b;</l>`],
  ])('refuses %s', (_, text) => {
    expect(faultOf(text)).toEqual({
      code: 'grid-protocol',
      sentence: 'The project sent something that cannot be read: it declares a document type.',
    });
  });

  it('does not expand entities', () => {
    expect(textOf(parse('<a>&b; &unknown; &amp;lt;</a>'), 'a', 100)).toBe('&b; &unknown; &lt;');
    expect(decodeEntities('&#x110000; &#55296; &#0;')).toBe('&#x110000; &#55296; \0');
  });

  it.each([
    ['too long', `<a>${'x'.repeat(maxXmlLength)}</a>`, /larger than 8 MiB/],
    ['too many parts', '<a/>'.repeat(300_001), /too many parts/],
    ['too many openings', '<a>'.repeat(300_001), /too many parts/],
    ['too deep', '<a>'.repeat(100), /nested/i],
    ['an open tag', '<a', /cannot be read/],
    ['an open quote', '<a b="', /cannot be read/],
    ['an open comment', '<a><!-- ', /cannot be read/],
    ['open CDATA', '<a><![CDATA[ ', /cannot be read/],
    ['a tag with the name of a prototype', '<__proto__>1</__proto__>', /cannot be read/],
  ])('refuses what is %s', (_, text, words) => {
    const failure = faultOf(text);
    expect(failure.code).toBe('grid-protocol');
    expect(failure.sentence).toMatch(words);
  });

  it('reads what is cut off or closed twice as far as it goes', () => {
    expect(textOf(childOf(parse('<a><b>1</b><c>2'), 'a'), 'b', 10)).toBe('1');
    expect(textOf(parse('</x></y><b>1</b></a></a>'), 'b', 10)).toBe('1');
    expect(textOf(childOf(parse('<a><body><body><body><b>1</b></a>'), 'a'), 'b', 10)).toBe('');
  });

  it('takes in floods that are just within its bounds', () => {
    expect(() => parse('<body>'.repeat(200_000))).toThrow();
    expect(parse('<body></body>'.repeat(140_000)).children).toHaveLength(140_000);
    expect(() => parse(`<a ${'"'.repeat(1_000_000)}`)).toThrow();
    expect(textOf(parse(`<a>${'&'.repeat(1_000_000)}</a>`), 'a', 20)).toBe('&'.repeat(20));
    expect(textOf(parse(`<a>${' '.repeat(1_000_000)}</a>`), 'a', 20)).toBe('');
    expect(() => parse(`<?xml ${'a='.repeat(1_000_000)}?>`)).not.toThrow();
  });

  it('cleans text', () => {
    expect(cleanText('\u0000a\u001b[31m\u202eb\u2028c\u200bd\ud800e\tf\ng ', 100)).toBe('a[31mbcde\tf\ng');
    expect(cleanText('ab😀', 3)).toBe('ab');
    expect(escapeXml('a<b>&"\u0003\'')).toBe('a&lt;b&gt;&amp;"\'');
  });

  it('bears any text', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.constantFrom(
        '<a>',
        '</a>',
        '\n',
        '<a/>',
        '<body>',
        '</body>',
        '<![CDATA[',
        ']]>',
        '<!--',
        '<?',
        '"',
        '&lt;',
        '<',
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), fc.boolean(), (pieces, byLines) => {
        try {
          const words = textOf(parseXml(pieces.join(''), 'The project', byLines), 'a', 10);
          expect(words.length).toBeLessThanOrEqual(10);
          expect(words).not.toMatch(/\p{Cc}/u);
        } catch (error) {
          expect(error).toMatchObject({ name: 'GleanerError', code: 'grid-protocol' });
        }
      }),
      { numRuns: 500 },
    );
  });

  it('gives back every text that it escapes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
        const clean = cleanText(text, 500).replaceAll(/\s+/g, ' ').trim();
        expect(textOf(parse(`<a>${escapeXml(clean)}</a>`), 'a', 500)).toBe(clean);
      }),
    );
  });
});

describe('frames', () => {
  it('ends each with 0x03', () => {
    expect(toFrame('<quit/>').toString('utf8')).toBe(
      '<boinc_gui_rpc_request>\n<quit/>\n</boinc_gui_rpc_request>\n\u0003',
    );
  });

  it('gives the same frames however the bytes are cut', () => {
    const texts = fc.array(
      fc.string({ unit: 'grapheme', maxLength: 50 }).map((t) => t.replaceAll('\u0003', '')),
    );
    fc.assert(
      fc.property(texts, fc.array(fc.nat(1000), { maxLength: 20 }), (frames, cuts) => {
        const bytes = Buffer.from(frames.map((frame) => `${frame}\u0003`).join(''), 'utf8');
        const reader = new FrameReader();
        const places = [
          0,
          ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b),
          bytes.length,
        ];
        const read = places.flatMap((place, i) => reader.push(bytes.subarray(places[i - 1] ?? 0, place)));
        expect(read).toEqual(frames);
      }),
    );
  });

  it('holds no more than 8 MiB, however it comes', () => {
    const reader = new FrameReader();
    const half = Buffer.alloc(maxFrameBytes / 2, 'x');
    expect(reader.push(half)).toEqual([]);
    expect(reader.push(half)).toEqual([]);
    expect(reader.push(Buffer.from([3]))[0]).toHaveLength(maxFrameBytes);
    reader.push(half);
    reader.push(half);
    expect(failureOf(() => reader.push(Buffer.from('y')))).toMatchObject({ code: 'grid-protocol' });
    expect(failureOf(() => new FrameReader().push(Buffer.alloc(maxFrameBytes + 1)))).toMatchObject({
      code: 'grid-protocol',
    });
  });
});
