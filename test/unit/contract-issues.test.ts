import { expect, test } from 'vitest';
import { z } from 'zod';
import { describeIssues } from '../../electron/contract/issues.ts';

const Shape = z.strictObject({
  at: z.union([z.number(), z.string().min(4)]),
  name: z.string().max(3),
  mode: z.enum(['fast', 'slow']),
  schema: z.literal(1),
  many: z.array(z.int().min(2)).max(1),
  day: z.iso.date(),
});
const well = { at: 1, name: 'x', mode: 'fast', schema: 1, many: [2], day: '2026-11-27' };

test.each([
  [{ at: true }, 'at: must be a number, or must be a text'],
  [{ at: undefined }, 'at: is missing'],
  [{ name: 'long' }, 'name: is too large: at most 3 characters'],
  [{ name: undefined }, 'name: is missing'],
  [{ name: 5 }, 'name: must be a text'],
  [{ mode: 'odd' }, 'mode: must be one of fast, slow'],
  [{ schema: 2 }, 'schema: must be 1'],
  [{ many: [2, 3] }, 'many: is too large: at most 1 entries'],
  [{ many: [1] }, 'many.0: is too small: at least 2'],
  [{ many: [2.5] }, 'many.0: must be a whole number'],
  [{ many: 'x' }, 'many: must be a list'],
  [{ day: 'today' }, 'day: is not written as it has to be'],
  [{ more: 1 }, 'unknown field "more"'],
])('%j is refused in words: %s', (change, words) => {
  expect(describeIssues(Shape.safeParse({ ...well, ...change }).error?.issues ?? [])).toBe(words);
});
