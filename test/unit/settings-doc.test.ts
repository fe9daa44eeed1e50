import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { settingWords } from '../../electron/contract/setting-words.ts';
import { settingKeys } from '../../electron/contract/settings.ts';
import {
  readmePath,
  settingsDoc,
  settingsDocPath,
  withPresetTable,
} from '../../resources/dev/settings-doc.ts';

test('docs/settings.md is as the contract has it: else run "node resources/dev/settings-doc.ts"', async () => {
  expect(await readFile(settingsDocPath, 'utf8')).toBe(settingsDoc());
});

test('every setting has words, in the order of the contract', () => {
  expect(Object.keys(settingWords)).toEqual(settingKeys);
});

test('the README’s table of the presets is as the contract has it', async () => {
  const readme = await readFile(readmePath, 'utf8');
  expect(readme).toBe(withPresetTable(readme));
});

test('the README’s table of the presets can be read cell by cell', async () => {
  expect(await readFile(readmePath, 'utf8')).not.toContain('as above');
});

test('docs/settings.md says where the person’s settings lie on each system', () => {
  for (const place of [
    '~/.local/share/gleaner/settings.json',
    '$XDG_DATA_HOME/gleaner/settings.json',
    '/var/lib/gleaner-root/settings.json',
    '~/Library/Application Support/Gleaner/settings.json',
    String.raw`%LOCALAPPDATA%\Gleaner\settings.json`,
  ]) {
    expect(settingsDoc()).toContain(`| \`${place}\` |`);
  }
});
