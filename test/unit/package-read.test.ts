import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { type Header, pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tarBytes, tarEnd, tarHeader } from '../../electron/base/tar-write.ts';
import { GleanerError } from '../../electron/contract/failures.ts';
import { type JobPackage, readPackage } from '../../electron/grid/local/package.ts';
import { readArchive } from '../../electron/grid/local/package-archive.ts';

const document = { schema: 1, title: 'A job', command: ['/bin/true'] };
const job = { path: 'job.json', content: JSON.stringify(document) };
let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gleaner-unit-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function* inChunks(bytes: Uint8Array, size = 65_536): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

const read = (bytes: Uint8Array, chunk?: number): Promise<JobPackage> =>
  readPackage(inChunks(bytes, chunk), join(dir, 'staging'));

async function refusal(reading: Promise<unknown>): Promise<string> {
  const error = await reading.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(GleanerError);
  expect(await readdir(join(dir, 'staging'))).toEqual([]);
  return error instanceof GleanerError ? `${error.code}: ${error.message}` : '';
}

/** A tar with any entry types, unlike `tarBytes`. */
async function tarOf(
  entries: readonly (Partial<Header> & { name: string; text?: string })[],
): Promise<Buffer> {
  const packer = pack();
  for (const { text = '', ...header } of entries) packer.entry({ ...header, size: text.length }, text);
  packer.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of packer) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}

describe('a good package', () => {
  test('gives the document with defaults and a normalised input tar', async () => {
    const found = await read(
      await tarOf([
        { name: './', type: 'directory' },
        { name: './job.json', text: job.content },
        { name: './in/run.sh', text: 'echo', mode: 0o4777, uid: 1000, mtime: new Date(), uname: 'me' },
        { name: './in/deep/data', text: '12', mode: 0o600 },
        { name: './in/deep/', type: 'directory' },
      ]),
    );
    expect(found.document).toMatchObject({ title: 'A job', appliance: 'base', network: 'none' });
    expect([found.inputFiles, found.inputBytes]).toEqual([2, 6]);
    const tar = await readFile(found.inputTarPath);
    expect(found.inputDigest).toBe(`sha256:${createHash('sha256').update(tar).digest('hex')}`);
    const listing = execFileSync('tar', ['--numeric-owner', '-tvf', found.inputTarPath], {
      encoding: 'utf8',
      env: { ...process.env, TZ: 'UTC' },
    });
    expect(
      listing
        .trim()
        .split('\n')
        .map((line) => line.replace(/ +/g, ' ')),
    ).toEqual([
      'drwxr-xr-x 0/0 0 1970-01-01 00:00 in/',
      '-rwxr-xr-x 0/0 4 1970-01-01 00:00 in/run.sh',
      'drwxr-xr-x 0/0 0 1970-01-01 00:00 in/deep/',
      '-rw-r--r-- 0/0 2 1970-01-01 00:00 in/deep/data',
    ]);
  });

  test('may have no input, and the document last', async () => {
    const found = await read(tarBytes([{ path: 'in/a', content: 'x' }, job]));
    expect(found.inputFiles).toBe(1);
    await rm(join(dir, 'staging'), { recursive: true });
    expect((await read(tarBytes([job]))).inputFiles).toBe(0);
  });

  test('as the system tar makes it is taken, too', async () => {
    execFileSync(
      'sh',
      ['-c', 'mkdir -p p/in && echo hi > p/in/ä && echo "$1" > p/job.json', '-', job.content],
      {
        cwd: dir,
      },
    );
    for (const format of ['gnu', 'pax', 'ustar']) {
      const bytes = execFileSync('tar', ['-C', 'p', `--format=${format}`, '-cf', '-', '.'], { cwd: dir });
      expect((await read(bytes)).inputBytes).toBe(3);
      await rm(join(dir, 'staging'), { recursive: true });
    }
  });

  test('has digests that depend on nothing but its content', async () => {
    const first = await read(tarBytes([job, { path: 'in/a', content: 'x' }]));
    await rm(join(dir, 'staging'), { recursive: true });
    const reordered = JSON.stringify({ command: ['/bin/true'], owner: 'me', title: 'A job', schema: 1 });
    const second = await read(
      await tarOf([
        { name: './in/', type: 'directory', mtime: new Date() },
        { name: './in/a', text: 'x', uid: 7 },
        { name: './job.json', text: reordered },
      ]),
      100,
    );
    expect(second.documentDigest).toBe(first.documentDigest);
    expect(second.inputDigest).toBe(first.inputDigest);
  });
});

