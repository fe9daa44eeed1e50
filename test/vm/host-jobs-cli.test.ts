import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tarBytes } from '../../electron/base/tar-write.ts';
import type { FailureCode } from '../../electron/contract/index.ts';
import type { Host } from '../../electron/host.ts';
import { rawEnd, rawEntry } from '../fakes/hostile-tar.ts';
import { type Ran, start } from '../unit/cli-fixture.ts';
import { temporaryDir } from './harness.ts';
import { HostChild } from './host-child.ts';
import { program } from './host-jobs-fixture.ts';
import { bodyOf, hostIn } from './host-world.ts';

/** Jobs that come in and results that go out, over the host's own API and over the real command. */

const MiB = 1024 * 1024;
const small = { vcpus: 1, memory: 64 * MiB, disk: 16 * MiB };
const document = { schema: 1, title: 'A job', command: ['/bin/true'], resources: small };
const entry = { path: 'job.json', content: JSON.stringify(document) };
const withDocument = (more: object): Uint8Array =>
  tarBytes([{ path: 'job.json', content: JSON.stringify({ ...document, ...more }) }]);
const withEntry = (...raw: readonly Uint8Array[]): Uint8Array =>
  Buffer.concat([rawEntry({ name: entry.path }, entry.content), ...raw, rawEnd]);

const refusals: readonly (readonly [what: string, tar: Uint8Array, code: FailureCode, says: RegExp])[] = [
  ['without a document', tarBytes([{ path: 'in/x', content: '' }]), 'document-invalid', /no job\.json/],
  ['no JSON', tarBytes([{ path: 'job.json', content: '{"schema": 1,' }]), 'document-invalid', /not JSON/],
  ['a wrong field', withDocument({ command: [] }), 'document-invalid', /command/],
  ['an unknown field', withDocument({ privileged: true }), 'document-invalid', /privileged/],
  ['another version', withDocument({ schema: 2 }), 'document-version', /schema 2/],
  ['a large document', withDocument({ title: 'x'.repeat(70_000) }), 'document-too-large', /65536/],
  ['a network that names no port', withDocument({ network: ['example.org'] }), 'document-invalid', /network/],
  ['an unknown appliance', withDocument({ appliance: 'windows' }), 'appliance-unknown', /windows/],
  [
    'an unknown digest',
    withDocument({ appliance: `sha256:${'0'.repeat(64)}` }),
    'appliance-unknown',
    /sha256:000/,
  ],
  [
    'too much memory',
    withDocument({ resources: { ...small, memory: 1024 * 1024 * MiB } }),
    'resources-unavailable',
    /of memory where/,
  ],
  ['too many vCPUs', withDocument({ resources: { vcpus: 64 } }), 'resources-unavailable', /64 vCPUs where/],
  ['a path that climbs', withEntry(rawEntry({ name: 'in/../../evil' }, 'x')), 'archive-invalid', /outside/],
  ['an absolute path', withEntry(rawEntry({ name: '/in/evil' }, 'x')), 'archive-invalid', /absolute/],
  ['a stranger', withEntry(rawEntry({ name: 'out/evil' }, 'x')), 'archive-invalid', /no place/],
  [
    'a symbolic link',
    withEntry(rawEntry({ name: 'in/link', type: '2', linkName: '/etc/passwd' })),
    'archive-invalid',
    /neither a regular file nor a folder/,
  ],
  [
    'a hard link',
    withEntry(rawEntry({ name: 'in/link', type: '1', linkName: 'job.json' })),
    'archive-invalid',
    /neither a regular file nor a folder/,
  ],
  [
    'a device',
    withEntry(rawEntry({ name: 'in/disk', type: '4' })),
    'archive-invalid',
    /neither a regular file nor a folder/,
  ],
  [
    'two of a name',
    withEntry(rawEntry({ name: 'in/x' }), rawEntry({ name: 'in/./x' })),
    'archive-invalid',
    /twice/,
  ],
  ['gzip', gzipSync(withEntry()), 'archive-invalid', /packed with gzip/],
  ['an end that is missing', withEntry().subarray(0, -1024), 'archive-invalid', /cut short/],
  [
    'more input than disk',
    withEntry(rawEntry({ name: 'in/large' }, new Uint8Array(17 * MiB))),
    'archive-too-large',
    /16 MiB at most/,
  ],
];

let home: ReturnType<typeof temporaryDir> | undefined;
let quiet: ReturnType<typeof temporaryDir> | undefined;
let served: HostChild | undefined;
let host: Host | undefined;

beforeAll(async () => {
  home = temporaryDir();
  writeFileSync(join(home.dir, 'settings.json'), JSON.stringify({ schema: 1, diskBytes: 64 * MiB }));
  served = await HostChild.start(home.dir);
  quiet = temporaryDir();
  host = await hostIn(quiet.dir);
});
afterAll(async () => {
  await host?.stop();
  served?.signal('SIGTERM');
  await served?.ended;
  home?.remove();
  quiet?.remove();
});

