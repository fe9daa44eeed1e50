import { createHash } from 'node:crypto';
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ApplianceStore, type StoreOptions } from '../../electron/appliance/store.ts';
import { silentLog } from '../../electron/base/log.ts';
import { GleanerError } from '../../electron/contract/failures.ts';

const digestOf = (content: string): string => `sha256:${createHash('sha256').update(content).digest('hex')}`;
const contents = { vmlinux: 'the kernel', 'initramfs.zst': 'the initramfs', 'base.squashfs': 'the root' };
const described = (file: keyof typeof contents): { file: string; digest: string; size: number } => ({
  file,
  digest: digestOf(contents[file]),
  size: contents[file].length,
});
const manifest = {
  schema: 1,
  recipe: 'ab'.repeat(32),
  suite: 'trixie',
  kernelRelease: '6.12.1-cloud-amd64',
  builtAt: 5,
  kernel: described('vmlinux'),
  initramfs: described('initramfs.zst'),
  appliances: { base: described('base.squashfs') },
  packages: [{ name: 'busybox-static', version: '1' }],
};

let dir = '';
let sourceDir = '';
let imagesDir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gleaner-unit-'));
  sourceDir = join(dir, 'source');
  imagesDir = join(dir, 'images');
  await writeSource(sourceDir);
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function writeSource(toDir: string, value: unknown = manifest): Promise<void> {
  await mkdir(toDir, { recursive: true });
  for (const [name, content] of Object.entries(contents)) {
    await writeFile(join(toDir, name), content, { mode: 0o644 });
  }
  await writeFile(join(toDir, 'manifest.json'), JSON.stringify(value));
}

const storeOf = (options: Partial<StoreOptions> = {}): ApplianceStore =>
  new ApplianceStore({ sourceDir: () => Promise.resolve(sourceDir), imagesDir, log: silentLog, ...options });

const storedPath = (file: keyof typeof contents): string =>
  join(imagesDir, digestOf(contents[file]).replace(':', '-'));

describe('import', () => {
  test('gives every image by digest, readable by all and writable by none', async () => {
    const set = await storeOf().ensure();
    expect(set).toEqual({
      recipe: manifest.recipe,
      kernelRelease: manifest.kernelRelease,
      builtAt: 5,
      kernel: { path: storedPath('vmlinux'), digest: manifest.kernel.digest, size: 10 },
      initramfs: { path: storedPath('initramfs.zst'), digest: manifest.initramfs.digest, size: 13 },
      appliances: {
        base: { path: storedPath('base.squashfs'), digest: manifest.appliances.base.digest, size: 8 },
      },
      packages: new Map([['busybox-static', '1']]),
    });
    expect(await readFile(set.kernel.path, 'utf8')).toBe('the kernel');
    expect((await stat(set.kernel.path)).mode & 0o777).toBe(0o444);
    expect((await stat(imagesDir)).mode & 0o777).toBe(0o755);
    expect((await readdir(imagesDir)).length).toBe(3);
  });

  test('takes images that do not tell when they were made', async () => {
    await writeSource(sourceDir, { ...manifest, builtAt: undefined });
    expect((await storeOf().ensure()).builtAt).toBeNull();
  });

  test('links what nobody else can write, and copies the rest', async () => {
    await chmod(join(sourceDir, 'vmlinux'), 0o664);
    await storeOf().ensure();
    const inode = async (path: string): Promise<number> => (await stat(path)).ino;
    expect(await inode(storedPath('vmlinux'))).not.toBe(await inode(join(sourceDir, 'vmlinux')));
    expect(await inode(storedPath('base.squashfs'))).toBe(await inode(join(sourceDir, 'base.squashfs')));
  });

  test('survives its source, and asks for the manifest only', async () => {
    await storeOf().ensure();
    for (const name of Object.keys(contents)) await rm(join(sourceDir, name));
    expect((await storeOf().ensure()).kernel.path).toBe(storedPath('vmlinux'));
  });

  test('asked twice at once does its work once', async () => {
    const store = storeOf();
    const [first, second] = await Promise.all([store.ensure(), store.ensure()]);
    expect(second).toEqual(first);
    expect((await readdir(imagesDir)).length).toBe(3);
  });
});

