import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../electron/base/log.ts';
import { beginUpdates } from '../../electron/shell/updates/begin.ts';
import { UpdateFiles } from '../../electron/shell/updates/files.ts';
import { guardCommand } from '../../electron/shell/updates/guard.ts';
import { previousPath, swap } from '../../electron/shell/updates/swap.ts';

let dir: string;
let target: string;
let files: UpdateFiles;
let guards: ChildProcess[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gl-swap-'));
  target = join(dir, 'Gleaner.AppImage');
  files = new UpdateFiles(join(dir, 'updates'));
  guards = [];
  writeFileSync(join(dir, 'gleaner.db'), 'all that was booked');
});
afterEach(() => {
  for (const guard of guards) guard.kill('SIGKILL');
  rmSync(dir, { recursive: true });
});

/** A program that notes its start and its arguments, then does what it is for. */
function program(path: string, name: string, does: string): void {
  writeFileSync(path, `#!/bin/sh\necho "${name} $*" >>"${join(dir, 'starts')}"\n${does}\n`, { mode: 0o755 });
}
const starts = (): string[] => readFileSync(join(dir, 'starts'), 'utf8').trim().split('\n');

/** Runs a guard to its end, as if a program that is gone by now had left it. */
async function guard(limitSeconds: number, tries = 2): Promise<number | null> {
  const gone = spawn('true');
  await new Promise((resolve) => gone.once('exit', resolve));
  const { file, args, env } = guardCommand(gone.pid ?? 0, {
    target,
    previous: previousPath(target),
    healthyPath: files.healthyPath,
    tries,
    limitSeconds,
    args: ['--hidden', 'with a space'],
    env: { ...process.env, APPIMAGE: '/mnt/old', APPDIR: '/mnt' },
  });
  expect([env['APPIMAGE'], env['APPDIR']]).toEqual([undefined, undefined]);
  const child = spawn(file, args, { env, stdio: 'ignore' });
  guards.push(child);
  return await new Promise((resolve) => child.once('exit', resolve));
}

const digest = (path: string): string => createHash('sha512').update(readFileSync(path)).digest('base64');
const swapIn = async (path: string, sha512 = digest(path)): Promise<void> => {
  await swap({
    files,
    target,
    downloaded: path,
    sha512,
    version: '1.1.0',
    from: '1.0.0',
    databasePath: join(dir, 'gleaner.db'),
  });
};

describe('a swap', () => {
  beforeEach(() => {
    program(target, 'old', 'exit 0');
    program(join(dir, 'fresh'), 'new', 'exit 0');
  });

  it('puts the new program in place, keeps the old one and the database, and begins a trial', async () => {
    await swapIn(join(dir, 'fresh'));
    expect(readFileSync(target, 'utf8')).toContain('new');
    expect(statSync(target).mode & 0o777).toBe(0o755);
    expect(readFileSync(previousPath(target), 'utf8')).toContain('old');
    expect(readFileSync(files.databaseCopyPath, 'utf8')).toBe('all that was booked');
    expect(files.readTrial()).toMatchObject({ version: '1.1.0', from: '1.0.0', starts: 0 });
  });

  it('leaves all as it was when the file is not what was signed, or the database cannot be kept', async () => {
    const kept = readFileSync(target, 'utf8');
    await expect(swapIn(join(dir, 'fresh'), 'another')).rejects.toMatchObject({ code: 'update-refused' });
    rmSync(join(dir, 'gleaner.db'));
    await expect(swapIn(join(dir, 'fresh'))).rejects.toThrow('ENOENT');
    expect(readFileSync(target, 'utf8')).toBe(kept);
    expect([files.readTrial(), existsSync(`${target}.new`)]).toEqual([null, false]);
  });
});

