import type { ActivityDay, TimelineState } from '../../electron/contract/activity.ts';

/** `unknown`: from before the record begins. */
export type ShownState = TimelineState | 'unknown';

export interface Piece {
  /** Epoch ms. */
  readonly from: number;
  readonly to: number;
  readonly state: ShownState;
  readonly reason: ActivityDay['segments'][number]['reason'];
  readonly grid: string | null;
}

/** In the order of the legend and of the table's columns. */
export const shownStates = [
  'worked',
  'yielded',
  'paused',
  'waiting',
  'starting',
  'attention',
  'off',
  'unknown',
] as const satisfies readonly ShownState[];

/** The day's segments, and apart from them what nobody knows of. Pure. */
export function piecesOf({ segments, recordedSince }: ActivityDay): readonly Piece[] {
  const since = recordedSince ?? Infinity;
  const unknown = { state: 'unknown', reason: null, grid: null } as const;
  const known = segments
    .filter(({ to }) => to > since)
    .map((segment) => ({ ...segment, from: Math.max(segment.from, since) }));
  const first = segments[0]?.from;
  const until = known[0]?.from ?? segments.at(-1)?.to;
  if (first === undefined || until === undefined || until <= first) return known;
  return [{ from: first, to: until, ...unknown }, ...known];
}

/** Seconds by state, those that occur only, in the order of `shownStates`. Pure. */
export function sumsOf(pieces: readonly Piece[]): readonly (readonly [state: ShownState, seconds: number])[] {
  return shownStates
    .map((state) => {
      const own = pieces.filter((piece) => piece.state === state);
      return [state, own.reduce((sum, { from, to }) => sum + (to - from) / 1000, 0)] as const;
    })
    .filter(([, seconds]) => seconds > 0);
}

export interface HourRow {
  /** Epoch ms. */
  readonly from: number;
  readonly to: number;
  /** By state; a state that did not occur is absent. */
  readonly seconds: ReadonlyMap<ShownState, number>;
}

/** The hours that have begun, each with what was so for how long. Pure. */
export function hourRows({ hours, recordedSince }: ActivityDay): readonly HourRow[] {
  const since = recordedSince ?? Infinity;
  return hours.flatMap(({ from, to, seconds }) => {
    const before = Math.max(0, Math.min(to, since) - from) / 1000;
    const shown = new Map<ShownState, number>(
      shownStates.flatMap((state) => {
        const all = state === 'unknown' ? Math.min(before, seconds.off) : seconds[state];
        // What was before the record is told as off.
        const known = state === 'off' ? Math.max(0, all - before) : all;
        return known > 0 ? [[state, known] as const] : [];
      }),
    );
    return shown.size === 0 ? [] : [{ from, to, seconds: shown }];
  });
}
