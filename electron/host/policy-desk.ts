import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposal.ts';
import type { Allowance, EffectiveSettings, Signals } from '../contract/index.ts';
import type { Policy } from '../policy/causes.ts';
import { decide, type History, noHistory, withoutHolds } from '../policy/decide.ts';
import type { Pause } from '../policy/pause.ts';

/** The wall clock may jump: where a time of it is waited for, no timer is trusted for longer, in ms. */
const clockWaitMs = 30_000;
/** What only monotonic time decides needs no such looks, which would cost an idle computer something each. */
const longestWaitMs = 600_000;

export interface PolicyDeskOptions {
  readonly signals: () => Signals;
  readonly effective: () => EffectiveSettings;
  readonly pause: () => Pause | null;
  readonly vcpus: () => number;
  readonly clock: Clock;
  /** Time alone may have changed the answer. */
  readonly onDue: () => void;
}

/** Asks the policy, hands each decision what the one before remembered, and knows when to ask again. */
export class PolicyDesk implements Disposable {
  readonly #o: PolicyDeskOptions;
  #history: History = noHistory;
  #again: number | null = null;
  #cancel: (() => void) | undefined;
  #disposed = false;

  constructor(o: PolicyDeskOptions) {
    this.#o = o;
  }

  /** What is allowed now. Cheap; waits for nothing. */
  decide(): Allowance {
    const { clock, signals, pause } = this.#o;
    const moment = { now: clock.now(), monotonic: clock.monotonic(), pause: pause(), signals: signals() };
    const decision = decide(moment, this.policy(), this.#history);
    this.#history = decision.history;
    this.#wakeAt(decision.again);
    return decision.allowance;
  }

  policy(): Policy {
    return { effective: this.#o.effective(), vcpus: this.#o.vcpus(), narrowing: null };
  }

  /** Monotonic ms since which nothing is allowed; null: something is. */
  get stoppedSince(): number | null {
    return this.#history.stoppedSince;
  }

  /** Epoch ms at which time alone may change the answer; null: never. */
  get nextChangeAt(): number | null {
    const { clock } = this.#o;
    return this.#again === null
      ? null
      : Math.round(clock.now() + Math.max(0, this.#again - clock.monotonic()));
  }

  /** The person wants it to go on now: what only lingers is forgotten. */
  forgetHolds(): void {
    this.#history = withoutHolds(this.#history);
  }

  dispose(): void {
    this.#disposed = true;
    this.#cancel?.();
  }

  #waitsForTheClock(): boolean {
    const until = this.#o.pause()?.until ?? null;
    return until !== null || this.#o.effective().values['schedule.windows'].length > 0;
  }

  #wakeAt(again: number | null): void {
    if (this.#again === again && this.#cancel) return;
    this.#again = again;
    this.#cancel?.();
    this.#cancel = undefined;
    if (again === null || this.#disposed) return;
    const { clock, onDue } = this.#o;
    const most = this.#waitsForTheClock() ? clockWaitMs : longestWaitMs;
    const wait = Math.min(most, Math.max(1, again - clock.monotonic()));
    this.#cancel = clock.after(wait, () => {
      this.#cancel = undefined;
      onDue();
    });
  }
}
