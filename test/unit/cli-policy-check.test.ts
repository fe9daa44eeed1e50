import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { resolvePaths } from '../../electron/base/paths.ts';
import { runProgram } from '../../electron/cli/program.ts';
import { testProgram } from '../fixtures/test-program.ts';
import { memoryIo, useFolder } from './cli-fixture.ts';

const home = useFolder();

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function check(...argv: string[]): Promise<Ran> {
  const io = memoryIo();
  const paths = resolvePaths({ platform: 'linux', home: home(), uid: 0, env: { GLEANER_HOME: home() } });
  const code = await runProgram(['policy', 'check', ...argv], { io, paths, program: testProgram });
  return { code, stdout: io.stdout, stderr: io.stderr };
}

async function file(name: string, content: unknown): Promise<string> {
  const path = join(home(), name);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const locked = { version: 2, organization: 'ACME.', settings: { 'idle.share': 0.8, contribute: true } };

test('a profile that can be used is shown as what computers do by it, without a host', async () => {
  const { code, stdout } = await check(await file('locked.json', locked));
  expect(code).toBe(0);
  expect(stdout).toContain('locked.json can be used as a locked profile of ACME.\n');
  expect(stdout).toMatch(/2 values would come from it/);
  expect(stdout).toMatch(/^idle\.share +80 % +set by ACME\./m);
  expect(stdout).toMatch(/^in use +25 % +yes +Working at 25 %: you are using the computer\./m);
});

test('one that cannot be used ends with 1, and says what hosts would do', async () => {
  const bad = { version: 2, settings: { 'idle.share': 8 } };
  const { code, stdout } = await check(await file('locked.json', bad));
  expect(code).toBe(1);
  expect(stdout).toContain(
    'cannot be used as a locked profile (1 fault): a host with it would contribute nothing.',
  );
  expect(stdout).toContain('- idle.share: is too large: at most 1. It may hold a share');
  const other = await check(await file('gleaner-defaults.json', bad));
  expect(other.stdout).toContain('as a defaults profile (1 fault): a host would leave it out');
});

test('two are checked together: what is locked wins', async () => {
  const defaults = { version: 2, settings: { 'idle.share': 0.5, 'inUse.share': 0.1 } };
  const args = [await file('defaults.json', defaults), '--with', await file('locked.json', locked), '--json'];
  const report = JSON.parse((await check(...args)).stdout) as Record<string, unknown>;
  expect(report).toMatchObject({
    kind: 'defaults',
    usable: true,
    organization: 'ACME.',
    settings: [
      { key: 'contribute', source: 'locked' },
      { key: 'inUse.share', value: 0.1, source: 'default' },
      { key: 'idle.share', value: 0.8, source: 'locked' },
    ],
  });
  expect(report['situations']).toContainEqual(
    expect.objectContaining({ situation: 'idle', share: 0.8, network: true }),
  );
  const broken = await check(args[0] ?? '', '--with', await file('locked.json', '{ "key": "abc'));
  expect(broken.code).toBe(1);
  expect(broken.stdout).toContain('defaults.json can be used as a defaults profile');
  expect(broken.stdout).toMatch(
    /locked\.json cannot be used as a locked profile \(1 fault\): a host with it would contribute nothing\.\n- It is not JSON/,
  );
  expect(broken.stdout).not.toContain('abc');
  expect(broken.stdout).not.toContain('would come from it');
  expect((await check('-', '--with', '-')).stderr).toContain(
    'Only one of the two profiles can be read from stdin',
  );
});

test('a property list is read as a Mac would', async () => {
  const plist = (body: string): string =>
    `<?xml version="1.0"?><plist version="1.0"><dict><key>version</key><integer>2</integer>${body}</dict></plist>`;
  const good = await file('a.plist', plist('<key>idle.share</key><string>0.5</string>'));
  expect(JSON.parse((await check(good, '--json')).stdout)).toMatchObject({
    usable: true,
    settings: [{ key: 'idle.share', value: 0.5 }],
  });
  expect((await check(await file('b.plist', '<?xml version="1.0"?><plist><dict>'))).code).toBe(1);
});

test('what cannot be read, or is too large, is no profile', async () => {
  expect(await check(join(home(), 'none.json'))).toMatchObject({ code: 4, stdout: '' });
  const large = await file('large.json', ' '.repeat(300 * 1024));
  expect((await check(large)).stderr).toContain('is larger than 262144 bytes');
});

test('nothing in a profile reaches the terminal as it is', async () => {
  const { stdout } = await check(await file('x.json', { version: 2, settings: { '\u001b[2J\n\n': 1 } }));
  expect(stdout).not.toContain('\u001b[2J');
});
