import { rm } from 'node:fs/promises';
import type { Duplex } from 'node:stream';
import { GleanerError } from '../contract/failures.ts';
import type { VmFolder } from './folder.ts';
import { feedState } from './migration.ts';
import type { QmpClient } from './qmp.ts';
import { consumeState } from './state-file.ts';

/**
 * A guest's way back out of its saved state, up to the moment in which its vCPUs may run. It can be held at any
 * time; the state is used up only when nothing holds it, so that until then the state is still the one to come back to.
 */
export class Comeback {
  readonly #folder: VmFolder;
  readonly #pieces: () => AsyncIterable<Uint8Array>;
  #held = true;
  #gate: Promise<void> = Promise.resolve();
  #openGate: (() => void) | undefined;

  /** @param pieces QEMU's migration stream, each piece authenticated */
  constructor(folder: VmFolder, pieces: () => AsyncIterable<Uint8Array>) {
    this.#folder = folder;
    this.#pieces = pieces;
  }

  /** Whether the state is still whole on the disk. */
  get held(): boolean {
    return this.#held;
  }

  hold(): void {
    if (this.#openGate) return;
    this.#gate = new Promise((resolve) => {
      this.#openGate = resolve;
    });
  }

  goOn(): void {
    this.#openGate?.();
    this.#openGate = undefined;
  }

  /** Feeds QEMU and uses the state up. Rejects `qemu-exited`, `state-unfit`, or what the file system says. */
  async load(o: { monitor: QmpClient; stream: Duplex; gone: Promise<unknown> }): Promise<void> {
    await feedState({ ...o, pieces: this.#pieces(), mayGoOn: () => this.#gate });
    const ended = o.gone.then(() => {
      throw new GleanerError('qemu-exited', 'QEMU has ended.');
    });
    ended.catch(() => undefined);
    while (this.#openGate) await Promise.race([this.#gate, ended]);
    await consumeState(this.#folder);
    this.#held = false;
  }

  /** Deletes what is left of the state once it is used up. */
  async tidy(): Promise<void> {
    await rm(this.#folder.usedStatePath, { force: true });
  }
}
