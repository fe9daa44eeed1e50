import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createPrivateFile, readPrivateFile } from '../base/private-file.ts';

const keyBytes = 32;
const wrappedBytesMax = 16 * 1024;

/** What we need of Electron's `safeStorage`; asked after the app is ready. */
export interface KeyWrapper {
  isEncryptionAvailable(): boolean;
  /** Linux only. */
  getSelectedStorageBackend?(): string;
  encryptString(text: string): Buffer;
  decryptString(wrapped: Buffer): string;
}

interface KeySource {
  readonly place: string;
  key(name: string): Promise<Uint8Array>;
}

/** On Linux without a keyring Electron wraps with a password that everybody knows: that is no wrapping. */
const worthless: ReadonlySet<string> = new Set(['basic_text', 'unknown']);

/**
 * Secrets that the system's own store keeps: `DIR/NAME.wrapped` holds a key that only it can unwrap. Where there is
 * no such store, `otherwise` has them, and {@link place} says so.
 */
export class WrappedKeys implements KeySource {
  readonly #dir: string;
  readonly #wrapper: KeyWrapper;
  readonly #otherwise: KeySource;

  constructor(dir: string, wrapper: KeyWrapper, otherwise: KeySource) {
    this.#dir = dir;
    this.#wrapper = wrapper;
    this.#otherwise = otherwise;
  }

  /** Where the keys are, for doctor. */
  get place(): string {
    return this.#isUsable()
      ? 'the system’s key store'
      : `${this.#otherwise.place}, because there is no key store here`;
  }

  /** Rejects what the file system says, or `otherwise`. A key that cannot be unwrapped any more is replaced. */
  async key(name: string): Promise<Uint8Array> {
    if (!this.#isUsable()) return this.#otherwise.key(name);
    const filePath = join(this.#dir, `${name}.wrapped`);
    const known = await this.#read(filePath);
    if (known) return known;
    const made = randomBytes(keyBytes);
    await rm(filePath, { force: true });
    await createPrivateFile(filePath, this.#wrapper.encryptString(made.toString('base64')));
    return (await this.#read(filePath)) ?? made;
  }

  async #read(filePath: string): Promise<Uint8Array | undefined> {
    const wrapped = await readPrivateFile(filePath, wrappedBytesMax).catch(() => undefined);
    if (!wrapped) return undefined;
    try {
      const key = Buffer.from(this.#wrapper.decryptString(Buffer.from(wrapped)), 'base64');
      return key.length === keyBytes ? key : undefined;
    } catch {
      return undefined;
    }
  }

  #isUsable(): boolean {
    const { platform } = process;
    if (!this.#wrapper.isEncryptionAvailable()) return false;
    return platform !== 'linux' || !worthless.has(this.#wrapper.getSelectedStorageBackend?.() ?? 'unknown');
  }
}
