import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Contact, HostName } from '../../electron/contract/network.ts';
import { AllowList } from '../../electron/egress/match.ts';
import { notListed } from '../../electron/egress/refusal.ts';
import { parseAuthority, parseUrl, shownHost, type Target } from '../../electron/egress/target.ts';

/** Pieces out of which hosts, and what only looks like one, are made. */
const pieces = fc.constantFrom(
  ...[
    'a',
    'b',
    'example',
    'org',
    'xn--a',
    '1',
    '127',
    '0',
    '0x7f',
    '0177',
    '255',
    '256',
    'ffff',
    '::',
    ':',
    '.',
    '..',
  ],
  ...[
    '[',
    ']',
    '-',
    '_',
    '%',
    '%31',
    '@',
    '/',
    '\\',
    '#',
    '?',
    ' ',
    '\t',
    'é',
    '。',
    '①',
    '80',
    '443',
    'LOCALHOST',
    '\u00ad',
    '\0',
  ],
);
const texts = fc.oneof(
  fc.array(pieces, { maxLength: 8 }).map((parts) => parts.join('')),
  fc.string({ maxLength: 40 }),
  fc.ipV4(),
  fc.ipV6().map((address) => `[${address}]`),
  fc.domain(),
  fc.tuple(fc.domain(), fc.nat(70_000)).map(([host, port]) => `${host}:${port}`),
);

const isTarget = (result: Target | { fault: string }): result is Target => !('fault' in result);

describe('hosts and ports', () => {
  test('what is taken is what a browser would take for it, host and port', () => {
    let taken = 0;
    fc.assert(
      fc.property(texts, (text) => {
        const result = parseAuthority(text, 80);
        if (!isTarget(result)) return;
        taken += 1;
        const url = new URL(`http://${text}/`);
        expect(url.hostname.replace(/^\[|\]$/g, '')).toBe(result.host);
        expect(url.port === '' ? 80 : Number(url.port)).toBe(result.port);
        expect([url.username, url.password, url.pathname]).toEqual(['', '', '/']);
      }),
      { numRuns: 5000 },
    );
    expect(taken).toBeGreaterThan(500);
  });

  test('what is refused can be allowed exactly when an entry for it can be written', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const result = parseAuthority(text, 80);
        if (!isTarget(result)) return;
        expect(notListed(result).allowable).toBe(HostName.safeParse(result.host).success);
      }),
      { numRuns: 3000 },
    );
    for (const host of ['_a.example', 'a_.example', 'a.example_', '_']) {
      const result = parseAuthority(`${host}:80`);
      expect(isTarget(result) && notListed(result).allowable).toBe(HostName.safeParse(host).success);
    }
  });

  test('names are taken in any case, and only by what they are', () => {
    fc.assert(
      fc.property(fc.domain(), fc.integer({ min: 1, max: 65_535 }), (host, port) => {
        const result = parseAuthority(`${host.toUpperCase()}:${port}`);
        // fast-check's domains may end like a number in hex, which we refuse.
        if (isTarget(result)) expect(result).toEqual({ host: host.toLowerCase(), port, literal: false });
      }),
    );
  });

  test.each([
    ['example.org:443', { host: 'example.org', port: 443, literal: false }],
    ['a_b.example.org:1', { host: 'a_b.example.org', port: 1, literal: false }],
    ['192.0.2.1:65535', { host: '192.0.2.1', port: 65_535, literal: true }],
    ['[2001:DB8::0:1]:80', { host: '2001:db8::1', port: 80, literal: true }],
  ])('%s', (text, target) => {
    expect(parseAuthority(text)).toEqual(target);
  });

  test.each([
    ...[
      '',
      ':80',
      'a',
      'a:',
      'a:0',
      'a:65536',
      'a:080',
      'a:8a',
      'a:-1',
      'a:1:2',
      '.a:80',
      'a.:80',
      'a..b:80',
      '-a:80',
      'a-:80',
    ],
    ...[
      'u@a:80',
      'a b:80',
      'a%41:80',
      'é:80',
      '127.1:80',
      '1:80',
      '0x1:80',
      'a.0x:80',
      'a.1:80',
      '01.2.3.4:80',
      '256.1.1.1:80',
    ],
    ...[
      '[::1%25lo]:80',
      '[::1%lo]:80',
      '[::ffff:1.2.3.4]:80',
      '[::ffff:102:304]:80',
      '[1.2.3.4]:80',
      '[a]:80',
      '[::1:80',
      '::1]:80',
      '::1:80',
    ],
    ...[`${'a'.repeat(64)}:80`, `${'a.'.repeat(127)}abc:80`, `${'a'.repeat(400)}:80`],
  ])('%j is refused', (text) => {
    expect(parseAuthority(text)).toHaveProperty('fault');
  });
});

