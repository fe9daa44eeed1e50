import { execFileSync } from 'node:child_process';
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readyDataDisk } from '../../electron/vm/data-disk.ts';

const MiB = 1024 * 1024;
const isRoot = process.getuid?.() === 0;

let dir = '';
const path = (): string => join(dir, 'projects', 'one.raw');
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'data-disk-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

test('it is made sparse, for its owner alone, in whole MiB', async () => {
  await readyDataDisk({ path: path(), bytes: 1024 * MiB - 5 }, undefined);
  const facts = statSync(path());
  expect(facts.size).toBe(1024 * MiB);
  expect(facts.blocks).toBe(0);
  expect(facts.mode & 0o777).toBe(0o600);
  expect(statSync(join(dir, 'projects')).mode & 0o777).toBe(0o700);
});

test('it grows, never shrinks, and keeps what is in it', async () => {
  await readyDataDisk({ path: path(), bytes: MiB }, undefined);
  writeFileSync(path(), 'kept', { flag: 'r+' });
  await readyDataDisk({ path: path(), bytes: 3 * MiB }, undefined);
  expect(statSync(path()).size).toBe(3 * MiB);
  const { mtimeNs, ctimeNs } = statSync(path(), { bigint: true });
  await readyDataDisk({ path: path(), bytes: 2 * MiB }, undefined);
  expect(statSync(path()).size).toBe(3 * MiB);
  expect(statSync(path(), { bigint: true })).toMatchObject({ mtimeNs, ctimeNs });
  expect(readFileSync(path(), 'latin1').slice(0, 6)).toBe('kept\0\0');
});

test.skipIf(!isRoot)('it belongs to the user that QEMU runs as, who passes through its folder', async () => {
  await readyDataDisk({ path: path(), bytes: MiB }, 64_173);
  expect(statSync(path())).toMatchObject({ uid: 64_173, gid: 64_173 });
  expect(statSync(join(dir, 'projects'))).toMatchObject({ uid: 0 });
  expect(statSync(join(dir, 'projects')).mode & 0o777).toBe(0o711);
});

test('what is no file of its own is refused, and left alone', async () => {
  const other = join(dir, 'other');
  writeFileSync(other, 'other');
  mkdirSync(join(dir, 'projects'));
  const makers: (() => void)[] = [
    () => {
      symlinkSync(other, path());
    },
    () => {
      symlinkSync(join(dir, 'nowhere'), path());
    },
    () => {
      linkSync(other, path());
    },
    () => {
      mkdirSync(path());
    },
    () => {
      execFileSync('mkfifo', [path()]);
    },
  ];
  for (const make of makers) {
    make();
    await expect(readyDataDisk({ path: path(), bytes: MiB }, undefined), String(make)).rejects.toMatchObject({
      code: 'data-unusable',
      hint: `Look at ${path()}.`,
    });
    rmSync(path(), { recursive: true });
  }
  expect(statSync(other).size).toBe(5);
  expect(() => statSync(join(dir, 'nowhere'))).toThrow('ENOENT');
});
