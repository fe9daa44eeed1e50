import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { icoOf } from '../../resources/icons/ico.mjs';

const read = (name: string) => readFileSync(new URL(`../../resources/icons/${name}`, import.meta.url));

test('the icon for Windows is the drawn one', () => {
  expect(read('app.ico').equals(icoOf(read('app-256.png')))).toBe(true);
});
