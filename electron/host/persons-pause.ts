import type { Clock } from '../base/clock.ts';
import { Mutex } from '../base/mutex.ts';
import type { PauseLength } from '../contract/index.ts';
import { loadPause, savePause } from '../policy/intent.ts';
import { type Pause, pauseFrom } from '../policy/pause.ts';

/** Looked at this often while a pause with an end runs: the wall clock may jump, so no timer is trusted for hours. */
const lookMs = 30_000;

/** The person's pause: in force at once, on disk right after, ended by its time. */
export class PersonsPause {
  readonly #filePath: string;
  readonly #clock: Clock;
  readonly #onChange: () => void;
  readonly #saving = new Mutex();
  #saved: Promise<void> = Promise.resolve();
  #cancel: (() => void) | undefined;
  current: Pause | null = null;

  constructor(filePath: string, clock: Clock, onChange: () => void) {
    this.#filePath = filePath;
    this.#clock = clock;
    this.#onChange = onChange;
  }

  async load(): Promise<void> {
    this.current = await loadPause(this.#filePath);
    this.#watchEnd();
  }

  begin(length: PauseLength): void {
    this.#become(pauseFrom(length, this.#clock.now()));
  }

  end(): void {
    this.#become(null);
  }

  /** Resolves when the last wish is on disk; rejects with what the file system says. */
  saved(): Promise<void> {
    return this.#saved;
  }

  dispose(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #become(pause: Pause | null): void {
    this.current = pause;
    this.#onChange();
    this.#saved = this.#saving.run(() => savePause(this.#filePath, pause));
    // Told by `saved`; a pause that could not be written still holds in this run.
    this.#saved.catch(() => undefined);
    this.#watchEnd();
  }

  #watchEnd(): void {
    this.dispose();
    const until = this.current?.until ?? null;
    if (until === null) return;
    const left = until - this.#clock.now();
    if (left <= 0) this.#become(null);
    else
      this.#cancel = this.#clock.after(Math.min(left, lookMs), () => {
        this.#watchEnd();
      });
  }
}