describe('refused', () => {
  const refusal = async (options: Partial<StoreOptions> = {}): Promise<string> => {
    const error: unknown = await storeOf(options)
      .ensure()
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(GleanerError);
    return error instanceof GleanerError ? `${error.code}: ${error.message}` : '';
  };

  test('a file with one byte changed', async () => {
    await writeFile(join(sourceDir, 'base.squashfs'), 'the r00t');
    expect(await refusal()).toMatch(/^image-damaged: .*base.squashfs does not have the digest/);
    expect((await readdir(imagesDir)).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('a file cut short, missing, or not a file', async () => {
    await truncate(join(sourceDir, 'vmlinux'), 4);
    expect(await refusal()).toMatch(/^image-damaged: .*vmlinux has 4 bytes instead of 10/);
    await rm(join(sourceDir, 'vmlinux'));
    expect(await refusal()).toMatch(/^image-missing: .*vmlinux/);
    await symlink(join(sourceDir, 'base.squashfs'), join(sourceDir, 'vmlinux'));
    expect(await refusal()).toMatch(/^image-damaged: .*not a regular file/);
  });

  test('a source that is not there', async () => {
    await rm(sourceDir, { recursive: true });
    expect(await refusal()).toMatch(/^image-missing: .*manifest.json/);
  });

  test.each([
    ['not JSON', 'not JSON'],
    ['{}', 'schema'],
    [JSON.stringify({ ...manifest, schema: 2 }), 'schema'],
    [JSON.stringify({ ...manifest, kernel: { ...manifest.kernel, file: '../vmlinux' } }), 'kernel.file'],
    [JSON.stringify({ ...manifest, kernel: { ...manifest.kernel, file: '/etc/passwd' } }), 'kernel.file'],
    [JSON.stringify({ ...manifest, kernel: { ...manifest.kernel, digest: 'md5:00' } }), 'kernel.digest'],
    [JSON.stringify({ ...manifest, appliances: {} }), 'base appliance is missing'],
    [JSON.stringify(manifest).padEnd(1024 * 1024 + 1), '1 MiB'],
  ])('a wrong manifest (case %#)', async (text, words) => {
    await writeFile(join(sourceDir, 'manifest.json'), text);
    const said = await refusal();
    expect(said).toMatch(/^image-damaged: /);
    expect(said).toContain(words);
  });

  test('a damaged image that the rebuild does not mend, asked for once', async () => {
    await writeFile(join(sourceDir, 'vmlinux'), 'the k3rnel');
    let asked = 0;
    const rebuild = (): Promise<string> => {
      asked += 1;
      return Promise.resolve(sourceDir);
    };
    expect(await refusal({ rebuild })).toMatch(/^image-damaged: /);
    expect(asked).toBe(1);
  });

  test('by what the rebuild says when it fails', async () => {
    await rm(join(sourceDir, 'vmlinux'));
    const rebuild = (): Promise<string> =>
      Promise.reject(new GleanerError('image-build-failed', 'The mirror cannot be reached.'));
    expect(await refusal({ rebuild })).toBe('image-build-failed: The mirror cannot be reached.');
  });
});

describe('damage later on', () => {
  test('a rebuild mends the source and hears why', async () => {
    await writeFile(join(sourceDir, 'base.squashfs'), 'the r00t');
    const why: string[] = [];
    const rebuild = async ({ code }: { code: string }): Promise<string> => {
      why.push(code);
      await writeSource(join(dir, 'rebuilt'));
      return join(dir, 'rebuilt');
    };
    const set = await storeOf({ rebuild }).ensure();
    expect(why).toEqual(['image-damaged']);
    expect(await readFile(set.appliances['base']?.path ?? '', 'utf8')).toBe('the root');
  });

  test('who only looks gets nothing rebuilt, but a good source imported', async () => {
    const rebuild = (): Promise<string> => Promise.reject(new Error('not asked for'));
    expect((await storeOf({ rebuild }).ensure({ rebuild: false })).recipe).toBe(manifest.recipe);
    await rm(join(sourceDir, 'manifest.json'));
    await expect(storeOf({ rebuild }).ensure({ rebuild: false })).rejects.toMatchObject({
      code: 'image-missing',
    });
  });

  test('whoever asks for images can end what is built for them', async () => {
    const { signal } = new AbortController();
    const given: (AbortSignal | undefined)[] = [];
    const nowhere = (found?: AbortSignal): Promise<string> => {
      given.push(found);
      return Promise.reject(new GleanerError('image-missing', 'Never built.'));
    };
    const rebuild = (_why: unknown, found?: AbortSignal): Promise<string> => {
      given.push(found);
      return Promise.resolve(sourceDir);
    };
    await storeOf({ sourceDir: nowhere, rebuild }).ensure({ signal });
    expect(given).toEqual([signal, signal]);
  });

  test('a source that cannot be named is built', async () => {
    const nowhere = (): Promise<string> =>
      Promise.reject(new GleanerError('image-missing', 'The guest image was never built.'));
    const set = await storeOf({ sourceDir: nowhere, rebuild: () => Promise.resolve(sourceDir) }).ensure();
    expect(set.recipe).toBe(manifest.recipe);
  });

  test('a copy damaged in the store is imported again from a good source', async () => {
    const store = storeOf();
    await chmod(join(sourceDir, 'vmlinux'), 0o664);
    const { kernel } = await store.ensure();
    await chmod(kernel.path, 0o644);
    await writeFile(kernel.path, 'the k3rnel');
    expect(await readFile((await store.ensure()).kernel.path, 'utf8')).toBe('the kernel');
    await rm(kernel.path);
    await mkdir(join(dir, 'elsewhere'));
    await rename(join(sourceDir, 'base.squashfs'), join(dir, 'elsewhere', 'base.squashfs'));
    expect(await readFile((await store.ensure()).kernel.path, 'utf8')).toBe('the kernel');
  });

  test('the same size and an old date do not hide a change', async () => {
    const store = storeOf();
    await chmod(join(sourceDir, 'vmlinux'), 0o664);
    const { kernel } = await store.ensure();
    const { atime, mtime } = await stat(kernel.path);
    await chmod(kernel.path, 0o644);
    await writeFile(kernel.path, 'the k3rnel');
    await utimes(kernel.path, atime, mtime);
    await rm(join(sourceDir, 'vmlinux'));
    await expect(store.ensure()).rejects.toMatchObject({ code: 'image-missing' });
  });
});

test('prune keeps what is named and removes other images and broken imports only', async () => {
  const store = storeOf();
  const { kernel } = await store.ensure();
  await writeFile(join(imagesDir, '.import-0011'), 'half');
  await writeFile(join(imagesDir, 'README'), 'mine');
  await chmod(join(sourceDir, 'vmlinux'), 0o644);
  // The links to the source free nothing; what was half imported does.
  expect(await store.unusedBytes([kernel.digest])).toBe(4);
  await rm(join(sourceDir, 'base.squashfs'));
  expect(await store.unusedBytes([kernel.digest])).toBe(4 + 'the root'.length);
  await writeSource(sourceDir);
  await store.prune([kernel.digest]);
  expect(await store.unusedBytes([kernel.digest])).toBe(0);
  expect((await readdir(imagesDir)).sort()).toEqual(['README', digestOf('the kernel').replace(':', '-')]);
  expect((await store.ensure()).appliances['base']?.size).toBe(8);
});

test('there is nothing to prune before the first import', async () => {
  await storeOf().prune([]);
  expect(await readdir(dir)).toEqual(['source']);
});
