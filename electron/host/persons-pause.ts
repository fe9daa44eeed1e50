import type { Clock } from '../base/clock.ts';
import { Mutex } from '../base/mutex.ts';
import { type Failure, type PauseLength, toFailure } from '../contract/index.ts';
import { loadPause, savePause } from '../policy/intent.ts';
import { type Pause, pauseFrom } from '../policy/pause.ts';

/** Looked at this often while a pause with an end runs: the wall clock may jump, so no timer is trusted for hours. */
const lookMs = 30_000;
/** Between two tries to write down what could not be written. */
const saveAgainMs = 30_000;

export interface PauseOptions {
  readonly filePath: string;
  readonly clock: Clock;
  readonly onChange: () => void;
  /** The wish holds in this run, but could not be written down; null when it is. */
  readonly onUnsaved: (failure: Failure | null) => void;
}

/** The person's pause: in force at once, on disk right after, ended by its time. */
export class PersonsPause {
  readonly #o: PauseOptions;
  readonly #saving = new Mutex();
  #saved: Promise<void> = Promise.resolve();
  #cancelWatch: (() => void) | undefined;
  #cancelSave: (() => void) | undefined;
  #disposed = false;
  current: Pause | null = null;

  constructor(o: PauseOptions) {
    this.#o = o;
  }

  async load(): Promise<void> {
    this.current = await loadPause(this.#o.filePath);
    this.#watchEnd();
  }

  begin(length: PauseLength): void {
    this.#become(pauseFrom(length, this.#o.clock.now()));
  }

  end(): void {
    this.#become(null);
  }

  /** Resolves when the last wish is on disk, after one more try if need be; rejects with what the file system says. */
  async saved(): Promise<void> {
    const saved = await this.#saved.then(
      () => true,
      () => false,
    );
    if (!saved) await this.#save();
  }

  dispose(): void {
    this.#disposed = true;
    this.#cancelWatch?.();
    this.#cancelSave?.();
  }

  #become(pause: Pause | null): void {
    this.current = pause;
    this.#o.onChange();
    this.#saveOrRetry();
    this.#watchEnd();
  }

  #saveOrRetry(): void {
    this.#cancelSave?.();
    const saving = this.#save();
    this.#saved = saving;
    saving.then(
      () => {
        this.#o.onUnsaved(null);
      },
      (error: unknown) => {
        if (saving !== this.#saved || this.#disposed) return;
        this.#o.onUnsaved(this.#unsaved(error));
        this.#cancelSave = this.#o.clock.after(saveAgainMs, () => {
          this.#saveOrRetry();
        });
      },
    );
  }

  #unsaved(error: unknown): Failure {
    const failure = toFailure(error);
    const what = this.current ? 'A restart would forget the pause.' : 'A restart would bring the pause back.';
    return { ...failure, sentence: `${what} ${failure.sentence}`.slice(0, 1000) };
  }

  #save(): Promise<void> {
    return this.#saving.run(() => savePause(this.#o.filePath, this.current));
  }

  #watchEnd(): void {
    this.#cancelWatch?.();
    const until = this.current?.until ?? null;
    if (until === null) return;
    const left = until - this.#o.clock.now();
    if (left <= 0) this.#become(null);
    else
      this.#cancelWatch = this.#o.clock.after(Math.min(left, lookMs), () => {
        this.#watchEnd();
      });
  }
}
