import type { Log } from '../base/log.ts';
import type { Failure } from '../contract/failures.ts';
import { type AcceleratorSetting, type Refusals, refusalWords, remember } from './accelerator.ts';
import type { Next } from './machine.ts';
import type { Prepared } from './prepare.ts';

interface TrialsOptions {
  readonly accelerator: AcceleratorSetting;
  readonly acceleratorMemoryPath: string;
  readonly log: Log;
}

/** Which accelerators failed since the last good boot, and what that means for the next one. */
export class Trials {
  readonly #options: () => TrialsOptions;
  #tried: Refusals = {};

  /** @param options those of the present launch */
  constructor(options: () => TrialsOptions) {
    this.#options = options;
  }

  get tried(): Refusals {
    return this.#tried;
  }

  /**
   * A first boot that failed under an accelerator which never proved itself: the next candidate is tried at
   * once. A forced one has no next, and says so.
   */
  blame(prepared: Prepared, failure: Failure): { failure: Failure; next: Next } {
    const { accelerator, log } = this.#options();
    if (prepared.proven) return { failure, next: 'backoff' };
    const { name } = prepared.accelerator;
    if (name === 'tcg') {
      // Nothing boots: that is no accelerator's fault.
      this.#tried = {};
      return { failure, next: 'backoff' };
    }
    const didNotBoot = refusalWords(name, 'no-boot');
    if (accelerator === 'auto') {
      this.#tried = { ...this.#tried, [name]: 'no-boot' };
      log.warn('vm', didNotBoot, { why: failure.sentence });
      return { failure, next: 'start' };
    }
    const sentence = `${didNotBoot}: ${failure.sentence}`.slice(0, 1000);
    return {
      failure: { code: 'accelerator-unusable', sentence, hint: 'Set the accelerator to “auto”.' },
      next: 'backoff',
    };
  }

  /** A guest booted. One that was brought back proves nothing about boots. */
  good(prepared: Prepared): void {
    const { accelerator, acceleratorMemoryPath, log } = this.#options();
    if (!prepared.proven && !prepared.saved && accelerator === 'auto') {
      try {
        remember(acceleratorMemoryPath, prepared.proofKey, {
          good: prepared.accelerator.name,
          refusals: this.#tried,
        });
      } catch (error) {
        log.warn('vm', 'the accelerator could not be remembered', { why: String(error) });
      }
    }
    this.#tried = {};
  }
}
