import fc from 'fast-check';
import { expect, test } from 'vitest';
import { oneLine } from '../../electron/shell/words.ts';

test('words of others are one line, no longer than they may be', () => {
  expect(oneLine(' a\nb\u202Ec\u0007 ', 20)).toBe('a b c');
  expect(oneLine('a long title', 7)).toBe('a long…');
});

test('what is set apart stays so, and ends with the line', () => {
  expect(oneLine('\u2068name\u2069 follows', 40)).toBe('\u2068name\u2069 follows');
  expect(oneLine('\u2068a long name\u2069', 7)).toBe('\u2068a lon…\u2069');
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', ' ', '\u2068', '\u2069', '\u202E', '\n') }),
      (words) => {
        let open = 0;
        for (const char of oneLine(words, 12)) {
          if (char === '\u2068') open += 1;
          if (char === '\u2069') open -= 1;
          expect(open).toBeGreaterThanOrEqual(0);
          expect(char).not.toMatch(/[\u202E\n]/);
        }
        expect(open).toBe(0);
      },
    ),
  );
});
