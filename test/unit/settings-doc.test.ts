import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { settingWords } from '../../electron/contract/setting-words.ts';
import { settingKeys } from '../../electron/contract/settings.ts';
import { settingsDoc, settingsDocPath } from '../../resources/dev/settings-doc.ts';

test('docs/settings.md is as the contract has it: else run "node resources/dev/settings-doc.ts"', async () => {
  expect(await readFile(settingsDocPath, 'utf8')).toBe(settingsDoc());
});

test('every setting has words, in the order of the contract', () => {
  expect(Object.keys(settingWords)).toEqual(settingKeys);
});
