import { chmod, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Clock, systemClock } from '../../electron/base/clock.ts';
import { FileWatch } from '../../electron/settings/file-watch.ts';
import { FakeClock } from '../fakes/fake-clock.ts';

let dir = '';
const watches: FileWatch[] = [];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gleaner-unit-'));
});
afterEach(async () => {
  for (const watch of watches.splice(0)) watch.dispose();
  await rm(dir, { recursive: true, force: true });
});

/** A watch whose calls a test awaits one by one. */
function watched(clock: Clock, filePaths: string[], watchFolder?: () => never) {
  let calls = 0;
  let wake: () => void = () => undefined;
  const watch = new FileWatch({
    filePaths,
    clock,
    onChange: () => {
      calls += 1;
      wake();
    },
    ...(watchFolder ? { watchFolder } : {}),
  });
  watches.push(watch);
  return {
    watch,
    calls: () => calls,
    until: async (count: number) => {
      while (calls < count) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

const noWatches = (): never => {
  throw new Error('ENOSPC: no watches left');
};

describe('by events', () => {
  test('a file is noticed however it changes, and its neighbours are not', async () => {
    const path = join(dir, 'a.json');
    const { watch, calls, until } = watched(systemClock, [path]);
    await until(1);
    expect(watch.isPolled).toBe(false);
    let seen = 1;
    for (const change of [
      () => writeFile(path, '1'),
      () => writeFile(path, '2'),
      () => chmod(path, 0o600),
      async () => {
        await writeFile(`${path}.tmp`, '3');
        await rename(`${path}.tmp`, path);
      },
      () => rm(path),
    ]) {
      await change();
      seen += 1;
      await until(seen);
    }
    await writeFile(join(dir, 'b.json'), '1');
    await writeFile(path, '4');
    await until(seen + 1);
    expect(calls()).toBe(seen + 1);
  });

  test('folders that come later are followed, and come anew', async () => {
    const path = join(dir, 'x', 'y', 'a.json');
    const { watch, until } = watched(systemClock, [path]);
    await until(1);
    await mkdir(join(dir, 'x', 'y'), { recursive: true });
    await writeFile(path, '1');
    await until(2);
    await rename(join(dir, 'x', 'y'), join(dir, 'z'));
    await until(3);
    await mkdir(join(dir, 'x', 'y'), { recursive: true });
    await writeFile(path, '2');
    await until(4);
    expect(watch.isPolled).toBe(false);
  });

  test('a file behind a link is polled, since its changes happen elsewhere', async () => {
    await mkdir(join(dir, 'real'));
    await writeFile(join(dir, 'real', 'a.json'), '1');
    await symlink(join(dir, 'real', 'a.json'), join(dir, 'a.json'));
    await symlink(join(dir, 'real'), join(dir, 'link'));
    for (const path of [join(dir, 'a.json'), join(dir, 'link', 'a.json')]) {
      const { watch, until } = watched(systemClock, [path]);
      await until(1);
      expect(watch.isPolled).toBe(true);
    }
  });
});

describe('where events cannot be had', () => {
  test('a change is noticed in less than 2 s, with no timer faster than 1 Hz', async () => {
    const clock = new FakeClock();
    const path = join(dir, 'later', 'a.json');
    const { watch, calls, until } = watched(clock, [path], noWatches);
    await until(1);
    expect(watch.isPolled).toBe(true);
    await mkdir(join(dir, 'later'));
    await writeFile(path, '1');
    clock.advance(1000);
    await watch.settled();
    expect(calls()).toBe(1);
    clock.advance(999);
    await until(2);
    for (let poll = 0; poll < 3; poll += 1) {
      clock.advance(1999);
      await watch.settled();
    }
    expect(calls()).toBe(2);
    expect(clock.pending).toBe(1);
    watch.dispose();
    expect(clock.pending).toBe(0);
  });
});

test('where they can, a look makes sure twice a minute', async () => {
  const clock = new FakeClock();
  const { watch, until } = watched(clock, [join(dir, 'a.json')]);
  await until(1);
  expect([watch.isPolled, clock.pending]).toEqual([false, 1]);
  // The clock stands, so that the event of this change is not yet looked at.
  await writeFile(join(dir, 'a.json'), '1');
  clock.advance(30_000);
  await until(2);
  watch.dispose();
  await watch.settled();
  expect(clock.pending).toBe(0);
});
