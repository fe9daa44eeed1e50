import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { writeFileAtomic } from '../base/atomic-file.ts';
import type { Log } from '../base/log.ts';
import { Mutex } from '../base/mutex.ts';
import { NoticesTold } from './notices.ts';

const Rectangle = z.strictObject({
  x: z.int(),
  y: z.int(),
  width: z.int().min(1),
  height: z.int().min(1),
});
export type Rectangle = z.infer<typeof Rectangle>;

/** What the shell remembers between two starts. */
const ShellState = z.strictObject({
  bounds: Rectangle.nullable().default(null),
  /** The person was told that this desktop shows no tray. */
  toldAboutTray: z.boolean().default(false),
  notices: NoticesTold.default(NoticesTold.parse({})),
});
type ShellState = z.infer<typeof ShellState>;

/** Keeps the shell's state in memory and in one small file. A missing or damaged file is a first start. */
export class ShellMemory {
  readonly #filePath: string;
  readonly #log: Log;
  readonly #writes = new Mutex();
  #state: ShellState;

  private constructor(filePath: string, state: ShellState, log: Log) {
    this.#filePath = filePath;
    this.#state = state;
    this.#log = log;
  }

  static async load(filePath: string, log: Log): Promise<ShellMemory> {
    let state = ShellState.parse({});
    try {
      state = ShellState.parse(JSON.parse(await readFile(filePath, 'utf8')));
    } catch (error) {
      log.info('shell', 'starting without remembered places', { words: String(error) });
    }
    return new ShellMemory(filePath, state, log);
  }

  get state(): ShellState {
    return this.#state;
  }

  remember(change: Partial<ShellState>): void {
    this.#state = { ...this.#state, ...change };
    const content = JSON.stringify(this.#state);
    this.#writes
      .run(() => writeFileAtomic(this.#filePath, content))
      .catch((error: unknown) => {
        this.#log.warn('shell', 'the window’s place was not remembered', { words: String(error) });
      });
  }

  /** Resolves when everything that was to be remembered is on disk, or has failed. */
  async dispose(): Promise<void> {
    await this.#writes.run(() => Promise.resolve());
  }
}

/** How much of a window's title bar must lie on a display for the person to be able to grab it, in px. */
const grip = { width: 120, height: 40 };

/**
 * The remembered bounds, if a display still shows enough of them; else undefined, and the desktop chooses. Never
 * larger than that display. Pure.
 */
export function usableBounds(saved: Rectangle | null, displays: readonly Rectangle[]): Rectangle | undefined {
  if (!saved) return undefined;
  for (const display of displays) {
    const width = Math.min(saved.x + saved.width, display.x + display.width) - Math.max(saved.x, display.x);
    const titleShown = saved.y >= display.y && saved.y + grip.height <= display.y + display.height;
    if (width >= grip.width && titleShown) {
      return {
        ...saved,
        width: Math.min(saved.width, display.width),
        height: Math.min(saved.height, display.height),
      };
    }
  }
  return undefined;
}
