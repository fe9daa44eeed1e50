import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SealedFiles } from '../../electron/host/sealed.ts';
import { KeyFiles } from '../../electron/host/secrets-file.ts';

let dir = '';
let sealed: SealedFiles;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gleaner-sealed-'));
  sealed = new SealedFiles(dir, new KeyFiles(dir));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

test('gives back what it was given, and nothing of it can be read in the file', async () => {
  await sealed.put('account-boinc-a', 'an account key');
  expect(await sealed.get('account-boinc-a')).toBe('an account key');
  const path = join(dir, 'account-boinc-a.sealed');
  expect(readFileSync(path).includes('an account key')).toBe(false);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('there is nothing before it is put and after it is forgotten', async () => {
  expect(await sealed.get('proxy')).toBeNull();
  await sealed.put('proxy', 'x');
  await sealed.forget('proxy');
  await sealed.forget('proxy');
  expect(await sealed.get('proxy')).toBeNull();
  expect(readdirSync(dir)).toEqual(['sealed.key']);
});

test('one that was changed, or that belongs to another name, is refused', async () => {
  await sealed.put('a', 'secret');
  const file = readFileSync(join(dir, 'a.sealed'));
  writeFileSync(join(dir, 'b.sealed'), file);
  await expect(sealed.get('b')).rejects.toMatchObject({ code: 'storage-failed' });
  file[file.length - 1] = (file[file.length - 1] ?? 0) ^ 1;
  writeFileSync(join(dir, 'a.sealed'), file);
  await expect(sealed.get('a')).rejects.toMatchObject({ code: 'storage-failed' });
  writeFileSync(join(dir, 'a.sealed'), 'short');
  await expect(sealed.get('a')).rejects.toMatchObject({ code: 'storage-failed' });
});
