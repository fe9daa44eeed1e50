/** Thrown out of everything that an attempt waits for once it has been halted. */
export class Halted extends Error {
  override readonly name = 'Halted';
}

/** A stop from outside that ends any wait. */
export class Halt {
  /** Of those that wait now. One promise for all would keep what each of them got until the halt comes. */
  readonly #waiting = new Set<(reason: Halted) => void>();
  #halted = false;

  get halted(): boolean {
    return this.#halted;
  }

  halt(): void {
    this.#halted = true;
    for (const reject of this.#waiting) reject(new Halted());
    this.#waiting.clear();
  }

  /** What `waited` gives, or a rejection as soon as the halt comes; a later end of `waited` is nobody's concern. */
  race<T>(waited: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#halted) {
        waited.catch(() => undefined);
        reject(new Halted());
        return;
      }
      this.#waiting.add(reject);
      const over = (): boolean => this.#waiting.delete(reject);
      waited.then(
        (value) => {
          over();
          resolve(value);
        },
        (error: unknown) => {
          over();
          reject(error instanceof Error ? error : new Error(String(error)));
        },
      );
    });
  }
}