describe('URLs', () => {
  test('what is taken is what a browser would take for it', () => {
    const urls = fc.oneof(
      fc.webUrl({ validSchemes: ['http'], withFragments: true, withQueryParameters: true }),
      texts.map((text) => `http://${text}`),
      fc.tuple(texts, texts).map(([host, path]) => `http://${host}/${path}`),
    );
    let taken = 0;
    fc.assert(
      fc.property(urls, (text) => {
        const result = parseUrl(text);
        if (!isTarget(result)) return;
        taken += 1;
        const url = new URL(text);
        expect(url.hostname.replace(/^\[|\]$/g, '')).toBe(result.host);
        expect(url.port === '' ? 80 : Number(url.port)).toBe(result.port);
        expect(url.hash).toBe('');
        expect(result.path).toMatch(/^\/[\x21-\x7e]*$/);
      }),
      { numRuns: 3000 },
    );
    expect(taken).toBeGreaterThan(300);
  });

  test.each([
    ['http://a', '/'],
    ['http://a/', '/'],
    ['http://a?x=/y', '/?x=/y'],
    ['HTTP://A/b/../c?d=%20', '/b/../c?d=%20'],
  ])('%s asks for %s', (url, path) => {
    expect(parseUrl(url)).toMatchObject({ host: 'a', port: 80, path });
  });
});

test('what is shown of a place that could not be read holds no secret and no control character', () => {
  expect(shownHost('http://user:secret@a.example:80/secret?secret#secret')).toBe('a.example:80');
  expect(shownHost('user:secret@a\u001b[31m')).toBe('a?[31m');
  expect(shownHost('x'.repeat(1000))).toHaveLength(100);
});

describe('the list', () => {
  const entry = (host: string, port: number, isPrivate = false): Contact => ({
    host,
    port,
    source: 'project',
    private: isPrivate,
  });
  const name = (host: string, port = 80): Target => ({ host, port, literal: false });
  const list = new AllowList([
    entry('a.example', 80),
    entry('*.b.example', 80),
    entry('*.inner.b.example', 80, true),
    entry('exact.b.example', 80, true),
    entry('192.0.2.1', 80),
    entry('2001:DB8::1'.toLowerCase(), 80),
    entry('twice.example', 80),
    entry('twice.example', 80, true),
  ]);

  test.each([
    ['a.example', { wildcard: false, entry: 'a.example', privateAllowed: false }],
    ['x.b.example', { wildcard: true, entry: '*.b.example', privateAllowed: false }],
    ['x.y.b.example', { wildcard: true, entry: '*.b.example', privateAllowed: false }],
    ['x.inner.b.example', { wildcard: true, entry: '*.inner.b.example', privateAllowed: true }],
    ['exact.b.example', { wildcard: false, entry: 'exact.b.example', privateAllowed: true }],
    ['twice.example', { wildcard: false, entry: 'twice.example', privateAllowed: true }],
  ])('%s is on it', (host, match) => {
    expect(list.find(name(host))).toEqual(match);
  });

  test.each(['b.example', 'xb.example', 'a.example.org', 'x.a.example', 'example', 'c.example'])(
    '%s is not',
    (host) => {
      expect(list.find(name(host))).toBeUndefined();
      expect(list.find(name(host, 443))).toBeUndefined();
    },
  );

  test('the port counts', () => {
    for (const host of ['a.example', 'x.b.example', '192.0.2.1'])
      expect(list.find(name(host, 81))).toBeUndefined();
  });

  test('an address is matched whole, in its one spelling, and by no wildcard', () => {
    expect(list.find({ host: '192.0.2.1', port: 80, literal: true })?.wildcard).toBe(false);
    expect(list.find({ host: '2001:db8::1', port: 80, literal: true })?.wildcard).toBe(false);
    const odd = new AllowList([entry('*.2.1', 80)]);
    expect(odd.find({ host: '192.0.2.1', port: 80, literal: true })).toBeUndefined();
  });

  test('a name is on it exactly when an entry says so', () => {
    const label = fc.constantFrom('a', 'b', 'c');
    const host = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
    const entries = fc.array(fc.tuple(fc.boolean(), host, fc.constantFrom(80, 443)), { maxLength: 6 });
    fc.assert(
      fc.property(entries, host, fc.constantFrom(80, 443), (rows, asked, port) => {
        const made = new AllowList(rows.map(([wild, at, of]) => entry(wild ? `*.${at}` : at, of)));
        const wanted = rows.some(
          ([wild, at, of]) => of === port && (wild ? asked.endsWith(`.${at}`) : asked === at),
        );
        expect(made.find(name(asked, port)) !== undefined).toBe(wanted);
      }),
    );
  });
});
