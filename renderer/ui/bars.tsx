import { type ReactNode, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { movedBar } from './bars-math.ts';
import { type BarsPicture, type DrawnBars, drawBars } from './bars-picture.ts';
import { useStyleChange } from './use-style-change.ts';

function onResize(changed: () => void): () => void {
  window.addEventListener('resize', changed);
  return () => {
    window.removeEventListener('resize', changed);
  };
}

/** Changes with the zoom, and with the screen that the window is on. */
function usePixelRatio(): number {
  return useSyncExternalStore(onResize, () => window.devicePixelRatio);
}

/**
 * Bars over time, with their legend. The one under the pointer, else the one that arrow keys have chosen, else the last is
 * told in words. Who uses it puts the same figures into a table beside it.
 */
export function Bars(props: {
  /** What the bars are of, for ears. */
  label: string;
  /** Drawn anew whenever it is another object. */
  picture: BarsPicture;
  /** A whole bar in words. */
  words: (index: number) => string;
}): ReactNode {
  const { label, picture, words } = props;
  const count = picture.labels.length;
  /** null: the last. */
  const [chosen, setChosen] = useState<number | null>(null);
  const [pointed, setPointed] = useState<number | null>(null);
  const at = Math.min(pointed ?? chosen ?? count - 1, count - 1);
  return (
    <div>
      <ul className="bar-legend small">
        {picture.parts.map((part) => (
          <li key={part.look}>
            <span className="bar-sample" data-look={part.look} />
            {part.words}
          </li>
        ))}
      </ul>
      <div
        className="bar-field"
        role="slider"
        tabIndex={0}
        aria-label={label}
        aria-valuemin={1}
        aria-valuemax={count}
        aria-valuenow={at + 1}
        aria-valuetext={words(at)}
        onKeyDown={(event) => {
          const next = movedBar(at, event.key, count, document.documentElement.dir === 'rtl');
          if (next === null) return;
          event.preventDefault();
          setPointed(null);
          setChosen(next);
        }}
      >
        <Picture picture={picture} at={at} onPoint={setPointed} />
      </div>
      <p className="bar-words small">{words(at)}</p>
    </div>
  );
}

function Picture(props: {
  picture: BarsPicture;
  at: number;
  onPoint: (index: number | null) => void;
}): ReactNode {
  const { picture, at, onPoint } = props;
  const box = useRef<HTMLDivElement>(null);
  const drawn = useRef<DrawnBars | null>(null);
  const marked = useRef(at);
  /** Width and height, so that another size of the text counts, too; null until they are known. */
  const [size, setSize] = useState<string | null>(null);
  const style = useStyleChange();
  const ratio = usePixelRatio();
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const watch = new ResizeObserver(() => {
      setSize(`${element.clientWidth} ${element.clientHeight}`);
    });
    watch.observe(element);
    return () => {
      watch.disconnect();
    };
  }, []);
  useEffect(() => {
    const element = box.current;
    if (!element || size === null) return undefined;
    // What changes while nobody sees it is drawn when somebody does.
    const draw = (): void => {
      if (drawn.current !== null || document.visibilityState === 'hidden') return;
      drawn.current = drawBars(element, picture, onPoint);
      drawn.current.mark(marked.current);
    };
    draw();
    document.addEventListener('visibilitychange', draw);
    return () => {
      document.removeEventListener('visibilitychange', draw);
      drawn.current?.destroy();
      drawn.current = null;
    };
    // Size, style and ratio are reasons to draw anew.
  }, [picture, onPoint, size, style, ratio]);
  useEffect(() => {
    marked.current = at;
    drawn.current?.mark(at);
  }, [at]);
  return <div ref={box} className="bars" aria-hidden="true" />;
}
