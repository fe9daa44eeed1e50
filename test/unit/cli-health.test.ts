import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../electron/base/log.ts';
import { resolvePaths } from '../../electron/base/paths.ts';
import { runProgram } from '../../electron/cli/program.ts';
import { serveSocket } from '../../electron/control/socket-server.ts';
import { supportBundle } from '../../electron/host/support.ts';
import { fakeNow } from '../fakes/fake-grid-views.ts';
import { FakeHost } from '../fakes/fake-host.ts';
import { testProgram } from '../fixtures/test-program.ts';
import { memoryIo, type Ran, start, useFolder } from './cli-fixture.ts';

const home = useFolder();
const paths = () => resolvePaths({ platform: 'linux', home: home(), uid: 0, env: { GLEANER_HOME: home() } });
let host: FakeHost;
let close: () => Promise<void>;

beforeEach(async () => {
  host = new FakeHost();
  const server = await serveSocket({ api: host, paths: paths(), log: silentLog });
  close = async () => {
    await server.dispose();
  };
});
afterEach(async () => {
  await close();
});

const run = async (...argv: readonly string[]): Promise<Ran> => {
  const io = memoryIo();
  const code = await runProgram(argv, { io, paths: paths(), program: testProgram });
  return { code, stdout: io.stdout, stderr: io.stderr };
};

const qemu = { id: 'qemu', title: 'QEMU', values: {} } as const;
const missing = {
  ...qemu,
  state: 'failed',
  code: 'missing',
  detail: 'QEMU is not installed.',
  fix: {
    kind: 'manual',
    code: 'install-qemu',
    words: 'Install QEMU.',
    command: 'sudo apt-get install qemu-system-x86',
  },
} as const;
const disk = {
  id: 'disk',
  title: 'Disk space',
  state: 'warning',
  code: 'low',
  values: { freeBytes: 5 },
  detail: '0.0 GiB free.',
  fix: {
    kind: 'automatic',
    code: 'free-disk',
    words: 'Unused images are deleted.',
    freesBytes: 7,
    cancellable: true,
    running: null,
  },
} as const;

describe('gleaner doctor', () => {
  it('shows with each check what mends it', async () => {
    host.health.checks = [missing, disk];
    expect(await run('doctor')).toEqual({
      code: 1,
      stderr: '',
      stdout: `failed   QEMU: QEMU is not installed.
         Install QEMU.
           sudo apt-get install qemu-system-x86
warning  Disk space: 0.0 GiB free.
         Fix: Unused images are deleted.
`,
    });
  });

  it('mends, and says what came of it', async () => {
    host.health.checks = [missing, { ...disk, fix: null }];
    host.health.fixed = { outcome: 'done', freedBytes: 7 * 1024 };
    expect(await run('doctor', '--fix', 'disk')).toMatchObject({
      code: 0,
      stdout: 'Done. 7 KiB freed.\nwarning  Disk space: 0.0 GiB free.\n',
    });
    host.health.fixed = { outcome: 'manual', freedBytes: null };
    const manual = await run('doctor', '--fix', 'qemu');
    expect(manual.code).toBe(1);
    expect(manual.stdout).toContain('This needs you:\nfailed  QEMU');
    expect(JSON.parse((await run('doctor', '--fix', 'qemu', '--json')).stdout)).toEqual({
      ...host.health.fixed,
      check: missing,
    });
    expect(await run('doctor', '--fix', 'nothing')).toMatchObject({ code: 2, stdout: '' });
    expect((await run('doctor', '--fix', 'kvm')).code).toBe(5);
  });

  it('ends a fix when it is interrupted', async () => {
    host.health.checks = [disk];
    host.health.fixed = { outcome: 'cancelled', freedBytes: null };
    host.health.fixing = new Promise((resolve) => {
      host.health.onCancel = resolve;
    });
    const io = memoryIo();
    const running = runProgram(['doctor', '--fix', 'disk'], { io, paths: paths(), program: testProgram });
    await expect.poll(() => host.asked.map(({ name }) => name)).toContain('doctor.fix');
    io.signal();
    expect(await running).toBe(130);
    expect(host.asked.at(-1)).toEqual({ name: 'doctor.cancel', input: { id: 'disk' } });
    expect(io.stdout).toContain('Ended before it was done.');
  });
});

describe('gleaner versions', () => {
  it('tells what there is', async () => {
    const { stdout } = await run('versions');
    expect(stdout).toContain('Gleaner       1.2.3\n');
    expect(stdout).toContain('boinc-client  8.0.4-1\n');
    expect(stdout).not.toContain('Electron');
    expect(JSON.parse((await run('versions', '--json')).stdout)).toEqual(host.health.versions);
  });
});

describe('gleaner logs', () => {
  it('shows lines as the file has them, and asks for what is wanted', async () => {
    expect(await run('logs')).toEqual({
      code: 0,
      stderr: '',
      stdout: '2026-03-01T12:00:00.000Z info host started version="1.2.3"\n',
    });
    await run('logs', '-n', '5', '--level', 'warn', '--topic', 'vm');
    expect(host.asked.map(({ input }) => input)).toEqual([
      { lines: 200 },
      { lines: 5, level: 'warn', topic: 'vm' },
    ]);
    expect((await run('logs', '-n', '2001')).code).toBe(2);
    host.health.log = [{ at: 0, level: 'warn', topic: 'vm', text: 'steer\u001b[2J' }];
    expect((await run('logs')).stdout).not.toContain('\u001b');
    host.health.log = [];
    expect(await run('logs')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect((await run('logs', '--json')).stdout).toBe('[]\n');
  });

  it('follows until it is interrupted, and needs a host for that', async () => {
    const following = start(home(), ['logs', '--follow']);
    await following.said('started');
    host.health.log = [...host.health.log, { at: fakeNow, level: 'warn', topic: 'vm', text: 'and more' }];
    await following.said('and more');
    following.kill('SIGINT');
    const { code, stdout } = await following.ended;
    expect(code).toBe(130);
    expect(stdout.trimEnd().split('\n')).toHaveLength(2);
    await close();
    expect((await run('logs', '--follow')).code).toBe(3);
  });
});

describe('gleaner support-bundle', () => {
  beforeEach(() => {
    host.snapshot = { ...host.snapshot, grids: [] };
    const computer = { homes: [], dataDirs: [], userNames: [], hostNames: [] };
    host.bytes = async function* () {
      yield* await supportBundle((name, input) => host.call(name, input), computer);
    };
  });

  it('is a private file that is not written over, and says what is in it', async () => {
    const file = join(home(), 'trouble.tar.gz');
    const saved = await run('support-bundle', file);
    expect(saved).toMatchObject({ code: 0, stderr: '' });
    expect(saved.stdout).toContain('gleaner-support/doctor.json, ');
    expect(saved.stdout).toContain('Nothing was sent anywhere');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await run('support-bundle', file)).code).toBe(4);
    await writeFile(file, 'mine');
    expect((await run('support-bundle', file, '--force', '--json')).stdout).toContain('"path":"');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await run('support-bundle', '-')).code).toBe(2);
  });

  it('has a name with its day where none is given', async () => {
    const before = process.cwd();
    process.chdir(home());
    try {
      expect((await run('support-bundle')).code).toBe(0);
    } finally {
      process.chdir(before);
    }
    expect(await readdir(home())).toContain('gleaner-support-1970-01-01.tar.gz');
  });
});
