import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../base/atomic-file.ts';
import { Mutex } from '../base/mutex.ts';
import { type Failure, GleanerError, toFailure } from '../contract/failures.ts';
import { autostartEntry, readEntry } from './desktop-entry.ts';
import { loginCommand, type Run } from './login-start.ts';

export interface AutostartOptions {
  readonly platform: NodeJS.Platform;
  readonly run: Run;
  /** Where the desktop looks for entries. */
  readonly dir: string;
  /** The host that is started. */
  readonly dataDir: string;
  /** Why it could not be done; null: it could. */
  readonly onFailure: (failure: Failure | null) => void;
}

const fileName = 'gleaner.desktop';

/** Keeps the desktop's list of what starts at login as the setting says. */
export class Autostart {
  readonly #o: AutostartOptions;
  readonly #writes = new Mutex();
  #wanted: boolean | undefined;

  constructor(options: AutostartOptions) {
    this.#o = options;
  }

  /** Brings the entry in line, at the start and whenever the setting changes. */
  follow(wanted: boolean): void {
    if (wanted === this.#wanted) return;
    const isChange = this.#wanted !== undefined;
    this.#wanted = wanted;
    this.#writes
      .run(() => this.#apply(wanted, isChange))
      .then(
        () => {
          this.#o.onFailure(null);
        },
        (error: unknown) => {
          this.#o.onFailure(toFailure(error));
        },
      );
  }

  /** Resolves when everything that was asked for is done, or has failed. */
  async dispose(): Promise<void> {
    await this.#writes.run(() => Promise.resolve());
  }

  async #apply(wanted: boolean, isChange: boolean): Promise<void> {
    const { platform, dir, dataDir, run } = this.#o;
    if (platform !== 'linux') {
      if (!wanted) return;
      throw new GleanerError('platform-not-ready', 'Starting at login is not ready on this system yet.');
    }
    const path = join(dir, fileName);
    const text = await readIfThere(path);
    const there = text === null ? null : readEntry(text, dataDir);
    if (!wanted) {
      if (there?.isOwn === true) await rm(path, { force: true });
      return;
    }
    if (there?.isOwn === false) {
      throw new GleanerError(
        'storage-failed',
        'Another program’s entry stands where Gleaner’s start at login belongs.',
        `Remove ${path}, then turn "ui.startAtLogin" off and on again.`,
      );
    }
    // Turned off in the desktop's own settings: that counts until it is asked for anew here.
    if (there?.isTurnedOff === true && !isChange) return;
    const entry = autostartEntry(loginCommand(run), dataDir);
    if (entry === text) return;
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await writeFileAtomic(path, entry, 0o644);
  }
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
