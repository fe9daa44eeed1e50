import type { SealedFiles } from './sealed.ts';

/** The account keys of joined projects, enciphered, each as long as it is not safe on its VM's disk. */
export class AccountKeys {
  readonly #sealed: SealedFiles;
  readonly #lost = new Set<string>();

  constructor(sealed: SealedFiles) {
    this.#sealed = sealed;
  }

  async put(id: string, key: string): Promise<void> {
    await this.#sealed.put(nameOf(id), key);
    this.#lost.delete(id);
  }

  /** For a VM that has none; null: it is lost. Rejects `storage-failed` for one that cannot be read, which is lost, too. */
  async get(id: string): Promise<string | null> {
    try {
      const key = await this.#sealed.get(nameOf(id));
      if (key === null) this.#lost.add(id);
      return key;
    } catch (error) {
      this.#lost.add(id);
      throw error;
    }
  }

  async forget(id: string): Promise<void> {
    await this.#sealed.forget(nameOf(id));
    this.#lost.delete(id);
  }

  /** Whether a VM has asked for it in vain. */
  isLost(id: string): boolean {
    return this.#lost.has(id);
  }
}

function nameOf(id: string): string {
  return `account-${id}`;
}
