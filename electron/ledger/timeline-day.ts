import { type ActivityDay, type TimelineMoment, TimelineState } from '../contract/index.ts';
import { hoursOf, type Span } from './calendar.ts';

/** Something that is known to have been so from `at` until `until`, in epoch ms. */
export interface Known {
  readonly moment: TimelineMoment;
  readonly at: number;
  readonly until: number;
}

type Segment = ActivityDay['segments'][number];

const off: TimelineMoment = { state: 'off', reason: null, grid: null };

/**
 * A time without a gap out of what is known, which is in the order of `at`: the later one counts where two overlap (the
 * clock was set back), and what nothing is known of was off. Pure.
 */
export function segmentsOf(known: readonly Known[], { from, to }: Span): Segment[] {
  const segments: Segment[] = [];
  let end = from;
  const until = (moment: TimelineMoment, next: number): void => {
    if (next <= end) return;
    const last = segments.at(-1);
    if (last && isSameMoment(last, moment)) segments[segments.length - 1] = { ...last, to: next };
    else segments.push({ from: end, to: next, ...moment });
    end = next;
  };
  for (const [index, { moment, at, until: knownUntil }] of known.entries()) {
    const next = known[index + 1]?.at ?? to;
    until(off, Math.min(at, to));
    until(moment, Math.min(knownUntil, next, to));
  }
  until(off, to);
  return segments;
}

/** Pure. */
export function isSameMoment(a: TimelineMoment, b: TimelineMoment | undefined): boolean {
  return a.state === b?.state && a.reason === b.reason && a.grid === b.grid;
}

/** Seconds by state in each hour of the day. Pure. */
export function hourSums(segments: readonly Segment[], day: Span): ActivityDay['hours'] {
  return hoursOf(day).map((hour) => {
    const seconds = Object.fromEntries(TimelineState.options.map((state) => [state, 0])) as Record<
      TimelineState,
      number
    >;
    for (const { from, to, state } of segments) {
      seconds[state] += Math.max(0, Math.min(to, hour.to) - Math.max(from, hour.from)) / 1000;
    }
    return { ...hour, seconds };
  });
}