describe('a bad document', () => {
  const withDocument = (content: string): Promise<string> =>
    refusal(read(tarBytes([{ path: 'job.json', content }])));

  test.each([
    ['{', 'document-invalid: job.json is not JSON'],
    ['\ufeff\xff', 'document-invalid: job.json is not JSON'],
    ['[]', 'document-invalid: '],
    ['{}', 'document-invalid: job.json was refused: schema: '],
    [JSON.stringify({ ...document, schema: 2 }), 'document-version: job.json has schema 2'],
    [JSON.stringify({ ...document, schema: '1' }), 'document-version: job.json has schema "1"'],
    [
      JSON.stringify({ ...document, title: undefined }),
      'document-invalid: job.json was refused: title: is missing',
    ],
    [JSON.stringify({ ...document, gpu: 1 }), 'document-invalid: job.json was refused: unknown field "gpu"'],
    [JSON.stringify({ ...document, resources: { memory: 5 } }), 'refused: resources.memory: '],
    [JSON.stringify({ ...document, network: ['example.org'] }), 'refused: network'],
    [JSON.stringify({ ...document, network: ['*.example.org:443'] }), 'refused: network'],
    [JSON.stringify({ ...document, network: ['http://example.org:80'] }), 'refused: network'],
    [JSON.stringify({ ...document, network: ['example.org:0'] }), 'refused: network'],
    ['['.repeat(60_000), 'document-invalid: '],
  ])('is refused (case %#)', async (content, words) => {
    expect(await withDocument(content)).toContain(words);
  });

  test('is refused before it is read when it is too large', async () => {
    expect(await withDocument(' '.repeat(65_537))).toMatch(/^document-too-large: .*65537 bytes/);
    const claimed = tarHeader({ path: 'job.json', kind: 'file', size: 1_000_000_000 });
    expect(await refusal(read(Buffer.from(claimed)))).toMatch(/^document-too-large: /);
  });

  test('is missing', async () => {
    expect(await refusal(read(tarBytes([{ path: 'in/a', content: '' }])))).toMatch(
      /^document-invalid: .*no job.json/,
    );
    expect(await refusal(read(tarBytes([{ path: 'in/job.json', content: job.content }])))).toMatch(
      /no job.json/,
    );
  });
});

