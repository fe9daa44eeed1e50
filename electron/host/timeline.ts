import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposal.ts';
import type { Log } from '../base/log.ts';
import {
  type Allowance,
  type Contribution,
  type TimelineMoment,
  type TimelineState,
  toFailure,
} from '../contract/index.ts';
import { isSameMoment } from '../ledger/timeline-day.ts';
import type { TimelineLog } from '../ledger/timeline-log.ts';

/** What lasts less is no change. In ms. */
const steadyMs = 1000;
/** How often it is written down that all is as it was, in ms: each write is synced. */
const beatMs = 60_000;

const states: Readonly<Record<Contribution['state'], TimelineState>> = {
  working: 'worked',
  yielding: 'yielded',
  paused: 'paused',
  waiting: 'waiting',
  starting: 'starting',
  attention: 'attention',
};

/** What a person would look for in the timeline. @param grid whose VM is the liveliest. Pure. */
export function momentOf(
  {
    state,
    allowance,
  }: Pick<Contribution, 'state'> & { readonly allowance: Pick<Allowance, 'run' | 'reasons'> },
  grid: string,
): TimelineMoment {
  // What merely narrows the work explains why it works slowly, and not why it does not.
  const explains = !allowance.run || state === 'working';
  return {
    state: states[state],
    reason: explains ? (allowance.reasons[0]?.code ?? null) : null,
    grid: state === 'working' || state === 'starting' ? grid : null,
  };
}

export interface TimelineOptions {
  readonly timeline: Pick<TimelineLog, 'add' | 'touch'>;
  /** How it is now; asked at most once a second, and only after changes. */
  readonly look: () => TimelineMoment;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Writes changes of the contribution into the timeline. Not in the turn in which they happen: whoever gives the computer
 * back waits for no disk. A change counts from when it was told of, once it has lasted for a second.
 */
export class TimelineWriter implements Disposable {
  readonly #o: TimelineOptions;
  /** As it was written last; undefined before the beginning and after the end. */
  #written: TimelineMoment | undefined;
  #change: { readonly moment: TimelineMoment; readonly at: number } | undefined;
  #cancelLook: (() => void) | undefined;
  #cancelBeat: (() => void) | undefined;
  #failed = false;
  #disposed = false;

  constructor(o: TimelineOptions) {
    this.#o = o;
  }

  /** From here on this host contributes. */
  begin(): void {
    if (this.#disposed) return;
    this.#write({ moment: this.#o.look(), at: this.#o.clock.now() });
    this.#beat();
  }

  /** {@link TimelineOptions.look} may answer otherwise. Cheap. */
  changed(): void {
    if (this.#written && !this.#cancelLook) this.#lookSoon(this.#o.clock.now());
  }

  dispose(): void {
    this.#disposed = true;
    this.#cancelLook?.();
    this.#cancelBeat?.();
    this.#touch();
    this.#written = undefined;
  }

  #lookSoon(toldAt: number): void {
    this.#cancelLook = this.#o.clock.after(steadyMs, () => {
      this.#cancelLook = undefined;
      this.#look(toldAt);
    });
  }

  #look(toldAt: number): void {
    const moment = this.#o.look();
    const change = this.#change;
    this.#change = undefined;
    if (isSameMoment(moment, this.#written)) return;
    if (change && isSameMoment(moment, change.moment)) {
      this.#write(change);
      return;
    }
    this.#change = { moment, at: toldAt };
    this.#lookSoon(this.#o.clock.now());
  }

  #write({ moment, at }: { readonly moment: TimelineMoment; readonly at: number }): void {
    this.#written = moment;
    this.#safely(() => {
      this.#o.timeline.add(moment, at, Math.max(at, this.#o.clock.now()));
    });
  }

  #beat(): void {
    this.#cancelBeat = this.#o.clock.after(beatMs, () => {
      this.#touch();
      this.#beat();
    });
  }

  #touch(): void {
    const written = this.#written;
    if (!written) return;
    this.#safely(() => {
      this.#o.timeline.touch(written, this.#o.clock.now());
    });
  }

  /** A full disk is told of by those who cannot do without it. */
  #safely(work: () => void): void {
    try {
      work();
      this.#failed = false;
    } catch (error) {
      if (!this.#failed) this.#o.log.warn('timeline', 'could not be written', { ...toFailure(error) });
      this.#failed = true;
    }
  }
}
