import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { digestOf, markBuilt, needsBuild } from '../../resources/dev/build-stamp.ts';
import { mirror } from '../../resources/dev/mirror.ts';

let dir = '';
const at = (...names: string[]) => path.join(dir, ...names);

beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'dev-files-'));
  mkdirSync(at('src', 'deep'), { recursive: true });
  writeFileSync(at('src', 'a.ts'), 'a');
  writeFileSync(at('src', 'deep', 'b.ts'), 'b');
});

afterEach(() => {
  rmSync(dir, { recursive: true });
});

describe('the build stamp', () => {
  const digest = () => digestOf(dir, ['src', 'lock.json']);

  test('follows contents, names and the appearing of an input', () => {
    const first = digest();
    expect(digest()).toBe(first);

    writeFileSync(at('src', 'deep', 'b.ts'), 'changed');
    expect(digest()).not.toBe(first);
    writeFileSync(at('src', 'deep', 'b.ts'), 'b');
    expect(digest()).toBe(first);

    writeFileSync(at('lock.json'), '{}');
    expect(digest()).not.toBe(first);
  });

  test('does not mistake content that moved from one file to the next', () => {
    const first = digest();
    writeFileSync(at('src', 'a.ts'), '');
    writeFileSync(at('src', 'deep', 'b.ts'), 'ab');
    expect(digest()).not.toBe(first);
  });

  test('asks for a build until one of these inputs is marked, and when its product is gone', () => {
    mkdirSync(at('out', 'main'), { recursive: true });
    writeFileSync(at('out', 'main', 'main.js'), '');
    expect(needsBuild(dir, 'one')).toBe(true);
    markBuilt(dir, 'one');
    expect(needsBuild(dir, 'one')).toBe(false);
    expect(needsBuild(dir, 'two')).toBe(true);
    rmSync(at('out', 'main', 'main.js'));
    expect(needsBuild(dir, 'one')).toBe(true);
  });
});

describe('a mirror', () => {
  const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

  test('links what all may read, copies what they may not, keeps links as they are', () => {
    chmodSync(at('src', 'a.ts'), 0o644);
    writeFileSync(at('src', 'secret'), 's');
    chmodSync(at('src', 'secret'), 0o600);
    symlinkSync('../elsewhere', at('src', 'link'));

    mirror(at('src'), at('copy'), owner);

    expect(statSync(at('copy', 'a.ts')).ino).toBe(statSync(at('src', 'a.ts')).ino);
    expect(readFileSync(at('copy', 'deep', 'b.ts'), 'utf8')).toBe('b');
    expect(readlinkSync(at('copy', 'link'))).toBe('../elsewhere');
    expect(statSync(at('copy', 'secret')).ino).not.toBe(statSync(at('src', 'secret')).ino);
    expect(statSync(at('copy', 'secret')).mode & 0o777).toBe(0o600);
  });

  test('leaves out what it is told to', () => {
    mirror(at('src'), at('copy'), owner, (name) => name === 'deep/b.ts');
    expect(() => statSync(at('copy', 'deep', 'b.ts'))).toThrow();
    expect(statSync(at('copy', 'deep')).isDirectory()).toBe(true);
  });
});
