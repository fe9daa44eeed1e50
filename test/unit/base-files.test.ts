import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeFileAtomic } from '../../electron/base/atomic-file.ts';
import { formatLine } from '../../electron/base/log.ts';
import { resolvePaths } from '../../electron/base/paths.ts';
import { loadPause, savePause } from '../../electron/policy/intent.ts';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gleaner-unit-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

test('an atomic write replaces the whole file and leaves nothing beside it', async () => {
  const file = join(dir, 'a.json');
  await writeFileAtomic(file, 'first, and rather long');
  await writeFileAtomic(file, 'second');
  expect(await readFile(file, 'utf8')).toBe('second');
  expect(await readdir(dir)).toEqual(['a.json']);
});

test('the pause survives a restart; a damaged file means none', async () => {
  const file = join(dir, 'intent.json');
  expect(await loadPause(file)).toBeNull();
  const pause = { length: '1h', since: 5, until: 3_600_005 } as const;
  await savePause(file, pause);
  expect(await loadPause(file)).toEqual(pause);
  await writeFileAtomic(file, '{"schema":1,"pause":{"length":"for ever"}}');
  expect(await loadPause(file)).toBeNull();
});

test('a log line cannot be forged by what it quotes', () => {
  const line = formatLine(0, 'warn', 'vm', 'a\nfake', { title: 'x\n1970 info \u001b[31mred' });
  expect(line).toBe('1970-01-01T00:00:00.000Z warn vm a fake title="x 1970 info  [31mred"');
});

test.each([
  ['linux', 1000, {}, '/home/a/.local/share/gleaner', '/home/a/.local/share/gleaner/run/control.sock'],
  [
    'linux',
    1000,
    { XDG_RUNTIME_DIR: '/run/user/1000' },
    '/home/a/.local/share/gleaner',
    '/run/user/1000/gleaner/control.sock',
  ],
  ['linux', 1000, { XDG_DATA_HOME: '/d' }, '/d/gleaner', '/d/gleaner/run/control.sock'],
  [
    'linux',
    0,
    { XDG_RUNTIME_DIR: '/run/user/0' },
    '/var/lib/gleaner-root',
    '/var/lib/gleaner-root/run/control.sock',
  ],
  ['linux', 1000, { GLEANER_HOME: '/x', XDG_RUNTIME_DIR: '/run/user/1000' }, '/x', '/x/run/control.sock'],
] as const)('paths on %s for uid %i with %o', (platform, uid, env, dataDir, socketPath) => {
  expect(resolvePaths({ platform, home: '/home/a', uid, env })).toMatchObject({ dataDir, socketPath });
});
