import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../electron/base/log.ts';
import { ShellMemory, usableBounds } from '../../electron/shell/shell-state.ts';
import { parseStart } from '../../electron/shell/start-options.ts';

const notices = { credited: false, at: {} };
const first = { bounds: null, toldAboutTray: false, notices };
const screen = { x: 0, y: 0, width: 1920, height: 1080 };

describe('usableBounds', () => {
  it('keeps a place that a display still shows', () => {
    const bounds = { x: 100, y: 50, width: 880, height: 780 };
    expect(usableBounds(bounds, [screen])).toEqual(bounds);
    expect(usableBounds({ ...bounds, x: 1800 }, [screen])).toEqual({ ...bounds, x: 1800 });
  });

  it.each([
    ['never opened', null],
    ['on a display that is gone', { x: 2500, y: 100, width: 800, height: 600 }],
    ['with its title above the screen', { x: 0, y: -30, width: 800, height: 600 }],
    ['with too little left to grab', { x: 1850, y: 0, width: 800, height: 600 }],
  ])('lets the desktop choose for a window %s', (_what, bounds) => {
    expect(usableBounds(bounds, [screen])).toBeUndefined();
  });

  it('makes a window no larger than its display', () => {
    const small = { x: 0, y: 0, width: 1024, height: 600 };
    expect(usableBounds({ x: 0, y: 0, width: 3000, height: 2000 }, [small])).toEqual(small);
  });
});

describe('ShellMemory', () => {
  let dir = '';
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'gl-shell-'));
  });
  afterEach(() => {
    rmSync(dir, { recursive: true, force: true });
  });

  it('remembers the last of many changes across a restart', async () => {
    const path = join(dir, 'shell.json');
    const memory = await ShellMemory.load(path, silentLog);
    expect(memory.state).toEqual(first);
    memory.remember({ toldAboutTray: true });
    for (const x of [1, 2, 3]) memory.remember({ bounds: { x, y: 0, width: 500, height: 500 } });
    await memory.dispose();
    const again = await ShellMemory.load(path, silentLog);
    expect(again.state).toEqual({
      bounds: { x: 3, y: 0, width: 500, height: 500 },
      toldAboutTray: true,
      notices,
    });
  });

  it.each(['', '{', '{"bounds":{"x":"0"}}', '[]'])(
    'takes a damaged file %j for a first start',
    async (text) => {
      const path = join(dir, 'shell.json');
      writeFileSync(path, text);
      const memory = await ShellMemory.load(path, silentLog);
      expect(memory.state).toEqual(first);
      memory.remember({ toldAboutTray: true });
      await memory.dispose();
      expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ bounds: null, toldAboutTray: true, notices });
    },
  );

  it('does not fall over a folder that cannot be written', async () => {
    const memory = await ShellMemory.load(join(dir, 'gone', 'shell.json'), silentLog);
    memory.remember({ toldAboutTray: true });
    await expect(memory.dispose()).resolves.toBeUndefined();
  });
});

describe('parseStart', () => {
  it('reads our flags among Chromium’s', () => {
    expect(parseStart(['electron', '--no-sandbox', '.'])).toEqual({ hidden: false, demo: false, link: null });
    expect(parseStart(['electron', '.', '--hidden'])).toEqual({ hidden: true, demo: false, link: null });
    expect(parseStart(['electron', '.', '--demo'])).toEqual({ hidden: true, demo: true, link: null });
  });
});
