import { type FSWatcher, watch as fsWatch } from 'node:fs';
import { lstat, realpath, stat, statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposal.ts';

/** Several events of one change are looked at together, in ms. */
const settleMs = 100;
/** Between looks where the system tells nothing of changes; with the settling this stays below 2 s, in ms. */
const pollMs = 1500;
/** Between looks that only make sure, in ms. */
const safetyPollMs = 30_000;
/** File systems of whose changes on other computers, or by other mounts, nothing is told: NFS, SMB, CIFS, SMB2, FUSE, 9P. */
const silentFileSystems: ReadonlySet<number> = new Set([
  0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x65735546, 0x01021997,
]);

export interface FileWatchOptions {
  /** Absolute; neither they nor their folders need to be there. */
  readonly filePaths: readonly string[];
  readonly clock: Clock;
  /** Called once the watch stands, too: what came before that may have been missed. */
  readonly onChange: () => void;
  /** How a folder is watched; a test's may refuse, as a system does that has no watches left. */
  readonly watchFolder?: typeof fsWatch;
}

interface Watched {
  readonly dirPath: string;
  /** Which folder it was that stood there. */
  readonly identity: string;
  readonly watcher: FSWatcher | undefined;
}

/**
 * Notices within 2 s that one of some files came, went, was replaced, written, or changed owner or mode. By the events
 * of its folder, or of the nearest one above that exists; by looking every 1.5 s where these cannot be trusted. Only a
 * folder further up that is renamed shows as late as the next look that makes sure.
 */
export class FileWatch implements Disposable {
  readonly #o: FileWatchOptions;
  readonly #watched = new Map<string, Watched>();
  #seen = new Map<string, string>();
  #isPolled = true;
  #cancelTimer: () => void = () => undefined;
  #cancelSettling: (() => void) | undefined;
  #looking: Promise<void> | undefined;
  #disposed = false;

  constructor(options: FileWatchOptions) {
    this.#o = options;
    this.#look(true);
  }

  /** Whether files are looked at every 1.5 s, since events alone would not do. */
  get isPolled(): boolean {
    return this.#isPolled;
  }

  /** Resolves when the present look is over. */
  async settled(): Promise<void> {
    await this.#looking;
  }

  dispose(): void {
    this.#disposed = true;
    this.#cancelTimer();
    this.#cancelSettling?.();
    for (const { watcher } of this.#watched.values()) watcher?.close();
    this.#watched.clear();
  }

  #onEvent(): void {
    if (this.#disposed || this.#cancelSettling) return;
    this.#cancelSettling = this.#o.clock.after(settleMs, () => {
      this.#cancelSettling = undefined;
      this.#look(false);
    });
  }

  #look(isFirst: boolean): void {
    if (this.#disposed) return;
    this.#cancelTimer();
    const before = this.#looking;
    this.#looking = (async () => {
      await before;
      if (this.#disposed) return;
      const trusted = await Promise.all(this.#o.filePaths.map((filePath) => this.#follow(filePath)));
      const seen = new Map<string, string>();
      for (const filePath of this.#o.filePaths) seen.set(filePath, await signatureOf(filePath));
      if (this.#isGone()) return;
      const changed = isFirst || [...seen].some(([path, now]) => this.#seen.get(path) !== now);
      this.#seen = seen;
      this.#isPolled = !trusted.every(Boolean);
      this.#cancelTimer();
      this.#cancelTimer = this.#o.clock.after(this.#isPolled ? pollMs : safetyPollMs, () => {
        this.#look(false);
      });
      if (changed) this.#o.onChange();
    })();
  }

  #isGone(): boolean {
    return this.#disposed;
  }

  /** Watches the nearest folder to the file that there is. Resolves to whether its events tell everything. */
  async #follow(filePath: string): Promise<boolean> {
    const found = await nearestFolder(filePath);
    const watched = this.#watched.get(filePath);
    if (watched?.identity !== found.identity || watched.dirPath !== found.dirPath || !watched.watcher) {
      watched?.watcher?.close();
      const watcher = this.#isGone() ? undefined : this.#open(filePath, found);
      this.#watched.set(filePath, { ...found, watcher });
      // What came between the look and the watch shows in the next look.
      if (watcher && (await nearestFolder(filePath)).dirPath !== found.dirPath) this.#onEvent();
    }
    return this.#watched.get(filePath)?.watcher !== undefined && (await tellsAll(filePath, found.dirPath));
  }

  #open(filePath: string, { dirPath, next }: { dirPath: string; next: string }): FSWatcher | undefined {
    const drop = (): void => {
      const watched = this.#watched.get(filePath);
      if (watched?.watcher !== watcher) return;
      this.#watched.set(filePath, { ...watched, watcher: undefined });
      watcher.close();
      this.#onEvent();
    };
    let watcher: FSWatcher;
    try {
      watcher = (this.#o.watchFolder ?? fsWatch)(dirPath, { persistent: false }, (_event, name) => {
        // The folder's own name stands for the folder itself: moved, deleted, or another mode.
        if (name === null || name === next || name === basename(dirPath)) this.#onEvent();
      });
    } catch {
      return undefined;
    }
    watcher.on('error', drop);
    return watcher;
  }
}

interface Nearest {
  readonly dirPath: string;
  readonly identity: string;
  /** The name in it on the way to the file. */
  readonly next: string;
}

async function nearestFolder(filePath: string): Promise<Nearest> {
  let next = basename(filePath);
  for (let dirPath = dirname(filePath); ; dirPath = dirname(dirPath)) {
    const stats = await stat(dirPath, { bigint: true }).catch(() => undefined);
    const isTop = dirPath === dirname(dirPath);
    if (stats?.isDirectory() === true || isTop) {
      return { dirPath, identity: stats ? `${stats.dev}:${stats.ino}` : '', next };
    }
    next = basename(dirPath);
  }
}

/** Whether the events of `dirPath` tell of every change to the file: no link leads elsewhere, no other computer writes. */
async function tellsAll(filePath: string, dirPath: string): Promise<boolean> {
  try {
    if ((await realpath(dirPath)) !== dirPath) return false;
    if (silentFileSystems.has((await statfs(dirPath)).type)) return false;
    const own = await lstat(join(dirPath, basename(filePath))).catch(() => undefined);
    return own?.isSymbolicLink() !== true;
  } catch {
    return false;
  }
}

/** What differs when a file is another one, or was written, or may be read otherwise. */
async function signatureOf(filePath: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs, mode, uid } = await stat(filePath, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs, mode, uid].join(':');
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  }
}
