import { execFileSync } from 'node:child_process';
import { lstatSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openPackage, packFolder } from '../../electron/cli/pack.ts';
import { saveFile, saveResult } from '../../electron/cli/save.ts';
import { GleanerError } from '../../electron/contract/failures.ts';
import { readArchive } from '../../electron/grid/local/package-archive.ts';
import { type HostileEntry, memoryIo, tarOf, useFolder } from './cli-fixture.ts';

const dir = useFolder();
const bounds = { totalBytes: 1e9, entries: 1000, nameBytes: 1024, depth: 32 };

async function namesIn(bytes: AsyncIterable<Uint8Array>): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const entry of readArchive(bytes, bounds)) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of entry.content) chunks.push(chunk);
    const mark = entry.kind === 'folder' ? '/' : entry.executable ? '*' : '';
    found[`${entry.path}${mark}`] = Buffer.concat(chunks).toString();
  }
  return found;
}

async function makeJob(): Promise<string> {
  const job = join(dir(), 'job');
  await mkdir(join(job, 'in', 'deep'), { recursive: true });
  await writeFile(join(job, 'job.json'), '{}');
  await writeFile(join(job, 'in', 'empty'), '');
  await writeFile(join(job, 'in', 'deep', 'größe.txt'), 'x'.repeat(100_000));
  await writeFile(join(job, 'in', 'run.sh'), '#!/bin/sh\n');
  await chmod(join(job, 'in', 'run.sh'), 0o755);
  return job;
}

describe('packing a job', () => {
  it('refuses a lone document, and says that its folder is to be given', async () => {
    await expect(openPackage(join(await makeJob(), 'job.json'))).rejects.toMatchObject({
      code: 'archive-invalid',
      message: expect.stringContaining('give the folder that it lies in') as string,
    });
  });

  it('gives a tar of the document and its input', async () => {
    const open = await openPackage(await makeJob());
    const found = await namesIn(open());
    expect(Object.keys(found)).toEqual([
      'job.json',
      'in/',
      'in/deep/',
      'in/deep/größe.txt',
      'in/empty',
      'in/run.sh*',
    ]);
    expect(found['in/deep/größe.txt']).toHaveLength(100_000);
    expect(await namesIn(open())).toEqual(found);
  });

  it('takes a tar as it is', async () => {
    await writeFile(join(dir(), 'job.tar'), 'bytes');
    const chunks: Uint8Array[] = [];
    for await (const chunk of (await openPackage(join(dir(), 'job.tar')))()) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe('bytes');
    await expect(openPackage(join(dir(), 'none'))).rejects.toMatchObject({ code: 'bad-request' });
  });

  it.each<[string, RegExp, (job: string) => Promise<void>]>([
    ['a link', /"in\/link" is a link/, (job) => symlink('/etc/passwd', join(job, 'in', 'link'))],
    ['a linked document', /"job.json" is a link/, (job) => replaceByLink(join(job, 'job.json'))],
    ['a linked input', /"in" is a link/, (job) => replaceByLink(join(job, 'in'))],
    ['a pipe', /neither a file nor a folder/, (job) => makePipe(join(job, 'in', 'pipe'))],
    ['a pipe as document', /no regular file/, (job) => replaceByPipe(join(job, 'job.json'))],
    ['something else', /".env" does not belong/, (job) => writeFile(join(job, '.env'), 'secret')],
  ])('refuses %s', async (_what, words, spoil) => {
    const job = await makeJob();
    await spoil(job);
    await expect(namesIn(packFolder(job))).rejects.toThrow(words);
  });

  it('needs a document', async () => {
    await mkdir(join(dir(), 'in'));
    await expect(namesIn(packFolder(dir()))).rejects.toMatchObject({ code: 'archive-invalid' });
  });

  it('notices a file that shrinks while it is read', async () => {
    const job = await makeJob();
    const path = join(job, 'job.json');
    await writeFile(path, 'x'.repeat(1_000_000));
    const bytes = packFolder(job);
    await bytes.next();
    await truncate(path, 10);
    await expect(namesIn(bytes)).rejects.toMatchObject({ code: 'archive-invalid' });
  });
});

async function replaceByLink(path: string): Promise<void> {
  await rm(path, { recursive: true });
  await symlink('/etc', path);
}

async function makePipe(path: string): Promise<void> {
  await Promise.resolve(execFileSync('/bin/sh', ['-c', 'mkfifo "$1"', 'sh', path]));
}

async function replaceByPipe(path: string): Promise<void> {
  await rm(path);
  await makePipe(path);
}

const good: readonly HostileEntry[] = [
  { name: 'out', type: 'directory' },
  { name: 'out/a/b.csv', content: '1,2\n' },
  { name: 'stdout', content: 'hello\n' },
  { name: 'stderr' },
];

