/** Thrown out of everything that an attempt waits for once it has been halted. */
export class Halted extends Error {
  override readonly name = 'Halted';
}

/** A stop from outside that ends any wait. */
export class Halt {
  readonly #signal: Promise<never>;
  #reject: (reason: Halted) => void = () => undefined;
  #halted = false;

  constructor() {
    this.#signal = new Promise<never>((_, reject) => {
      this.#reject = reject;
    });
    // Nobody may be waiting when it comes.
    this.#signal.catch(() => undefined);
  }

  get halted(): boolean {
    return this.#halted;
  }

  halt(): void {
    this.#halted = true;
    this.#reject(new Halted());
  }

  /** What `waited` gives, or a rejection as soon as the halt comes; a later end of `waited` is nobody's concern. */
  race<T>(waited: Promise<T>): Promise<T> {
    return Promise.race([this.#signal, waited]);
  }
}