describe('a bad archive', () => {
  test.each([
    [{ name: 'in/x', type: 'symlink', linkname: '/etc/passwd' }, '"in/x" is neither'],
    [{ name: 'in/x', type: 'link', linkname: 'job.json' }, '"in/x" is neither'],
    [{ name: 'in/x', type: 'fifo' }, '"in/x" is neither'],
    [{ name: 'in/x', type: 'character-device' }, '"in/x" is neither'],
    [{ name: '/in/x', text: 'x' }, 'absolute'],
    [{ name: 'in/../../x', text: 'x' }, 'outside'],
    [{ name: `in/${'x'.repeat(253)}`, text: 'x' }, '255 bytes'],
    [{ name: `in/${'d/'.repeat(15)}x`, text: 'x' }, '16 folders'],
    [{ name: 'job.json', text: '{}' }, 'comes twice'],
    [{ name: 'in', text: 'x' }, '"in" has no place'],
    [{ name: 'README', text: 'x' }, '"README" has no place'],
    [{ name: 'work/', type: 'directory' }, '"work" has no place'],
    [{ name: 'checkpoint/x', text: 'x' }, '"checkpoint/x" has no place'],
  ] satisfies [Partial<Header> & { name: string; text?: string }, string][])(
    'is refused: %j',
    async (entry, words) => {
      const said = await refusal(read(await tarOf([{ name: 'job.json', text: job.content }, entry])));
      expect(said).toMatch(/^archive-invalid: /);
      expect(said).toContain(words);
    },
  );

  test('is refused when it is empty, packed or no tar', async () => {
    expect(await refusal(read(new Uint8Array()))).toContain('archive-invalid: The archive is empty');
    expect(await refusal(read(gzipSync(tarBytes([job]))))).toContain('packed with gzip');
    expect(await refusal(read(Buffer.from('PK\x03\x04 a zip')))).toContain('packed with zip');
    expect(await refusal(read(Buffer.alloc(4096, 'no tar '), 7))).toContain('not a readable tar');
  });

  test('is refused wherever it was cut', async () => {
    const whole = tarBytes([job, { path: 'in/a', content: 'x'.repeat(700) }]);
    for (let length = 1; length < whole.length; length += 97) {
      expect(await refusal(read(whole.subarray(0, length)))).toMatch(/^archive-invalid: /);
    }
    expect(await refusal(read(whole.subarray(0, whole.length - 1024)))).toContain('cut short');
    expect((await read(whole)).inputBytes).toBe(700);
  });

  test('is refused with too many entries', async () => {
    const files = Array.from({ length: 10_001 }, (_, index) => ({ path: `in/${index}`, content: '' }));
    expect(await refusal(read(tarBytes(files)))).toContain('archive-too-large: ');
  });

  test('is refused when its inputs do not fit on the disk it asks for, in either order', async () => {
    const small = JSON.stringify({ ...document, resources: { disk: 16 * 1024 * 1024 } });
    const content = Buffer.alloc(16 * 1024 * 1024 + 1);
    const parts = [
      { path: 'job.json', content: small },
      { path: 'in/a', content },
    ];
    expect(await refusal(read(tarBytes(parts)))).toMatch(/^archive-too-large: .*17 MiB.*16 MiB/);
    expect(await refusal(read(tarBytes([...parts].reverse())))).toMatch(/^archive-too-large: /);
  });

  test('is refused by what it claims, before its bytes come', async () => {
    const claimed = tarHeader({ path: 'in/a', kind: 'file', size: 2 * 1024 ** 3 });
    expect(await refusal(read(Buffer.from(claimed)))).toMatch(/^archive-too-large: /);
  });

  test('that never ends is refused', async () => {
    async function* endless(): AsyncGenerator<Uint8Array> {
      const zeros = Buffer.alloc(8 * 1024 * 1024);
      for (;;) yield await Promise.resolve(zeros);
    }
    expect(await refusal(readPackage(endless(), join(dir, 'staging')))).toContain('without end');
  });

  test('is refused when it takes much more than its files', async () => {
    const bounds = { totalBytes: 1000, entries: 10, nameBytes: 100, depth: 3 };
    const padded = Buffer.concat([tarBytes([job]), Buffer.alloc(200_000)]);
    const reading = (async () => {
      for await (const entry of readArchive(inChunks(padded), bounds)) {
        for await (const chunk of entry.content) expect(chunk.length).toBeGreaterThan(0);
      }
    })();
    await expect(reading).rejects.toMatchObject({ code: 'archive-too-large' });
  });

  test('whose client stalls after something bad is refused at once', async () => {
    async function* stalling(): AsyncGenerator<Uint8Array> {
      yield tarHeader({ path: '../x', kind: 'file', size: 0 });
      yield tarEnd;
      await new Promise(() => undefined);
    }
    expect(await refusal(readPackage(stalling(), join(dir, 'staging')))).toContain('outside');
  });

  test('of any bytes is refused with a code, and nothing stays', async () => {
    const flipped = fc.record({ at: fc.nat(2047), to: fc.nat(255) });
    const good = tarBytes([{ path: 'in/a', content: 'abc' }]);
    await fc.assert(
      fc.asyncProperty(fc.array(flipped, { minLength: 1, maxLength: 4 }), async (flips) => {
        const bytes = Buffer.from(good);
        for (const { at, to } of flips) bytes[at % bytes.length] = to;
        expect(await refusal(read(bytes))).toMatch(/^(archive|document)-/);
      }),
    );
  });
});

test('what the upload itself throws passes through', async () => {
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(tarHeader({ path: 'in/a', kind: 'file', size: 4000 }));
    throw new Error('the client went away');
  }
  await expect(readPackage(broken(), join(dir, 'staging'))).rejects.toThrow('the client went away');
  expect(await readdir(join(dir, 'staging'))).toEqual([]);
});
