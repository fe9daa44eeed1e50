import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GleanerError } from '../../electron/contract/failures.ts';
import { collectDisk, fillDisk } from '../../electron/vm/session/disks.ts';
import { normaliseTar, type TarRoots } from '../../electron/vm/session/tar.ts';
import { paxRecord, rawEnd, rawEntry, rawHeader } from '../fakes/hostile-tar.ts';

const roots: TarRoots = {
  out: { kind: 'folder', maxBytes: 4096 },
  stdout: { kind: 'file', maxBytes: 1024 },
};

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    await Promise.resolve();
    yield bytes.subarray(at, at + size);
  }
}

/** The normalised archive, or the failure's code and sentence. */
async function normalise(...parts: readonly Uint8Array[]): Promise<{ tar: Buffer; failure: string }> {
  const written: Uint8Array[] = [];
  try {
    await normaliseTar(inPieces(Buffer.concat(parts), 700), roots, (chunk) => {
      written.push(Uint8Array.from(chunk));
      return Promise.resolve();
    });
    return { tar: Buffer.concat(written), failure: '' };
  } catch (error) {
    if (error instanceof GleanerError)
      return { tar: Buffer.alloc(0), failure: `${error.code}: ${error.message}` };
    throw error;
  }
}

const folder = rawEntry({ name: 'out/', type: '5', mode: 0o777 });

test('keeps regular files and folders, and nothing of their owners and times', async () => {
  const { tar, failure } = await normalise(
    folder,
    rawEntry({ name: './out/result.csv', mode: 0o4600 }, 'id,price\n'),
    rawEntry({ name: 'out/run', mode: 0o755 }, '#!/bin/sh\n'),
    rawEntry({ name: 'stdout' }, 'hello'),
    rawEnd,
  );
  expect(failure).toBe('');
  const listing = execFileSync(
    'tar',
    ['--list', '--verbose', '--utc', '--numeric-owner', '--full-time', '-f', '-'],
    {
      input: tar,
      encoding: 'utf8',
    },
  );
  expect(
    listing
      .trim()
      .split('\n')
      .map((line) => line.replace(/ +/g, ' ')),
  ).toEqual([
    'drwxr-xr-x 0/0 0 1970-01-01 00:00:00 out/',
    '-rw-r--r-- 0/0 9 1970-01-01 00:00:00 out/result.csv',
    '-rwxr-xr-x 0/0 10 1970-01-01 00:00:00 out/run',
    '-rw-r--r-- 0/0 5 1970-01-01 00:00:00 stdout',
  ]);
  expect(tar.includes('mallory')).toBe(false);
});

test('takes long names as GNU and pax write them', async () => {
  const long = `out/${'n'.repeat(120)}.csv`;
  const gnu = [rawEntry({ name: '././@LongLink', type: 'L' }, `${long}\0`), rawEntry({ name: 'x' }, '1')];
  const pax = [
    rawEntry({ name: 'pax', type: 'x' }, paxRecord('path', 'out/ümlaut')),
    rawEntry({ name: 'x' }, '2'),
  ];
  const { tar, failure } = await normalise(...gnu, ...pax, rawEnd);
  expect(failure).toBe('');
  const listed = execFileSync('tar', ['--list', '--quoting-style=literal', '-f', '-'], {
    input: tar,
    encoding: 'utf8',
  });
  expect(listed).toBe(`${long}\nout/ümlaut\n`);
});

