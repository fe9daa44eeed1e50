import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { type Allowance, type Signals, toFailure, type YieldRecord } from '../contract/index.ts';

/** A cause that was seen longer ago could not be answered at once: there was no VM to freeze. In ms. */
const freshMs = 10_000;

export interface YieldOptions {
  readonly keep: (record: YieldRecord) => void;
  readonly signals: () => Signals;
  /** Monotonic ms since which nothing is allowed. */
  readonly stoppedSince: () => number | null;
  /** Resolves with the monotonic ms at which the VM's QEMU last used CPU; null where that cannot be seen. */
  readonly watchQuiet: () => Promise<number | null>;
  readonly clock: Clock;
  readonly log: Log;
  readonly onChange: () => void;
}

/** Measures each time that the computer is given back, from what was seen to a QEMU that uses no CPU. */
export class Yields {
  readonly #o: YieldOptions;

  constructor(o: YieldOptions) {
    this.#o = o;
  }

  /** Called right after the VM was told to freeze; measures beside it and never in its way. */
  measure(allowance: Allowance, frozen: Promise<unknown>): void {
    const { clock } = this.#o;
    const asked = clock.monotonic();
    const signals = this.#o.signals();
    const cause = allowance.reasons[0]?.code ?? 'limit';
    const seen = (cause === 'input' ? signals.lastInputAt : this.#o.stoppedSince()) ?? asked;
    const seenAt = asked - seen > freshMs ? asked : Math.min(seen, asked);
    frozen
      .then(async () => {
        const stoppedMs = clock.monotonic() - seenAt;
        const at = clock.now();
        const quietAt = await this.#o.watchQuiet();
        this.#keep({
          at,
          cause,
          stoppedMs,
          quietMs: quietAt === null ? null : Math.max(stoppedMs, quietAt - seenAt),
          polledMs: cause === 'input' ? signals.inputPollMs : 0,
          inputSource: cause === 'input' ? signals.inputSource : null,
        });
      })
      // A VM that ended instead was given back, too; its own failure is told elsewhere.
      .catch(() => undefined);
  }

  #keep(record: YieldRecord): void {
    try {
      this.#o.keep(record);
    } catch (error) {
      // Nothing that the person has to mend for its sake.
      this.#o.log.warn('yields', `not kept: ${toFailure(error).sentence}`);
    }
    this.#o.onChange();
  }
}
