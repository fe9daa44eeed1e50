import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ImageSet } from '../../electron/appliance/store.ts';
import type { JobState } from '../../electron/contract/index.ts';
import { Disposables } from '../../electron/host/doctor-disk.ts';

let jobsDir = '';
beforeEach(() => {
  jobsDir = mkdtempSync(join(tmpdir(), 'gleaner-disk-'));
});
afterEach(() => {
  rmSync(jobsDir, { recursive: true });
});

const image = (name: string) => ({ path: `/images/${name}`, digest: `sha256:${name}`, size: 1 });
const images: ImageSet = {
  recipe: 'r',
  kernelRelease: '6',
  builtAt: null,
  kernel: image('kernel'),
  initramfs: image('initramfs'),
  appliances: { base: image('base'), boinc: image('boinc') },
  packages: new Map(),
};

class FakeStore {
  unused = 0;
  readonly kept: (readonly string[])[] = [];

  unusedBytes(): Promise<number> {
    return Promise.resolve(this.unused);
  }

  prune(keep: readonly string[]): Promise<void> {
    this.kept.push(keep);
    this.unused = 0;
    return Promise.resolve();
  }
}

function job(id: string, ...names: string[]): void {
  mkdirSync(join(jobsDir, id, 'checkpoints'), { recursive: true });
  for (const name of names) writeFileSync(join(jobsDir, id, name), 'ten bytes.');
}

const states: Readonly<Record<string, JobState>> = {
  aaaaaaaaaa: 'done',
  bbbbbbbbbb: 'running',
  cccccccccc: 'queued',
  dddddddddd: 'failed',
};
const disposables = (store: FakeStore) =>
  new Disposables({ store, images: () => Promise.resolve(images), jobsDir, stateOf: (id) => states[id] });

test('what ended jobs left goes, but for their results; what is needed stays', async () => {
  const store = new FakeStore();
  store.unused = 1000;
  job('aaaaaaaaaa', 'input.tar', 'result.tar', 'checkpoints/1.tar', 'checkpoints/2.tar');
  job('bbbbbbbbbb', 'input.tar', 'checkpoints/1.tar');
  job('cccccccccc', 'input.tar');
  job('dddddddddd', 'result.part');
  job('eeeeeeeeee', 'input.tar');
  const disk = disposables(store);
  expect(await disk.bytes()).toBe(1040);
  expect(await disk.free()).toBe(1040);
  expect(store.kept).toEqual([['sha256:kernel', 'sha256:initramfs', 'sha256:base', 'sha256:boinc']]);
  const there = (path: string): boolean => existsSync(join(jobsDir, path));
  expect(there('aaaaaaaaaa/result.tar')).toBe(true);
  expect(there('aaaaaaaaaa/input.tar')).toBe(false);
  expect(there('aaaaaaaaaa/checkpoints')).toBe(false);
  for (const path of ['bbbbbbbbbb/checkpoints/1.tar', 'cccccccccc/input.tar', 'eeeeeeeeee/input.tar'])
    expect(there(path)).toBe(true);
  expect(await disk.bytes()).toBe(0);
  expect(await disk.free()).toBe(0);
});

test('while it is not known which images are needed, none goes', async () => {
  const store = new FakeStore();
  store.unused = 1000;
  job('dddddddddd', 'input.tar');
  const unknown = new Disposables({
    store,
    images: () => Promise.resolve(undefined),
    jobsDir,
    stateOf: (id) => states[id],
  });
  expect(await unknown.free()).toBe(10);
  expect(store.kept).toEqual([]);
});

test('a link leads nowhere', async () => {
  const outside = mkdtempSync(join(tmpdir(), 'gleaner-outside-'));
  writeFileSync(join(outside, 'mine'), 'x'.repeat(5000));
  job('aaaaaaaaaa');
  symlinkSync(outside, join(jobsDir, 'aaaaaaaaaa', 'input.tar'));
  expect(await disposables(new FakeStore()).free()).toBeLessThan(5000);
  expect(existsSync(join(outside, 'mine'))).toBe(true);
  rmSync(outside, { recursive: true });
});

test('without a folder there is nothing', async () => {
  rmSync(jobsDir, { recursive: true });
  expect(await disposables(new FakeStore()).free()).toBe(0);
  mkdirSync(jobsDir);
});
