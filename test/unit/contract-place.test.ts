import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Place, placeFragment, placeOfFragment } from '../../electron/contract/place.ts';

const place = fc.oneof(
  fc.record({
    page: fc.constantFrom('home' as const, 'earnings', 'activity', 'preferences', 'health', 'grids'),
  }),
  fc.record({ page: fc.constant('grids' as const), open: fc.stringMatching(/^[a-z][a-z-]{0,20}$/) }),
  fc.record({ page: fc.constant('join' as const), url: fc.string({ minLength: 1, maxLength: 500 }) }),
) as fc.Arbitrary<Place>;

test('a place survives its way through the address', () => {
  fc.assert(
    fc.property(place, fc.nat(), (where, count) => {
      const { hash } = new URL(`app://gleaner/?notice=no-tray${placeFragment(where, count)}`);
      expect(placeOfFragment(hash)).toEqual(where);
    }),
  );
});

test('the same place twice is a change of the address', () => {
  expect(placeFragment({ page: 'health' }, 1)).toBe('#place=health&count=1');
  expect(placeFragment({ page: 'health' }, 2)).not.toBe(placeFragment({ page: 'health' }, 1));
});

test.each([
  '',
  '#',
  '#place=',
  '#place=elsewhere',
  '#place=join',
  `#place=join&url=${'a'.repeat(501)}`,
  '#place=grids&open=../x',
  '#place=home&url=https://example.org/',
  '#place=__proto__',
])('%j names no place', (fragment) => {
  expect(placeOfFragment(fragment)).toBeNull();
});

test('any fragment is read as a place or as none', () => {
  fc.assert(
    fc.property(fc.string(), (fragment) => {
      placeOfFragment(fragment);
    }),
  );
});