describe('refuses', () => {
  const cases: readonly (readonly [string, readonly Uint8Array[], string])[] = [
    ['a symbolic link', [rawEntry({ name: 'out/a', type: '2', linkName: '/etc/passwd' })], 'archive-invalid'],
    ['a hard link', [rawEntry({ name: 'out/a', type: '1', linkName: 'stdout' })], 'archive-invalid'],
    ['a character device', [rawEntry({ name: 'out/a', type: '3' })], 'archive-invalid'],
    ['a block device', [rawEntry({ name: 'out/a', type: '4' })], 'archive-invalid'],
    ['a FIFO', [rawEntry({ name: 'out/a', type: '6' })], 'archive-invalid'],
    ['a contiguous file', [rawEntry({ name: 'out/a', type: '7' }, 'x')], 'archive-invalid'],
    ['an unknown type', [rawEntry({ name: 'out/a', type: 'Z' }, 'x')], 'archive-invalid'],
    ['a sparse file of GNU', [rawEntry({ name: 'out/a', type: 'S' }, 'x')], 'archive-invalid'],
    [
      'a sparse file of pax',
      [
        rawEntry({ name: 'p', type: 'x' }, paxRecord('GNU.sparse.major', '1')),
        rawEntry({ name: 'out/a' }, 'x'),
      ],
      'archive-invalid',
    ],
    ['an absolute name', [rawEntry({ name: '/out/a' }, 'x')], 'archive-invalid'],
    ['a name above the archive', [rawEntry({ name: 'out/../../a' }, 'x')], 'archive-invalid'],
    ['an absolute name by prefix', [rawEntry({ name: 'a', prefix: '/etc' }, 'x')], 'archive-invalid'],
    [
      'a name above by pax',
      [rawEntry({ name: 'p', type: 'x' }, paxRecord('path', '../a')), rawEntry({ name: 'out/a' }, 'x')],
      'archive-invalid',
    ],
    [
      'a name above by a GNU long name',
      [rawEntry({ name: 'l', type: 'L' }, '../../a\0'), rawEntry({ name: 'out/a' }, 'x')],
      'archive-invalid',
    ],
    [
      'a NUL in a name',
      [rawEntry({ name: 'p', type: 'x' }, paxRecord('path', 'out/a\0b')), rawEntry({ name: 'out/a' }, 'x')],
      'archive-invalid',
    ],
    [
      'a name that is not UTF-8',
      [rawEntry({ name: Buffer.from([0x6f, 0x75, 0x74, 0x2f, 0xff]) }, 'x')],
      'archive-invalid',
    ],
    ['a Windows path', [rawEntry({ name: 'out\\..\\a' }, 'x')], 'archive-invalid'],
    [
      'a name of 300 bytes',
      [rawEntry({ name: 'l', type: 'L' }, `out/${'n'.repeat(300)}\0`), rawEntry({ name: 'x' }, '1')],
      'archive-invalid',
    ],
    ['a tree of 40 folders', [rawEntry({ name: `out/${'d/'.repeat(40)}f` }, '1')], 'archive-invalid'],
    ['a name that belongs elsewhere', [rawEntry({ name: 'checkpoint/a' }, 'x')], 'archive-invalid'],
    ["a name of an object's own making", [rawEntry({ name: 'constructor' }, 'x')], 'archive-invalid'],
    ['a folder where a file should be', [rawEntry({ name: 'stdout', type: '5' })], 'archive-invalid'],
    ['a file below a file', [rawEntry({ name: 'stdout/a' }, 'x')], 'archive-invalid'],
    ['a file where a folder should be', [rawEntry({ name: 'out' }, 'x')], 'archive-invalid'],
    [
      'a name that comes twice',
      [rawEntry({ name: 'out/a' }, '1'), rawEntry({ name: 'out/a' }, '2')],
      'archive-invalid',
    ],
    ['a header with a wrong sum', [rawEntry({ name: 'out/a' }, '1').fill('9', 148, 154)], 'archive-invalid'],
    ['an unknown magic', [rawEntry({ name: 'out/a', magic: 'nonsense' }, '1')], 'archive-invalid'],
    ['something that is no tar', [Buffer.alloc(5000, 'x')], 'archive-invalid'],
    ['a truncated file', [rawHeader({ name: 'out/a', size: 2000 }), Buffer.alloc(512)], 'archive-invalid'],
    ['a truncated header', [rawHeader({ name: 'out/a' }).subarray(0, 100)], 'archive-invalid'],
    [
      'more bytes than its part may hold',
      [rawEntry({ name: 'stdout' }, 'x'.repeat(1025))],
      'archive-too-large',
    ],
    ['more bytes than all may hold', [rawHeader({ name: 'out/a', size: 8 ** 11 - 1 })], 'archive-too-large'],
    [
      'a size beyond 8 GiB',
      [rawHeader({ name: 'out/a', sizeField: Buffer.from('80000000ffffffffffffffff', 'hex') })],
      'archive-',
    ],
    [
      'a negative size',
      [rawHeader({ name: 'out/a', sizeField: Buffer.from(`${'ff'.repeat(11)}00`, 'hex') })],
      'archive-invalid',
    ],
    ['a folder with content', [rawEntry({ name: 'out/d/', type: '5' }, 'x')], 'archive-invalid'],
    [
      'a pax header without end',
      [rawHeader({ name: 'p', type: 'x', size: 64 * 1024 * 1024 })],
      'archive-invalid',
    ],
    [
      'more entries than anybody needs',
      Array.from({ length: 10_001 }, (_, index) => rawEntry({ name: `out/${index}` })),
      'archive-too-large',
    ],
  ];
  for (const [name, parts, code] of cases) {
    test(name, async () => {
      const { failure } = await normalise(folder, ...parts, rawEnd);
      expect(failure).toMatch(new RegExp(`^${code}`));
      expect(failure).not.toMatch(/[\u0000-\u001f]/);
    });
  }
});

