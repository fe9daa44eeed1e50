import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../electron/base/clock.ts';
import { defaultSettings, loadSettings, saveSettings } from '../../electron/settings/settings.ts';

const clock = { ...systemClock, now: () => 1234 };
let dir = '';
let path = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gleaner-unit-'));
  path = join(dir, 'settings.json');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

test('no file means the defaults, and writes nothing', async () => {
  expect(await loadSettings(path, clock)).toEqual({ settings: defaultSettings(), problem: null });
  expect(await readdir(dir)).toEqual([]);
});

test('what was saved is loaded, readable by the person only', async () => {
  const settings = { ...defaultSettings(), share: 0.5, accelerator: 'tcg' as const };
  await saveSettings(path, settings);
  expect(await loadSettings(path, clock)).toEqual({ settings, problem: null });
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test('fields that the file leaves out have their defaults', async () => {
  await writeFile(path, '{"schema":1,"share":0.25}');
  expect(await loadSettings(path, clock)).toEqual({
    settings: { ...defaultSettings(), share: 0.25 },
    problem: null,
  });
});

test.each([
  ['', 'not JSON'],
  ['{"schema":1,"share":', 'not JSON'],
  ['null', 'expected object'],
  ['{"share":1}', 'schema'],
  ['{"schema":2,"share":1}', 'version (2)'],
  ['{"schema":1,"share":7}', 'share: '],
  ['{"schema":1,"turbo":true}', 'unknown field "turbo"'],
])('a file that cannot be used is kept aside: %s', async (text, words) => {
  await writeFile(path, text);
  const { settings, problem } = await loadSettings(path, clock);
  expect(settings).toEqual(defaultSettings());
  expect(problem?.code).toBe('settings-invalid');
  expect(problem?.sentence).toContain(words);
  expect(problem?.hint).toContain(`${path}.damaged-1234`);
  expect(await readdir(dir)).toEqual(['settings.json.damaged-1234']);
  expect(await readFile(`${path}.damaged-1234`, 'utf8')).toBe(text);
  expect((await loadSettings(path, clock)).problem).toBeNull();
});

test('a folder in its place is a problem, not a crash', async () => {
  await mkdir(path);
  expect((await loadSettings(path, clock)).problem?.code).toBe('settings-invalid');
});

test('settings out of range are not saved', async () => {
  await expect(saveSettings(path, { ...defaultSettings(), share: 2 })).rejects.toThrow();
  expect(await readdir(dir)).toEqual([]);
});
