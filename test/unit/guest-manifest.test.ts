import { cpSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  damagedFiles,
  describeFile,
  type Manifest,
  readIntact,
  writeManifest,
} from '../../resources/guest/build/manifest.ts';
import { defaultOutDir, recipeDigest } from '../../resources/guest/recipe.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gleaner-test-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

async function image(): Promise<Manifest> {
  for (const name of ['vmlinux', 'initramfs.zst', 'base.squashfs'])
    writeFileSync(join(dir, name), name.repeat(100));
  const manifest: Manifest = {
    schema: 1,
    recipe: 'recipe',
    suite: 'trixie',
    kernelRelease: '6.12',
    kernel: await describeFile(dir, 'vmlinux'),
    initramfs: await describeFile(dir, 'initramfs.zst'),
    appliances: { base: await describeFile(dir, 'base.squashfs') },
    builtAt: 5,
    packages: [{ name: 'busybox-static', version: '1', sha256: '00' }],
  };
  await writeManifest(dir, manifest);
  return manifest;
}

test('a whole image of this recipe is intact', async () => {
  const manifest = await image();
  expect(readIntact(dir, 'recipe')).toEqual(manifest);
  expect(await damagedFiles(dir, manifest)).toEqual([]);
});

test('an image of another recipe, a missing one and a half-written manifest are not', async () => {
  await image();
  expect(readIntact(dir, 'other')).toBeUndefined();
  expect(readIntact(join(dir, 'nowhere'), 'recipe')).toBeUndefined();
  truncateSync(join(dir, 'manifest.json'), 100);
  expect(readIntact(dir, 'recipe')).toBeUndefined();
});

test('a missing or a shortened file is noticed without reading it', async () => {
  await image();
  truncateSync(join(dir, 'base.squashfs'), 10);
  expect(readIntact(dir, 'recipe')).toBeUndefined();
  await image();
  rmSync(join(dir, 'vmlinux'));
  expect(readIntact(dir, 'recipe')).toBeUndefined();
});

test('a changed byte is noticed by reading', async () => {
  const manifest = await image();
  writeFileSync(join(dir, 'vmlinux'), 'x', { flag: 'r+' });
  expect(readIntact(dir, 'recipe')).toEqual(manifest);
  expect(await damagedFiles(dir, manifest)).toEqual(['vmlinux']);
});

test('the recipe digest follows content and names, not the place, nor the notes', () => {
  const guestDir = join(import.meta.dirname, '../../resources/guest');
  const copy = join(dir, 'resources/guest');
  cpSync(guestDir, copy, { recursive: true });
  const digest = recipeDigest(guestDir);
  expect(recipeDigest(copy)).toBe(digest);
  expect(defaultOutDir(copy)).toBe(join(dir, '.cache/guest', digest.slice(0, 16)));

  writeFileSync(join(copy, 'README.md'), 'other words');
  expect(recipeDigest(copy)).toBe(digest);
  renameSync(join(copy, 'control/verbs/hello.sh'), join(copy, 'control/verbs/hallo.sh'));
  const renamed = recipeDigest(copy);
  expect(renamed).not.toBe(digest);
  writeFileSync(join(copy, 'control/boot'), '\n', { flag: 'a' });
  expect(recipeDigest(copy)).not.toBe(renamed);
});
