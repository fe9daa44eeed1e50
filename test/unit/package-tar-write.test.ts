import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import fc from 'fast-check';
import { extract } from 'tar-stream';
import { expect, test } from 'vitest';
import { tarBytes, tarEnd, tarHeader, tarPadding } from '../../electron/base/tar-write.ts';

async function listed(bytes: Uint8Array): Promise<{ name: string; text: string }[]> {
  const reader = extract();
  reader.end(Buffer.from(bytes));
  const found: { name: string; text: string }[] = [];
  for await (const entry of reader) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(Buffer.from(chunk as Uint8Array));
    found.push({ name: entry.header.name, text: Buffer.concat(chunks).toString() });
  }
  return found;
}

test('every name and content comes back from another reader', async () => {
  const part = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '漢', '-'), minLength: 1, maxLength: 70 });
  const path = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
  const items = fc.array(fc.record({ path, content: fc.string({ maxLength: 1500 }) }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(items, async (files) => {
      const bytes = tarBytes(files);
      expect(bytes.length % 512).toBe(0);
      expect(await listed(bytes)).toEqual(files.map(({ path: name, content: text }) => ({ name, text })));
    }),
  );
});

test('says the same as the system tar, in plain, split and long names', () => {
  const paths = ['in/book.csv', `in/${'d'.repeat(90)}/${'f'.repeat(60)}`, `in/${'long-'.repeat(40)}.csv`];
  const folder = tarHeader({ path: `in/${'d'.repeat(97)}`, kind: 'folder', size: 0 });
  const bytes = Buffer.concat([folder, tarBytes(paths.map((path) => ({ path, content: path })))]);
  const names = execFileSync('tar', ['-tf', '-'], {
    input: bytes,
    encoding: 'utf8',
    env: { ...process.env, TZ: 'UTC' },
  })
    .trim()
    .split('\n');
  expect(names).toEqual([`in/${'d'.repeat(97)}/`, ...paths]);
  const long = execFileSync('tar', ['--numeric-owner', '-tvf', '-'], {
    input: bytes,
    encoding: 'utf8',
    env: { ...process.env, TZ: 'UTC' },
  });
  expect(long).toMatch(/^drwxr-xr-x 0\/0 +0 1970-01-01 .*\n-rw-r--r-- 0\/0 +11 1970-01-01 /);
});

test('a file beyond 8 GiB has its size', async () => {
  const size = 9 * 1024 ** 3;
  const reader = extract();
  reader.on('error', () => undefined);
  const seen = once(reader, 'entry');
  reader.write(Buffer.from(tarHeader({ path: 'big', kind: 'file', size, executable: true })));
  const [header] = (await seen) as [{ size: number; mode: number }];
  reader.destroy();
  expect(header.size).toBe(size);
  expect(header.mode).toBe(0o755);
});

test('padding fills the last block', () => {
  expect([0, 1, 511, 512, 513].map((size) => tarPadding(size).length)).toEqual([0, 511, 1, 0, 511]);
  expect(tarEnd.length).toBe(1024);
});
