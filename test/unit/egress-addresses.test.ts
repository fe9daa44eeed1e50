import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type AddressClass,
  addressFault,
  canonicalAddress,
  classOf,
} from '../../electron/egress/addresses.ts';

/** IANA's special-purpose registry of IPv4 as of 2025, with what follows from it here; everything else is public. */
const ranges4: readonly (readonly [string, number, AddressClass])[] = [
  ['0.0.0.0', 8, 'own'],
  ['10.0.0.0', 8, 'private'],
  ['100.64.0.0', 10, 'private'],
  ['127.0.0.0', 8, 'own'],
  ['169.254.0.0', 16, 'special'],
  ['172.16.0.0', 12, 'private'],
  ['192.0.0.0', 24, 'special'],
  ['192.0.2.0', 24, 'special'],
  ['192.31.196.0', 24, 'special'],
  ['192.52.193.0', 24, 'special'],
  ['192.88.99.0', 24, 'special'],
  ['192.168.0.0', 16, 'private'],
  ['192.175.48.0', 24, 'special'],
  ['198.18.0.0', 15, 'special'],
  ['198.51.100.0', 24, 'special'],
  ['203.0.113.0', 24, 'special'],
  ['224.0.0.0', 4, 'special'],
  ['240.0.0.0', 4, 'special'],
];

const numberOf = (address: string): number =>
  address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
const dotted = (value: number): string => [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff).join('.');
const hex4 = (value: number): string => `${(value >>> 16).toString(16)}:${(value & 0xffff).toString(16)}`;
const first = (value: number, bits: number): number => Math.floor(value / 2 ** (32 - bits));

function expected4(value: number): AddressClass {
  const found = ranges4.find(([base, bits]) => first(value, bits) === first(numberOf(base), bits));
  return found?.[2] ?? 'public';
}

/** Any address, and often one at the edges of a range. */
const any4 = fc.oneof(
  fc.nat(0xffffffff),
  fc
    .constantFrom(...ranges4)
    .chain(([base, bits]) =>
      fc
        .constantFrom(-1, 0, 1, 2 ** (32 - bits) - 1, 2 ** (32 - bits))
        .map((off) => Math.min(0xffffffff, Math.max(0, numberOf(base) + off))),
    ),
);
const groups6 = fc.array(fc.nat(0xffff), { minLength: 8, maxLength: 8 });
const severity: readonly AddressClass[] = ['public', 'private', 'special', 'own'];

describe('classes', () => {
  test('IPv4 as IANA has it', () => {
    fc.assert(
      fc.property(any4, (value) => classOf(dotted(value)) === expected4(value)),
      { numRuns: 3000 },
    );
  });

  test('an IPv4 address inside an IPv6 address that leads to it counts as itself', () => {
    fc.assert(
      fc.property(
        any4,
        fc.constantFrom('::ffff:', '::ffff:0:', '64:ff9b::', '0:0:0:0:0:FFFF:'),
        (value, prefix) => {
          expect(classOf(`${prefix}${hex4(value)}`)).toBe(expected4(value));
          expect(classOf(`${prefix}${dotted(value)}`)).toBe(expected4(value));
        },
      ),
    );
  });

  test('in old and tunnelled forms it is never public, and no better than itself', () => {
    const forms = fc.constantFrom(
      (value: number) => `2002:${hex4(value)}::1`,
      (value: number) => `2001:0:${hex4(value)}::`,
      (value: number) => `2001::${hex4(~value >>> 0)}`,
      (value: number) => `::${dotted(value)}`,
      (value: number) => `fe80::5efe:${dotted(value)}`,
    );
    fc.assert(
      fc.property(any4, forms, (value, form) => {
        const kind = severity.indexOf(classOf(form(value)));
        expect(kind).toBeGreaterThanOrEqual(severity.indexOf('special'));
        if (expected4(value) === 'own') expect(severity[kind]).toBe('own');
      }),
    );
  });

  test('IPv6 is public in 2000::/3 alone', () => {
    fc.assert(
      fc.property(groups6, (groups) => {
        const address = groups.map((group) => group.toString(16)).join(':');
        if (classOf(address) === 'public') expect((groups[0] ?? 0) >> 13).toBe(1);
      }),
    );
  });

  test.each<[string, AddressClass]>([
    ['2606:4700::1111', 'public'],
    ['2a00:1450:4001::8a', 'public'],
    ['::', 'own'],
    ['::1', 'own'],
    ['1::1', 'special'],
    ['fc00::1', 'private'],
    ['fdff:ffff::1', 'private'],
    ['fe80::1', 'special'],
    ['fe80::1%eth0', 'special'],
    ['febf::1', 'special'],
    ['fec0::1', 'special'],
    ['ff02::1', 'special'],
    ['ff0e::1', 'special'],
    ['100::1', 'special'],
    ['2001:db8::1', 'special'],
    ['2001:2::1', 'special'],
    ['2001:10::1', 'special'],
    ['2001:20::1', 'special'],
    ['3fff::1', 'special'],
    ['5f00::1', 'special'],
    ['64:ff9b:1::1', 'special'],
    ['2606:4700::5efe:10.0.0.1', 'private'],
    ['2606:4700::200:5efe:127.0.0.1', 'own'],
    ['', 'special'],
    ['example.org', 'special'],
    ['1.2.3.4.5', 'special'],
    ['1.2.3.4 ', 'special'],
  ])('%s is %s', (address, kind) => {
    expect(classOf(address)).toBe(kind);
  });
});

