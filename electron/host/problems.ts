import type { Failure } from '../contract/index.ts';

/** What is wrong right now, one failure per cause; a cause that is mended takes its problem away. */
export class Problems {
  readonly #byCause = new Map<string, Failure>();
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  set(cause: string, failure: Failure | null): void {
    const before = this.#byCause.get(cause);
    if (failure === null ? before === undefined : before?.sentence === failure.sentence) return;
    if (failure === null) this.#byCause.delete(cause);
    else this.#byCause.set(cause, failure);
    this.#onChange();
  }

  get(cause: string): Failure | undefined {
    return this.#byCause.get(cause);
  }

  /** The part is gone. */
  clear(part: string): void {
    for (const cause of [...this.#byCause.keys()]) if (cause.startsWith(`${part} `)) this.set(cause, null);
  }

  /** Each thing once, though several parts may stumble over it. */
  list(): Failure[] {
    return [...new Map([...this.#byCause.values()].map((failure) => [failure.sentence, failure])).values()];
  }

  /** The problems of one part, whose causes mix with no other's. */
  of(part: string): ProblemsOf {
    return {
      set: (cause, failure) => {
        this.set(`${part} ${cause}`, failure);
      },
      get: (cause) => this.get(`${part} ${cause}`),
    };
  }
}

export interface ProblemsOf {
  set(cause: string, failure: Failure | null): void;
  get(cause: string): Failure | undefined;
}
