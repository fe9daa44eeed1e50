/** Something that holds a process, socket, timer or listener and can let go of it. */
export interface Disposable {
  dispose(): void | Promise<void>;
}

/** Owns disposables and lets go of them in reverse order; safe to dispose twice. */
export class Disposer implements Disposable {
  readonly #owned: Disposable[] = [];
  #disposing: Promise<void> | undefined;

  own<T extends Disposable>(item: T): T {
    if (this.#disposing) throw new Error('owned by something that is already disposed');
    this.#owned.push(item);
    return item;
  }

  ownCallback(dispose: () => void | Promise<void>): void {
    this.own({ dispose });
  }

  dispose(): Promise<void> {
    this.#disposing ??= this.#disposeAll();
    return this.#disposing;
  }

  async #disposeAll(): Promise<void> {
    const failures: unknown[] = [];
    for (let item = this.#owned.pop(); item; item = this.#owned.pop()) {
      try {
        await item.dispose();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'disposal failed');
  }
}
