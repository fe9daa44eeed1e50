import { existsSync, mkdirSync, readFileSync, watch } from 'node:fs';
import { dirname } from 'node:path';

/** Follows a text file that others write to: what it holds, and when it comes to hold something. */
export class Tail {
  readonly #path: string;

  /** @param path need not exist yet; its folder is made */
  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true });
    this.#path = path;
  }

  get text(): string {
    return existsSync(this.#path) ? readFileSync(this.#path, 'utf8') : '';
  }

  /** Where to look from, to see only what is written from now on. */
  get end(): number {
    return this.text.length;
  }

  /**
   * Resolves with what `look` finds; it is asked now and whenever the file changes.
   * @param look is given the text from `from` on, and gives undefined while it is not content
   */
  until<T>(look: (text: string) => T | undefined, from = 0): Promise<T> {
    return new Promise((resolve, reject) => {
      const watcher = watch(dirname(this.#path));
      // A test that ends meanwhile does not wait for it.
      watcher.unref();
      const ask = (): void => {
        try {
          const found = look(this.text.slice(from));
          if (found === undefined) return;
          watcher.close();
          resolve(found);
        } catch (error) {
          watcher.close();
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      };
      watcher.on('change', ask);
      ask();
    });
  }

  /** Resolves with the first match of `pattern`. */
  untilMatch(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    return this.until((text) => pattern.exec(text) ?? undefined, from);
  }
}