describe('saving a result', () => {
  const target = () => join(dir(), 'result');

  it('unpacks it into a new or an empty folder', async () => {
    const saved = await saveResult(tarOf(good), target(), false, memoryIo());
    expect(saved).toEqual({ path: target(), files: 3, bytes: 10 });
    expect(await readFile(join(target(), 'out', 'a', 'b.csv'), 'utf8')).toBe('1,2\n');
    await mkdir(join(dir(), 'empty'));
    await saveResult(tarOf(good), join(dir(), 'empty'), false, memoryIo());
    expect((await readdir(join(dir(), 'empty'))).sort()).toEqual(['out', 'stderr', 'stdout']);
    expect((await readdir(dir())).sort()).toEqual(['empty', 'result']);
  });

  it('touches nothing that is there, unless forced, and then only the same names', async () => {
    await mkdir(join(target(), 'out'), { recursive: true });
    await writeFile(join(target(), 'out', 'old'), '');
    await writeFile(join(target(), 'notes'), 'mine');
    await expect(saveResult(tarOf(good), target(), false, memoryIo())).rejects.toMatchObject({
      code: 'bad-request',
    });
    expect((await readdir(target())).sort()).toEqual(['notes', 'out']);
    await saveResult(tarOf(good), target(), true, memoryIo());
    expect((await readdir(target())).sort()).toEqual(['notes', 'out', 'stderr', 'stdout']);
    expect(await readdir(join(target(), 'out'))).toEqual(['a']);
    await writeFile(join(dir(), 'file'), '');
    await expect(saveResult(tarOf(good), join(dir(), 'file'), false, memoryIo())).rejects.toMatchObject({
      code: 'bad-request',
    });
  });

  it('follows no link that lies in its place', async () => {
    await mkdir(join(dir(), 'elsewhere'));
    await writeFile(join(dir(), 'elsewhere', 'precious'), 'mine');
    await mkdir(target());
    await symlink(join(dir(), 'elsewhere'), join(target(), 'out'));
    await symlink(join(dir(), 'elsewhere', 'precious'), join(target(), 'stdout'));
    await saveResult(tarOf(good), target(), true, memoryIo());
    expect(await readFile(join(dir(), 'elsewhere', 'precious'), 'utf8')).toBe('mine');
    expect(lstatSync(join(target(), 'out')).isDirectory()).toBe(true);
    expect(await readFile(join(target(), 'stdout'), 'utf8')).toBe('hello\n');
  });

  it.each<[string, HostileEntry]>([
    ['a name that climbs', { name: 'out/../../escaped', content: 'x' }],
    ['an absolute name', { name: '/tmp/gleaner-escaped', content: 'x' }],
    ['a link', { name: 'out/link', type: 'symlink', linkname: '/etc/passwd' }],
    ['a hard link', { name: 'out/link', type: 'link', linkname: '/etc/passwd' }],
    ['a device', { name: 'out/null', type: 'character-device' }],
    ['a pipe', { name: 'out/pipe', type: 'fifo' }],
    ['a name twice', { name: 'stdout', content: 'again' }],
    ['a file in a file', { name: 'stdout/x', content: 'x' }],
    ['a name that steers the terminal', { name: 'out/\u001b[2J', content: 'x' }],
    ['a backslash', { name: 'out\\..\\..\\x', content: 'x' }],
    ['another top', { name: '.bashrc', content: 'x' }],
    ['a folder for a log', { name: 'stderr2', type: 'directory' }],
  ])('refuses %s, and leaves nothing', async (_what, entry) => {
    await mkdir(join(dir(), 'here'));
    const into = join(dir(), 'here', 'result');
    await expect(saveResult(tarOf([...good, entry]), into, false, memoryIo())).rejects.toMatchObject({
      code: 'archive-invalid',
    });
    expect(await readdir(join(dir(), 'here'))).toEqual([]);
    expect(await readdir(dir())).toEqual(['here']);
  });

  it('refuses what is cut short', async () => {
    const cut = async function* (): AsyncGenerator<Uint8Array> {
      for await (const chunk of tarOf(good)) {
        yield chunk.subarray(0, 700);
        return;
      }
    };
    await expect(saveResult(cut(), target(), false, memoryIo())).rejects.toMatchObject({
      code: 'archive-invalid',
    });
    expect(await readdir(dir())).toEqual([]);
  });

  it('keeps the tar itself, complete or not at all', async () => {
    const path = join(dir(), 'result.tar');
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(Buffer.from('half'));
      throw new GleanerError('host-not-running', 'Gone.');
    };
    await expect(saveFile(broken(), path, false, memoryIo())).rejects.toThrow('Gone.');
    expect(await readdir(dir())).toEqual([]);
    await saveFile(tarOf(good), path, false, memoryIo());
    await expect(saveFile(tarOf(good), path, false, memoryIo())).rejects.toMatchObject({
      code: 'bad-request',
    });
    await saveFile(tarOf([]), path, true, memoryIo());
    expect(await readdir(dir())).toEqual(['result.tar']);
    await expect(saveFile(tarOf(good), join(dir(), 'none', 'x'), false, memoryIo())).rejects.toMatchObject({
      code: 'storage-failed',
      message: expect.stringMatching(/: the folder that it would lie in does not exist\.$/) as string,
    });
  });

  it('leaves nothing when a signal ends the process in the middle', async () => {
    const io = memoryIo();
    const interrupted = async function* (): AsyncGenerator<Uint8Array> {
      for await (const chunk of tarOf(good)) yield chunk;
      expect(await readdir(dir())).toHaveLength(1);
      io.clean();
      expect(await readdir(dir())).toEqual([]);
      throw new Error('the process is gone');
    };
    await expect(saveResult(interrupted(), target(), false, io)).rejects.toThrow();
    expect(await readdir(dir())).toEqual([]);
  });
});
