import { type KeyboardEvent, memo, type ReactNode, useState } from 'react';

/** How a piece of the day looks: told apart by pattern, not by colour alone. */
export type DayLook = 'full' | 'part' | 'hatched' | 'dotted' | 'lined' | 'alert' | 'empty' | 'blank';

export interface DayPiece {
  /** Epoch ms. */
  readonly from: number;
  readonly to: number;
  readonly look: DayLook;
  /** What it reads as: from when to when, what, and why. */
  readonly words: string;
}

/** How many pieces a Page key passes. */
const leap = 10;

/**
 * A day from its first to its last moment as one line of pieces. Arrow keys go from piece to piece, Page keys over ten; the
 * words stand below, and are what the line reads as. Kept while nothing of it changes.
 */
export const DayLine = memo(function DayLine(props: {
  label: string;
  /** Epoch ms. */
  from: number;
  to: number;
  pieces: readonly DayPiece[];
  marks: readonly { readonly at: number; readonly words: string }[];
  /** While no piece is chosen. */
  hint: string;
}): ReactNode {
  const { pieces, from, to } = props;
  const [chosen, setChosen] = useState<number | null>(null);
  const width = to - from;
  const place = (at: number): number => ((at - from) / width) * 1000;
  const move = (event: KeyboardEvent): void => {
    const isRightToLeft = document.documentElement.dir === 'rtl';
    const ahead = isRightToLeft ? 'ArrowLeft' : 'ArrowRight';
    const back = isRightToLeft ? 'ArrowRight' : 'ArrowLeft';
    const steps: Readonly<Record<string, number>> = {
      [ahead]: 1,
      [back]: -1,
      ArrowUp: 1,
      ArrowDown: -1,
      PageUp: leap,
      PageDown: -leap,
      Home: -pieces.length,
      End: pieces.length,
    };
    const step = steps[event.key];
    if (step === undefined || pieces.length === 0) return;
    event.preventDefault();
    // The first key finds the first piece, whichever way it goes.
    const next = chosen === null && Math.abs(step) === 1 ? 0 : (chosen ?? 0) + step;
    setChosen(Math.min(pieces.length - 1, Math.max(0, next)));
  };
  const piece = chosen === null ? undefined : pieces[Math.min(chosen, pieces.length - 1)];
  return (
    <div className="day">
      <div
        className="day-line"
        role="slider"
        aria-label={props.label}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, pieces.length - 1)}
        aria-valuenow={chosen ?? 0}
        aria-valuetext={piece?.words ?? props.hint}
        tabIndex={0}
        onKeyDown={move}
      >
        {pieces.map((one, index) => (
          <span
            key={one.from}
            className="day-piece"
            data-look={one.look}
            data-chosen={index === chosen}
            style={{
              insetInlineStart: `${place(one.from) / 10}%`,
              width: `${(place(one.to) - place(one.from)) / 10}%`,
            }}
            onPointerEnter={() => {
              setChosen(index);
            }}
          />
        ))}
      </div>
      <div className="day-marks soft small" aria-hidden="true">
        {props.marks.map(({ at, words }) => (
          <span key={at} style={{ insetInlineStart: `${place(at) / 10}%` }}>
            {words}
          </span>
        ))}
      </div>
      {/* The line itself reads as these words. */}
      <p className="day-words small" aria-hidden="true">
        {piece?.words ?? <span className="soft">{props.hint}</span>}
      </p>
    </div>
  );
});

/** The same patterns, each with what it means. */
export function DayLegend(props: {
  entries: readonly { readonly look: DayLook; readonly words: string; readonly figure: string }[];
}): ReactNode {
  return (
    <ul className="day-legend small">
      {props.entries.map(({ look, words, figure }) => (
        <li key={words}>
          <span className="day-piece day-sample" data-look={look} aria-hidden="true" />
          {words} <span className="soft">{figure}</span>
        </li>
      ))}
    </ul>
  );
}
