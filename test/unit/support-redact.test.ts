import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { type Clues, redactAll, redactor } from '../../electron/host/support-redact.ts';

const clues: Clues = {
  homes: ['/srv/people/anna-k', '/mnt/real/anna-k'],
  dataDirs: ['/mnt/depot/gleaner-of-anna'],
  userNames: ['anna-k', 'root'],
  hostNames: ['schreibtisch7.acme.example', 'schreibtisch7', 'localhost'],
  privateHosts: ['boinc.pool.acme.example'],
  names: ['ACME Optik GmbH', 'Anna K.'],
  secrets: ['abcdefghijklmnopqrst'],
};
const redact = redactor(clues);

describe('what stands in place of', () => {
  it.each([
    ['read /srv/people/anna-k/.local/x and /mnt/real/anna-k', 'read ~/.local/x and ~'],
    ['in /mnt/depot/gleaner-of-anna/vms/local', 'in [data]/vms/local'],
    ['in /home/someone/x, /Users/Else/y', 'in ~/x, ~/y'],
    [String.raw`in C:\Users\Else\AppData`, String.raw`in ~\AppData`],
    ['user Anna-K (anna-k_2) runs as root', 'user [user] ([user]_2) runs as root'],
    ['on Schreibtisch7, not localhost', 'on [computer], not localhost'],
    ['schreibtisch7.acme.example', '[computer]'],
    ['by ACME Optik GmbH for Anna K.', 'by [name] for [name]'],
    ['mail anna.k+x@web.example.org.', 'mail [address]'],
    [
      'from 192.168.2.7, 10.1.2.3:80 and 172.20.0.1.',
      'from [private address], [private address]:80 and [private address].',
    ],
    [
      '100.64.9.9 169.254.1.1 fe80::1%eth0 fd00:1::2',
      '[private address] [private address] [private address] [private address]',
    ],
    [
      '1.1.1.1, 127.0.0.1, 2001:db8::1 and QEMU 7.2.22 stay',
      '1.1.1.1, 127.0.0.1, 2001:db8::1 and QEMU 7.2.22 stay',
    ],
    [
      'de:ad:be:ef:00:01 DE-AD-BE-EF-00-01 dead.beef.0001',
      '[hardware address] [hardware address] [hardware address]',
    ],
    ['https://einsteinathome.org/', 'https://einsteinathome.org/'],
    ['https://me:pw@example.org/a?key=1#x', 'https://example.org/a'],
    [
      'http://intranet:3128/ or pac+https://wpad/x.pac',
      'http://[private host]:3128/ or pac+https://[private host]/x.pac',
    ],
    ['http://boinc.pool.acme.example/x to nas.lan', 'http://[private host]/x to [private host]'],
    [`key ${'0123456789abcdef'.repeat(2)}`, 'key [key]'],
    [`weak 12345_${'0123456789ABCDEF'.repeat(2)}`, 'weak 12345_[key]'],
    ['with abcdefghijklmnopqrst', 'with [secret]'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0', '[key].[key]'],
    ['password=hunter2 token: "a b" more', 'password=[secret] token: [secret] more'],
    [
      '<authenticator>xy</authenticator> <passwd_hash>ab',
      '<authenticator>[secret]</authenticator> <passwd_hash>[secret]',
    ],
    ['Authorization: Negotiate YII', '[authorization]'],
    ['sent Proxy-Authorization=Basic YTpi now', 'sent [authorization]'],
    ['Bearer abc.def_ghi', '[authorization]'],
    ['a -----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY----- b', 'a [certificate or key] b'],
    ['a -----BEGIN RSA PRIVATE KEY----- MIIE cut', 'a [certificate or key]'],
    [
      'QEMU ended by itself. host started version="0.1.0"',
      'QEMU ended by itself. host started version="0.1.0"',
    ],
  ])('%s', (text, expected) => {
    expect(redact(text)).toBe(expected);
    expect(redact(expected)).toBe(expected);
  });
});

test('every text in a value is redacted, and nothing else changes', () => {
  const value = { a: ['on schreibtisch7', 3, null, true], b: { c: '1.1.1.1' } };
  expect(redactAll(value, redact)).toEqual({ a: ['on [computer]', 3, null, true], b: { c: '1.1.1.1' } });
});

describe('a computer or a person that is called as Gleaner calls its own', () => {
  const named = (name: string) => redactor({ ...clues, hostNames: [name], userNames: [name], names: [name] });

  it.each(['vm', 'local', 'host', 'base', 'running', 'network'])('%s stays where it stands alone', (name) => {
    const text = `vm.maxRunning=2 vm="local" base host running, network.proxy of ${name}`;
    expect(named(name)(text)).toBe(text);
  });

  it('and goes where it stands as a host', () => {
    expect(named('vm')('at vm.example.org, http://vm:80/ and vm.lan')).toBe(
      'at [computer], http://[private host]:80/ and [private host]',
    );
  });

  it('a short name of a computer stands for nothing, a short name of a person does', () => {
    const redactJan = redactor({ ...clues, hostNames: ['pc7'], userNames: ['jan'] });
    expect(redactJan('jan at pc7.acme.example, pc7')).toBe('[user] at [computer], pc7');
  });

  it('no key and no code is replaced', () => {
    const value = { key: 'vm.maxRunning', code: 'qemu-missing', vm: 'frozen', id: 'on qemu-missing' };
    expect(redactAll(value, redactor({ ...clues, secrets: ['qemu-missing', 'frozen'] }))).toEqual({
      ...value,
      id: 'on [secret]',
    });
  });
});

test('without clues only shapes count', () => {
  const none = {
    homes: [''],
    dataDirs: [''],
    userNames: [''],
    hostNames: [''],
    privateHosts: [''],
    names: [''],
    secrets: [''],
  };
  expect(redactor(none)('anna-k on schreibtisch7 at 10.0.0.1')).toBe(
    'anna-k on schreibtisch7 at [private address]',
  );
});

const hexDigits = (length: number) =>
  fc
    .array(fc.constantFrom(...Array.from('0123456789abcdef')), { minLength: length, maxLength: length })
    .map((all) => all.join(''));
const letters = (least: number, most: number) =>
  fc
    .array(fc.constantFrom(...Array.from('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789')), {
      minLength: least,
      maxLength: most,
    })
    .map((all) => all.join(''));
const byte = fc.integer({ min: 0, max: 255 });

/** A secret as it may stand somewhere, and the part of it that nobody may find afterwards. */
const planted: Readonly<Record<string, fc.Arbitrary<readonly [shown: string, secret: string]>>> = {
  'an account key': hexDigits(32).map((key) => [key, key]),
  'a weak key': fc.tuple(fc.nat(99_999), hexDigits(32)).map(([id, key]) => [`${id}_${key}`, key]),
  'a password of GUI RPC': hexDigits(32).map((key) => [`gui_rpc_auth.cfg ${key}`, key]),
  'a long digest': hexDigits(64).map((key) => [`sha256:${key}`, key]),
  'a token': letters(40, 60)
    .filter((text) => /\d/.test(text) && /[a-z]/.test(text) && /[A-Z]/.test(text))
    .map((token) => [token, token]),
  base64: fc.uint8Array({ minLength: 30, maxLength: 60 }).map((bytes) => {
    const text = `a1B${Buffer.from(bytes).toString('base64')}`;
    return [text, text] as const;
  }),
  'a named password': fc
    .tuple(
      fc.constantFrom('password', 'Passwd', 'token', 'authenticator', 'client_secret', 'api-key'),
      letters(6, 20),
    )
    .chain(([name, secret]) =>
      fc
        .constantFrom(
          `${name}=${secret}`,
          `${name}: ${secret}`,
          `"${name}": "${secret}"`,
          `<${name}>${secret}</${name}>`,
        )
        .map((shown) => [shown, secret] as const),
    ),
  'a header': fc
    .tuple(fc.constantFrom('Authorization', 'Proxy-Authorization', 'authorization'), letters(8, 30))
    .map(([name, secret]) => [`${name}: Basic ${secret}`, secret]),
  'a login in an address': fc
    .tuple(letters(3, 12), letters(6, 20))
    .chain(([user, secret]) =>
      fc
        .constantFrom(
          `http://${user}:${secret}@proxy.example.org:3128/`,
          `${user}:${secret}@proxy.example.org:3128`,
          `https://${user}:p@${secret}@proxy.example.org`,
        )
        .map((shown) => [shown, secret] as const),
    ),
  'a query': letters(6, 20).map((secret) => [`https://project.example.org/page?auth=${secret}&x=1`, secret]),
  'an e-mail address': fc
    .tuple(letters(6, 12), letters(6, 12))
    .map(([user, domain]) => [`${user}.x@${domain}.example`, user]),
  'a private address': fc
    .tuple(fc.constantFrom('10.0', '10.255', '192.168', '172.16', '172.31', '169.254', '100.64'), byte, byte)
    .map(([start, c, d]) => [`${start}.${c}.${d}`, `${start}.${c}.${d}`]),
  'a private IPv6 address': fc
    .tuple(fc.constantFrom('fd', 'fc'), hexDigits(2), fc.array(hexDigits(4), { minLength: 7, maxLength: 7 }))
    .map(([start, two, rest]) => {
      const text = `${start}${two}:${rest.join(':')}`;
      return [text, text] as const;
    }),
  'a link-local address': hexDigits(4).map((end) => [`fe80::1:${end}`, `fe80::1:${end}`]),
  'a hardware address': fc
    .tuple(fc.array(hexDigits(2), { minLength: 6, maxLength: 6 }), fc.constantFrom(':', '-'))
    .map(([bytes, separator]) => [bytes.join(separator), bytes.join(separator)]),
  'a private key': letters(40, 200).map((body) => [
    `-----BEGIN OPENSSH PRIVATE KEY-----\n${body}\n-----END OPENSSH PRIVATE KEY-----`,
    body,
  ]),
  'the home folder': fc
    .constantFrom('/srv/people/anna-k', '/mnt/real/anna-k', '/home/annak')
    .map((home) => [`${home}/.config/x`, home]),
  'the user name': fc.constantFrom('anna-k', 'Anna-K', 'ANNA-K').map((name) => [name, name]),
  'the computer’s name': fc
    .constantFrom('schreibtisch7', 'Schreibtisch7.acme.example')
    .map((name) => [name, name]),
  'a private host': fc
    .tuple(letters(4, 10), fc.constantFrom('lan', 'local', 'internal', 'corp', 'home.arpa'))
    .map(([name, zone]) => [`http://x${name}.${zone}:80/`, `x${name}.${zone}`]),
  'a known private host': fc.constant(['boinc.pool.acme.example', 'acme.example'] as const),
  'an organization': fc.constant(['ACME Optik GmbH', 'ACME Optik GmbH'] as const),
  'a known secret': fc.constant(['abcdefghijklmnopqrst', 'abcdefghijklmnopqrst'] as const),
};
/** Where a secret may stand in a line. */
const surroundings = fc.constantFrom<readonly [string, string]>(
  ['', ''],
  ['it failed: ', '.'],
  ['(', ')'],
  ['value="', '"'],
  ["value='", "' more"],
  ['[', ']'],
  ['one, ', ', three'],
  ['tab\t', '\nnext line'],
  ['path=', ' code=5'],
  ['„', '“'],
);

describe('no secret survives', () => {
  it.each(Object.entries(planted))('%s', (_name, secrets) => {
    fc.assert(
      fc.property(secrets, surroundings, ([shown, secret], [before, after]) => {
        const text = redact(`${before}${shown}${after}`);
        expect(text.toLowerCase()).not.toContain(secret.toLowerCase());
      }),
      { numRuns: 300 },
    );
  });

  it('of several beside each other', () => {
    const any = fc.oneof(...Object.values(planted));
    fc.assert(
      fc.property(
        fc.array(any, { minLength: 2, maxLength: 5 }),
        fc.constantFrom(' ', ', ', '; ', '\n', '" "'),
        (all, between) => {
          const text = redact(all.map(([shown]) => shown).join(between)).toLowerCase();
          for (const [, secret] of all) expect(text).not.toContain(secret.toLowerCase());
        },
      ),
      { numRuns: 1000 },
    );
  });
});