const running = (): { dir: string; quietDir: string; served: HostChild; host: Host } => {
  if (!home || !quiet || !served || !host) throw new Error('no host');
  return { dir: home.dir, quietDir: quiet.dir, served, host };
};
const gleaner = (...argv: readonly string[]): Promise<Ran> => start(running().dir, argv).ended;
/** Everything below a folder: the content of files by path, null for folders. */
function treeOf(dir: string): Record<string, string | null> {
  const entries = readdirSync(dir, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    entries.map((found) => {
      const path = join(found.parentPath, found.name);
      return [path.slice(dir.length + 1), found.isFile() ? readFileSync(path, 'latin1') : null];
    }),
  );
}
async function addFolder(
  command: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<string> {
  const { dir, served: child } = running();
  const folder = join(dir, `job-${Object.keys(files).join('-')}`);
  mkdirSync(join(folder, 'in'), { recursive: true });
  const own = { ...document, command: ['/bin/sh', '-c', command] };
  writeFileSync(join(folder, 'job.json'), JSON.stringify(own));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, 'in', name), content);
  const { code, stdout } = await gleaner('jobs', 'add', folder);
  expect(code).toBe(0);
  const id = /Queued as (\S+)\.\n$/.exec(stdout)?.[1] ?? '';
  await child.sees(({ jobs }) => jobs.some((job) => job.id === id && job.endedAt !== null));
  return id;
}

test.for(refusals)('a package is refused: %s', async ([, tar, code, says]) => {
  const { dir, quietDir, host: api } = running();
  const upload = api.upload('jobs.add', { dryRun: false }, bodyOf(tar));
  await expect(upload).rejects.toMatchObject({ code });
  await expect(upload).rejects.toThrow(says);
  const tarPath = join(dir, 'job.tar');
  writeFileSync(tarPath, tar);
  const refused = await gleaner('jobs', 'add', tarPath);
  expect(refused).toMatchObject({ code: 4, stdout: '' });
  expect(refused.stderr).toMatch(new RegExp(`^gleaner: ${code}: `));
  expect(refused.stderr).toMatch(says);
  for (const folder of [dir, quietDir]) expect(readdirSync(join(folder, 'jobs'))).toEqual([]);
});

test('a dry run shows the job and queues nothing', async () => {
  const { dir } = running();
  const tarPath = join(dir, 'job.tar');
  writeFileSync(tarPath, withEntry());
  const { code, stdout } = await gleaner('jobs', 'add', tarPath, '--dry-run');
  expect(code).toBe(0);
  expect(stdout).toContain('1 vCPU, 64 MiB memory, 16 MiB disk, no network');
  expect(readdirSync(join(dir, 'jobs'))).toEqual([]);
  expect(await gleaner('jobs', 'list', '--json')).toMatchObject({ stdout: '[]\n' });
});

test('a result comes out as the job left it', async () => {
  const { dir } = running();
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  const command = [
    'mkdir -p out/deep/er out/empty; cp in/bytes out/deep/er/bytes; : >out/nothing; ln -s /etc/passwd out/link',
    'printf "said \\033[2J\\033]0;title\\007 clean\\n"; echo complaint >&2',
  ].join('\n');
  const id = await addFolder(command, { bytes });
  const out = join(dir, 'result');
  const saved = await gleaner('jobs', 'result', id, '--out', out);
  expect(saved).toMatchObject({ code: 0, stderr: '' });
  expect(saved.stdout).toMatch(/^Saved 4 files/);
  const expected = {
    out: null,
    'out/deep': null,
    'out/deep/er': null,
    'out/deep/er/bytes': Buffer.from(bytes).toString('latin1'),
    'out/empty': null,
    'out/nothing': '',
    stdout: 'said \u001b[2J\u001b]0;title\u0007 clean\n',
    stderr: 'complaint\n',
  };
  expect(treeOf(out)).toEqual(expected);
  // The terminal gets the words without what would steer it.
  const shown = await gleaner('jobs', 'show', id);
  expect(shown.stdout).toMatch(/Last of stdout\nsaid .* clean\n/);
  expect(shown.stdout).not.toContain('\u001b');
  expect(await gleaner('jobs', 'result', id, '--out', out)).toMatchObject({ code: 4, stdout: '' });
  writeFileSync(join(out, 'stdout'), 'spoilt');
  expect(await gleaner('jobs', 'result', id, '--out', out, '--force')).toMatchObject({ code: 0 });
  expect(treeOf(out)).toEqual(expected);
});

test('a hostile result leaves nothing anywhere', async () => {
  const { dir } = running();
  const id = await addFolder('python3 in/program.py backslash', {
    'program.py': program('hostile_output.py'),
  });
  const none = await gleaner('jobs', 'result', id, '--out', join(dir, 'none'));
  expect(none).toMatchObject({ code: 5, stdout: '' });
  expect(none.stderr).toContain('not-found');
  expect(readdirSync(dir)).not.toContain('none');
});

test.for([
  ['a path that climbs', rawEntry({ name: 'out/../../evil' }, 'x')],
  ['an absolute path', rawEntry({ name: '/tmp/evil' }, 'x')],
  ['a link', rawEntry({ name: 'out/link', type: '2', linkName: '..' })],
  ['a hard link', rawEntry({ name: 'out/link', type: '1', linkName: '../gleaner.db' })],
  ['a stranger', rawEntry({ name: 'evil' }, 'x')],
] as const)('not even a host that was taken over writes outside of the folder: %s', async ([, evil]) => {
  const { dir } = running();
  const listed = JSON.parse((await gleaner('jobs', 'list', '--json')).stdout) as {
    id: string;
    hasResult: boolean;
  }[];
  const id = listed.find(({ hasResult }) => hasResult)?.id ?? '';
  const tarPath = join(dir, 'jobs', id, 'result.tar');
  writeFileSync(tarPath, Buffer.concat([rawEntry({ name: 'stdout' }, 'said'), evil, rawEnd]));
  const before = readdirSync(dir);
  const refused = await gleaner('jobs', 'result', id, '--out', join(dir, 'hostile'));
  expect(refused).toMatchObject({ code: 4, stdout: '' });
  expect(refused.stderr).toContain('archive-invalid');
  expect(readdirSync(dir)).toEqual(before);
});