describe('one spelling', () => {
  test('whatever the spelling, the class and the canonical form are the same', () => {
    const spelled = groups6.chain((groups) =>
      fc.tuple(
        fc.constant(groups.map((group) => group.toString(16)).join(':')),
        fc.constantFrom(
          groups.map((group) => group.toString(16).padStart(4, '0')).join(':'),
          groups.map((group) => group.toString(16).toUpperCase()).join(':'),
          new URL(`http://[${groups.map((group) => group.toString(16)).join(':')}]/`).hostname.slice(1, -1),
        ),
      ),
    );
    fc.assert(
      fc.property(spelled, ([plain, other]) => {
        expect(classOf(other)).toBe(classOf(plain));
        expect(canonicalAddress(other)).toBe(canonicalAddress(plain));
      }),
    );
  });

  test.each([
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::ffff:1.2.3.4', '1.2.3.4'],
    ['::ffff:102:304', '1.2.3.4'],
    ['::1.2.3.4', '::102:304'],
    ['1.2.3.4', '1.2.3.4'],
  ])('%s becomes %s', (address, canonical) => {
    expect(canonicalAddress(address)).toBe(canonical);
  });
});

describe('faults', () => {
  const own = new Set(['45.34.0.1', '2600:3c01::1']);

  test('an entry for a company’s network lets private addresses pass, and nothing else', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          any4.map(dotted),
          groups6.map((groups) => groups.map((group) => group.toString(16)).join(':')),
        ),
        (address) => {
          const strict = addressFault(address, { own: new Set(), privateAllowed: false });
          const lax = addressFault(address, { own: new Set(), privateAllowed: true });
          expect(strict === undefined).toBe(classOf(address) === 'public');
          expect(lax === undefined).toBe(classOf(address) === 'public' || classOf(address) === 'private');
        },
      ),
    );
  });

  test.each([
    '45.34.0.1',
    '::ffff:45.34.0.1',
    '::ffff:2d22:1',
    '64:ff9b::45.34.0.1',
    '2600:3c01:0:0::1',
    '127.0.0.1',
    '0.0.0.0',
  ])('%s is the computer’s own, whatever the entry', (address) => {
    expect(addressFault(address, { own, privateAllowed: true })).toBe('own');
  });

  test('its neighbours are not', () => {
    for (const address of ['45.34.0.2', '2600:3c01::2']) {
      expect(addressFault(address, { own, privateAllowed: false })).toBeUndefined();
    }
  });
});
