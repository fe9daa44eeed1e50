import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { resolvePaths } from '../../electron/base/paths.ts';
import { runProgram } from '../../electron/cli/program.ts';
import { testProgram } from '../fixtures/test-program.ts';
import { memoryIo } from './cli-fixture.ts';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gleaner-open-'));
});

afterEach(async () => {
  await rm(dir, { recursive: true });
});

/** Runs `gleaner open …` of an installation whose app writes down how it was started. */
async function open(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const io = memoryIo();
  const appPath = join(dir, 'app');
  await writeFile(
    appPath,
    `#!/bin/sh\necho "started $*" > ${join(dir, 'new')}\nmv ${join(dir, 'new')} ${join(dir, 'said')}\n`,
  );
  await chmod(appPath, 0o755);
  const paths = resolvePaths({ platform: 'linux', home: dir, uid: 0, env: { GLEANER_HOME: dir } });
  const code = await runProgram(['open', ...argv], { io, paths, program: { ...testProgram, appPath } });
  return { code, stdout: io.stdout, stderr: io.stderr };
}

const said = (): Promise<string> => readFile(join(dir, 'said'), 'utf8');

async function hearApp(): Promise<string> {
  for (;;) {
    const words = await said().catch(() => undefined);
    if (words !== undefined) return words;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('the app is started, and not waited for', async () => {
  expect(await open()).toMatchObject({ code: 0, stdout: 'Gleaner is opened.\n' });
  expect(await hearApp()).toBe('started \n');
});

test('into the tray alone where that is asked for', async () => {
  expect(await open('--hidden')).toMatchObject({ code: 0 });
  expect(await hearApp()).toBe('started --hidden\n');
});

test('at a sign-in only where the settings want it', async () => {
  expect(await open('--at-login', '--json')).toMatchObject({ code: 0, stdout: '{"opened":false}\n' });
  await expect(said()).rejects.toThrow('ENOENT');
  const settings = { version: 2, settings: { 'ui.startAtLogin': true } };
  await writeFile(join(dir, 'settings.json'), JSON.stringify(settings));
  expect(await open('--at-login')).toMatchObject({ code: 0 });
  expect(await hearApp()).toBe('started --hidden\n');
});

test('an app that is not there is told, with what mends it', async () => {
  const io = memoryIo();
  const paths = resolvePaths({ platform: 'linux', home: dir, uid: 0, env: { GLEANER_HOME: dir } });
  const program = { ...testProgram, appPath: join(dir, 'gone') };
  expect(await runProgram(['open'], { io, paths, program })).toBe(5);
  expect(io.stderr).toMatch(/^gleaner: not-found: .*ENOENT.*\nhint: Install the package anew/);
  const checkout = memoryIo();
  expect(await runProgram(['open'], { io: checkout, paths, program: testProgram })).toBe(5);
  expect(checkout.stderr).toContain('npm start');
});
