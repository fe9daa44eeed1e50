/** Promises that resolve when something has become true; whoever changes things says so by `look`. */
export class Waiters {
  readonly #waiting = new Set<() => void>();

  until(check: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!check()) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  look(): void {
    for (const look of [...this.#waiting]) look();
  }
}
