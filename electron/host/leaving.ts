import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposal.ts';
import type { Log } from '../base/log.ts';
import { toFailure } from '../contract/index.ts';

/** What the system is taken to leave us until it has said, in ms: logind's default. */
const usualDelayMs = 5000;
/** Of that, what is kept back for what comes after. */
const reserveMs = 1000;

export interface LeavingOptions {
  readonly inhibitor: Disposable & {
    readonly held: boolean | null;
    hold(): Promise<boolean>;
    release(): void;
    delayMaxMs(): Promise<number | null>;
  };
  /** Resolves when the VM stands still and nothing of it is under way. */
  readonly frozen: () => Promise<void>;
  /** How long saving the VM would take, in ms; null when there is nothing to save. */
  readonly saveMs: () => number | null;
  /** Frozen → saved; rejects when it cannot be saved. */
  readonly save: () => Promise<void>;
  /** Keeps the running job's progress, while the VM still runs; gives up after `ms`. */
  readonly checkpoint: (ms: number) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Sleep and shutdown: the system is held back for the little while that it grants, what runs is brought to safety in
 * that time, then it is let go. Never longer than it grants, however badly something fails.
 */
export class Leaving implements Disposable {
  readonly #o: LeavingOptions;
  #sleeping = false;
  #shuttingDown = false;
  #delayMs = usualDelayMs;
  #disposed = false;

  constructor(o: LeavingOptions) {
    this.#o = o;
  }

  /** Whether the system waits; null: nothing is asked of it now, or there is nobody to ask. */
  get held(): boolean | null {
    return this.#o.inhibitor.held;
  }

  /** Takes the lock that makes the system wait, where there is somebody to ask for it. */
  async begin(): Promise<void> {
    const delayMs = await this.#o.inhibitor.delayMaxMs();
    if (delayMs === null || this.#disposed) return;
    this.#delayMs = delayMs;
    await this.#o.inhibitor.hold();
  }

  /**
   * Told after every change of these signals, when the policy has acted on `sleeping`. `tellPolicy` lets it know of a
   * shutdown, after which the VM is frozen.
   */
  follow(
    signals: { readonly sleeping: boolean; readonly shuttingDown: boolean },
    tellPolicy: (shutdown: boolean) => void,
  ): void {
    const fellAsleep = signals.sleeping && !this.#sleeping;
    const woke = !signals.sleeping && this.#sleeping;
    const goesDown = signals.shuttingDown && !this.#shuttingDown;
    const staysUp = !signals.shuttingDown && this.#shuttingDown;
    this.#sleeping = signals.sleeping;
    this.#shuttingDown = signals.shuttingDown;
    if (staysUp) tellPolicy(false);
    if (goesDown) {
      this.#within('shutdown', async (left) => {
        await this.#o.checkpoint(left() / 2);
        // Called off meanwhile.
        if (!this.#shuttingDown) return;
        tellPolicy(true);
        await this.#standStill(left);
      });
    } else if (fellAsleep) {
      this.#within('sleep', (left) => this.#standStill(left));
    } else if (woke || staysUp) {
      void this.#o.inhibitor.hold();
    }
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    await this.#o.inhibitor.dispose();
  }

  /** Frozen, and saved if that fits. */
  async #standStill(left: () => number): Promise<void> {
    await this.#o.frozen();
    const takes = this.#o.saveMs();
    if (takes === null) return;
    if (takes > left()) this.#o.log.info('leaving', 'saving would take too long', { takes, left: left() });
    else await this.#o.save();
  }

  #within(what: string, work: (left: () => number) => Promise<void>): void {
    const { clock, log, inhibitor } = this.#o;
    const until = clock.monotonic() + Math.max(0, this.#delayMs - reserveMs);
    let cancel: () => void = () => undefined;
    const late = new Promise<void>((resolve) => {
      cancel = clock.after(until - clock.monotonic(), () => {
        log.warn('leaving', 'there was no time left for all of it', { what });
        resolve();
      });
    });
    const done = work(() => until - clock.monotonic()).catch((error: unknown) => {
      log.warn('leaving', toFailure(error).sentence, { what });
    });
    void Promise.race([done, late]).then(() => {
      cancel();
      inhibitor.release();
      // Called off meanwhile, or slept through: the next one shall wait for us again.
      if (!this.#sleeping && !this.#shuttingDown && !this.#disposed) void inhibitor.hold();
    });
  }
}