describe('the guard of a swap', () => {
  beforeEach(() => {
    program(previousPath(target), 'old', 'exit 0');
  });

  it('goes in peace when the new program is healthy, which runs on', async () => {
    program(target, 'new', `echo 1.1.0 >"${files.healthyPath}"; exec sleep 3`);
    expect(await guard(20)).toBe(0);
    expect(starts()).toEqual(['new --hidden with a space']);
    expect(existsSync(previousPath(target))).toBe(true);
  });

  it('puts the old program back when the new one crashes at each start', async () => {
    program(target, 'new', 'exit 7');
    expect(await guard(20)).toBe(0);
    expect(starts()).toEqual([
      'new --hidden with a space',
      'new --hidden with a space',
      'old --hidden with a space',
    ]);
    expect(existsSync(previousPath(target))).toBe(false);
  });

  it('puts the old program back when the new one cannot even be run', async () => {
    writeFileSync(target, 'no program at all', { mode: 0o644 });
    expect(await guard(20)).toBe(0);
    expect(starts()).toEqual(['old --hidden with a space']);
  });

  it('ends a program that hangs, and puts the old one back', async () => {
    program(target, 'new', 'exec sleep 60');
    expect(await guard(1, 1)).toBe(0);
    expect(starts()).toEqual(['new --hidden with a space', 'old --hidden with a space']);
  });

  it('leaves the new program where the person has ended it', async () => {
    program(target, 'new', 'exit 0');
    expect(await guard(20)).toBe(0);
    expect(starts()).toEqual(['new --hidden with a space']);
    expect(existsSync(previousPath(target))).toBe(true);
  });

  it('waits until the program before has ended, and decides nothing when the session ends', async () => {
    program(target, 'new', 'exec sleep 60');
    const old = spawn('sleep', ['60']);
    const { file, args, env } = guardCommand(old.pid ?? 0, {
      target,
      previous: previousPath(target),
      healthyPath: files.healthyPath,
      tries: 2,
      limitSeconds: 60,
      args: [],
      env: process.env,
    });
    const child = spawn(file, args, { env, stdio: 'ignore', detached: true });
    guards.push(child);
    const begun = new Promise<void>((resolve) => {
      const watcher = watch(dir, () => {
        if (!existsSync(join(dir, 'starts'))) return;
        watcher.close();
        resolve();
      });
    });
    expect(existsSync(join(dir, 'starts'))).toBe(false);
    old.kill();
    await begun;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    // All of the session, as a logout does.
    process.kill(-(child.pid ?? 0), 'SIGTERM');
    expect(await ended).toBe(0);
    expect(readFileSync(target, 'utf8')).toContain('new');
  });
});

describe('the start of a version', () => {
  let left: (string | null)[][];
  const begin = (version: string): ReturnType<typeof beginUpdates> =>
    beginUpdates({
      files,
      version,
      takeUpAfter: () => Promise.resolve(null),
      again: { args: [], env: process.env },
      leaveGuard: ({ target: started, previous }) => {
        left.push([started, previous]);
        return Promise.resolve();
      },
      now: () => 5,
      log: silentLog,
    });

  beforeEach(async () => {
    left = [];
    program(target, 'old', 'exit 0');
    program(join(dir, 'fresh'), 'new', 'exit 0');
    await swapIn(join(dir, 'fresh'));
  });

  it('holds nothing against a version that never took its place, for want of power', async () => {
    const { previous, ...trial } = files.readTrial() ?? { previous: '' };
    expect(existsSync(previous)).toBe(true);
    expect(trial).toMatchObject({ from: '1.0.0' });
    // As it lies between the note and the swap: the old one is at its place.
    program(target, 'old', 'exit 0');
    expect(await begin('1.0.0')).toBeNull();
    expect(files.readMemory()).toMatchObject({ takenBack: [], failed: null });
    expect([files.readTrial(), existsSync(previous), left]).toEqual([null, false, []]);
  });

  it('counts itself while it is on trial, and gives way after three', async () => {
    for (const count of [1, 2, 3]) expect(await begin('1.1.0')).toMatchObject({ starts: count });
    expect(await begin('1.1.0')).toBe('gone');
    expect(left).toEqual([[target, null]]);
    expect(readFileSync(target, 'utf8')).toContain('old');
    expect(await begin('1.0.0')).toBeNull();
    expect(files.readMemory().takenBack).toEqual(['1.1.0']);
    expect(files.readTrial()).toBeNull();
    expect(existsSync(files.databaseCopyPath)).toBe(false);
  });

  it('goes on where there is nothing to go back to', async () => {
    files.countStart({ version: '1.1.0', from: '1.0.0', target, previous: join(dir, 'gone'), starts: 3 });
    expect(await begin('1.1.0')).toBeNull();
    expect(readFileSync(target, 'utf8')).toContain('new');
  });

  it('is a first one where the files are damaged', async () => {
    for (const name of ['trial.json', 'state.json']) writeFileSync(join(files.dir, name), '{"half');
    expect(await begin('1.1.0')).toBeNull();
    expect(files.readMemory().takenBack).toEqual([]);
  });
});