test('random bytes and random damage end in an archive or a coded refusal', async () => {
  const sound = Buffer.concat([
    folder,
    rawEntry({ name: 'out/a' }, 'x'.repeat(600)),
    rawEntry({ name: 'stdout' }, 'y'),
    rawEnd,
  ]);
  const damage = fc.array(fc.tuple(fc.nat(sound.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(damage, async (changes) => {
      const bytes = Buffer.from(sound);
      for (const [at, value] of changes) bytes[at] = value;
      const { failure } = await normalise(bytes);
      expect(failure).toMatch(/^$|^archive-/);
    }),
  );
});

describe('disks', () => {
  let dir = '';
  const at = (name: string): string => join(dir, name);
  const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
  const failureOf = async (promise: Promise<unknown>): Promise<string> => {
    try {
      await promise;
    } catch (error) {
      if (error instanceof GleanerError) return error.code;
      return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    }
    return 'none';
  };
  const tar = Buffer.concat([folder, rawEntry({ name: 'out/a' }, 'x'.repeat(700)), rawEnd]);

  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'disks-'));
    mkdirSync(at('folder'));
    writeFileSync(at('out-disk'), Buffer.concat([tar, Buffer.alloc(10_000, 'z')]));
  });
  afterAll(() => {
    rmSync(dir, { recursive: true });
  });

  test('the input is copied, and ends where it ends', async () => {
    writeFileSync(at('in-disk'), Buffer.alloc(64 * 1024, 'z'));
    writeFileSync(at('input.tar'), rawEntry({ name: 'in/book.csv' }, 'id\n'));
    expect(await fillDisk(at('in-disk'), at('input.tar'))).toBe(2048);
    const disk = readFileSync(at('in-disk'));
    expect(disk.subarray(0, 1024)).toEqual(readFileSync(at('input.tar')));
    expect(disk.subarray(1024, 2048)).toEqual(rawEnd);
    expect(disk.length).toBe(64 * 1024);
  });

  test('an input that does not fit is refused', async () => {
    writeFileSync(at('small-disk'), Buffer.alloc(1024));
    writeFileSync(at('large.tar'), Buffer.alloc(1024));
    expect(await failureOf(fillDisk(at('small-disk'), at('large.tar')))).toBe('resources-unavailable');
  });

  test('a result is read as far as told, checked, and left as a file with its digest', async () => {
    const claim = { bytes: tar.length, sha256: sha256(tar) };
    const { bytes, digest } = await collectDisk(at('out-disk'), claim, at('result.tar'), roots);
    const file = readFileSync(at('result.tar'));
    expect(bytes).toBe(file.length);
    expect(digest).toBe(`sha256:${sha256(file)}`);
    expect(execFileSync('tar', ['-tf', at('result.tar')], { encoding: 'utf8' })).toBe('out/\nout/a\n');
  });

  test('a result that is not what the guest told leaves nothing', async () => {
    for (const claim of [
      { bytes: tar.length, sha256: sha256(Buffer.alloc(1)) },
      { bytes: tar.length + 20_000, sha256: sha256(tar) },
    ]) {
      expect(await failureOf(collectDisk(at('out-disk'), claim, at('none.tar'), roots))).toBe(
        'guest-protocol',
      );
      expect(existsSync(at('none.tar'))).toBe(false);
    }
    const short = { bytes: 512 + 600, sha256: sha256(tar.subarray(0, 512 + 600)) };
    expect(await failureOf(collectDisk(at('out-disk'), short, at('none.tar'), roots))).toBe(
      'archive-invalid',
    );
    expect(existsSync(at('none.tar'))).toBe(false);
  });

  test('a disk that was swapped for something else is not followed', async () => {
    const claim = { bytes: tar.length, sha256: sha256(tar) };
    writeFileSync(at('secret'), tar);
    symlinkSync(at('secret'), at('link-disk'));
    linkSync(at('secret'), at('hard-disk'));
    execFileSync('mkfifo', [at('fifo-disk')]);
    for (const disk of ['link-disk', 'hard-disk', 'fifo-disk', 'folder']) {
      expect(await failureOf(collectDisk(at(disk), claim, at('none.tar'), roots))).toMatch(
        /guest-protocol|ELOOP/,
      );
      expect(await failureOf(fillDisk(at(disk), at('input.tar')))).toMatch(/guest-protocol|ELOOP|EISDIR/);
    }
    expect(readFileSync(at('secret'))).toEqual(tar);
  });
});
