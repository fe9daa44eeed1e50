import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Failure, PauseLength } from '../../electron/contract/index.ts';
import { PersonsPause } from '../../electron/host/persons-pause.ts';
import { FakeClock } from '../fakes/fake-clock.ts';

let dir = '';
let filePath = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gleaner-pause-'));
  filePath = join(dir, 'intent.json');
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

/** A pause with all that it told: the state in force at each change, and what could not be saved. */
function setUp() {
  const clock = new FakeClock();
  const changes: (PauseLength | null)[] = [];
  const unsaved: (Failure | null)[] = [];
  const waiting: (() => void)[] = [];
  const pause = new PersonsPause({
    filePath,
    clock,
    onChange: () => {
      changes.push(pause.current?.length ?? null);
    },
    onUnsaved: (failure) => {
      unsaved.push(failure);
      waiting.shift()?.();
    },
  });
  /** Resolves after the next try to save. */
  const tried = () => new Promise<void>((resolve) => waiting.push(resolve));
  return { clock, pause, changes, unsaved, tried };
}

test('a pause is in force at once, and outlives a restart', async () => {
  const { pause, changes, tried } = setUp();
  const saved = tried();
  pause.begin('manual');
  expect(changes).toEqual(['manual']);
  await saved;
  const next = setUp();
  await next.pause.load();
  expect(next.pause.current).toMatchObject({ length: 'manual', until: null });
});

test('one with an end is over by the wall clock, and stays so', async () => {
  const { clock, pause, changes, tried } = setUp();
  const begun = tried();
  pause.begin('30m');
  await begun;
  const over = tried();
  clock.advance(30 * 60_000);
  expect(changes).toEqual(['30m', null]);
  await over;
  expect(JSON.parse(readFileSync(filePath, 'utf8'))).toEqual({ schema: 1, pause: null });
  expect(clock.pending).toBe(0);
});

test('one that cannot be written down holds, is told, and is written as soon as it can be', async () => {
  const { clock, pause, unsaved, tried } = setUp();
  // A folder in its place keeps the file from being written, whoever we are.
  mkdirSync(filePath);
  const failed = tried();
  pause.begin('manual');
  await failed;
  expect(pause.current).not.toBeNull();
  expect(unsaved[0]?.sentence).toContain('A restart would forget the pause.');
  rmdirSync(filePath);
  const saved = tried();
  clock.advance(30_000);
  await saved;
  expect(unsaved.at(-1)).toBeNull();
  expect(readFileSync(filePath, 'utf8')).toContain('manual');
  expect(clock.pending).toBe(0);
});

test('at the end it is tried once more, and what then fails is said', async () => {
  const { clock, pause, tried } = setUp();
  mkdirSync(filePath);
  const failed = tried();
  pause.begin('manual');
  await failed;
  pause.dispose();
  expect(clock.pending).toBe(0);
  await expect(pause.saved()).rejects.toThrow();
  rmdirSync(filePath);
  await pause.saved();
  expect(readFileSync(filePath, 'utf8')).toContain('manual');
});
