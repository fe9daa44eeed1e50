import { once } from 'node:events';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type OwnedChild, onEndSignals, spawnOwned } from '../../resources/dev/children.ts';
import { authorityEntry } from '../../resources/dev/display.ts';
import { networkReason } from '../../resources/dev/electron-runtime.ts';
import { chosenLanes, lanes } from '../../resources/dev/lanes.ts';
import { endLeftovers, findLeftovers } from '../../resources/dev/leftovers.ts';

const shell = (script: string, env: Record<string, string> = {}) =>
  spawnOwned(['sh', '-c', script], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'ignore'] });

/** Resolves with the first output: the script is then past what it did before. */
const ready = (child: OwnedChild) => once(child.process.stdout ?? child.process, 'data');

describe('an owned process', () => {
  test('tells its exit code, or the signal as a shell would', async () => {
    expect(await shell('exit 7').exited).toBe(7);
    expect(await shell('kill -TERM $$').exited).toBe(143);
  });

  test('that cannot be started ends with 127', async () => {
    expect(await spawnOwned(['/no/such/program'], { env: {}, stdio: 'ignore' }).exited).toBe(127);
  });

  test('is asked first, and may end in its own way', async () => {
    const child = shell('trap "exit 5" TERM; echo; while :; do sleep 0.01; done');
    await ready(child);
    await child.stop(60_000);
    expect(await child.exited).toBe(5);
  });

  test('is killed with its group when it does not listen', async () => {
    const child = shell('trap "" TERM; sleep 1000 & echo; wait', { MARK: 'dev-processes-stubborn' });
    await ready(child);
    await child.stop(0);
    expect(await child.exited).toBe(137);
    expect(await endLeftovers('dev-processes-stubborn', 60_000)).toEqual([]);
  });
});

describe('signals', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test('a repeated signal is a new one only after a second', () => {
    vi.useFakeTimers();
    const heard: boolean[] = [];
    const unlisten = onEndSignals((first) => heard.push(first));
    process.emit('SIGHUP');
    process.emit('SIGHUP');
    expect(heard).toEqual([true]);
    vi.advanceTimersByTime(1000);
    process.emit('SIGHUP');
    expect(heard).toEqual([true, false]);
    unlisten();
    expect(process.listenerCount('SIGHUP')).toBe(0);
  });
});

describe.runIf(process.platform === 'linux')('processes left behind', () => {
  test('are found by their environment, and killed', async () => {
    const mark = `dev-processes-${process.pid}`;
    const child = shell('echo; exec sleep 1000', { MARK: mark });
    await ready(child);
    const [found, ...more] = findLeftovers(mark);
    expect(more).toEqual([]);
    expect(found?.pid).toBe(child.process.pid);
    expect(found?.command).toContain('sleep');
    const killed = await endLeftovers(mark, 0);
    expect(killed.map(({ pid }) => pid)).toEqual([child.process.pid]);
    expect(await child.exited).toBe(137);
    expect(findLeftovers(mark)).toEqual([]);
  });

  test('are none where there is no /proc', () => {
    expect(findLeftovers('any', '/no/such/folder')).toEqual([]);
  });
});

describe('choosing lanes', () => {
  test('all by default, some by name in their own order', () => {
    expect(chosenLanes([])).toEqual(lanes);
    expect(chosenLanes(['--only', 'vm,unit']).map(({ name }) => name)).toEqual(['unit', 'vm']);
    expect(chosenLanes(['--only=types']).map(({ name }) => name)).toEqual(['types']);
  });

  test.each([[['--only', 'unit,nope']], [['--only']], [['unit']], [['--only', 'unit', '-x']]])(
    '%j is refused',
    (args) => {
      expect(() => chosenLanes(args)).toThrow(expect.objectContaining({ exitCode: 2 }));
    },
  );
});

test('an X authority entry has the family, the host, the number, the protocol and the cookie', () => {
  const entry = authorityEntry('9', Buffer.from([1, 2, 3, 4]));
  expect([...entry.subarray(0, 2)]).toEqual([1, 0]);
  expect(entry.toString('latin1')).toMatch(/\0\x019\0\x12MIT-MAGIC-COOKIE-1\0\x04\x01\x02\x03\x04$/);
});

test('the reason of a failed download is the message, not the stack', () => {
  expect(networkReason('HTTPError: Response code 404 (Not Found)\n    at f (x.js:1:2)\n')).toBe(
    'Response code 404 (Not Found)',
  );
  expect(networkReason('')).toBe('its installer failed');
});
