import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposal.ts';
import type { VmPhase } from '../contract/index.ts';

/** Of the vCPUs' time, what a VM gets to hand its work back while nothing else is allowed. */
const share = 0.1;
/** When it is not the moment for it, it is looked for again after so long, in ms. */
const againMs = 15_000;

/** What others wait for, and can go on with elsewhere: a VM with it is not saved. */
export interface HandBack {
  /** Whether such work is in the VM, and still worth it. */
  readonly needed: () => boolean;
  /** Whether a little of the processor would not be felt now. */
  readonly mayNow: () => boolean;
  /** Resolves soon after the time that it may take, whether or not it could be done; safe to call again. */
  readonly run: () => Promise<void>;
}

export interface HandingBackOptions extends HandBack {
  readonly vm: {
    status(): { readonly phase: VmPhase };
    thaw(): Promise<void>;
    freeze(): Promise<unknown>;
    setShare(share: number): void;
  };
  /** Whether the policy lets the VM run. */
  readonly mayRun: () => boolean;
  readonly clock: Clock;
  /** It is done, or it may be tried now. */
  readonly onOver: () => void;
}

/**
 * Lets a frozen VM go on, with little, until what others wait for is handed back. The person who comes back in between has it
 * frozen again, as ever at once.
 */
export class HandingBack implements Disposable {
  readonly #o: HandingBackOptions;
  #isOn = false;
  #cancelAgain: (() => void) | undefined;
  #disposed = false;

  constructor(o: HandingBackOptions) {
    this.#o = o;
  }

  /** Whether a VM that may not run goes on nevertheless, for that and for nothing else. */
  get goesOn(): boolean {
    return this.#isOn && this.#o.mayNow();
  }

  /** The frozen VM is about to give its memory back: true when it must not yet. */
  takesOver(): boolean {
    if (this.#isOn) return true;
    if (!this.#o.needed()) return false;
    this.#cancelAgain?.();
    this.#cancelAgain = undefined;
    if (this.#o.mayNow()) this.#begin();
    else {
      this.#cancelAgain = this.#o.clock.after(againMs, () => {
        this.#cancelAgain = undefined;
        this.#o.onOver();
      });
    }
    return true;
  }

  dispose(): void {
    this.#disposed = true;
    this.#cancelAgain?.();
  }

  #begin(): void {
    const { vm, run } = this.#o;
    this.#isOn = true;
    vm.setShare(share);
    const over = (): void => {
      this.#over();
    };
    vm.thaw().then(run).then(over, over);
  }

  #over(): void {
    const { vm, mayRun, onOver } = this.#o;
    this.#isOn = false;
    if (this.#disposed) return;
    // What is left of it, were it nothing, has its turn again when it stands still.
    if (!mayRun() && vm.status().phase === 'running') void vm.freeze().catch(() => undefined);
    onOver();
  }
}
