import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';

export interface Column {
  readonly id: string;
  readonly words: string;
  /** A track of CSS grid. */
  readonly width: string;
  /** Figures stand at the end of their column. */
  readonly isFigure?: boolean;
}

const rowRem = 2.75;
/** Rows that are kept ready beyond what can be seen. */
const overscan = 12;

/**
 * A table of any length, of which only the rows in sight exist. One row is current: arrows, Page keys, Home and End move
 * it, Enter or a click opens it.
 */
export function LongTable(props: {
  label: string;
  columns: readonly Column[];
  count: number;
  /** One cell per column; null: not loaded yet. */
  row: (index: number) => readonly ReactNode[] | null;
  /** Rows that are about to be seen, both included. */
  onRange: (first: number, last: number) => void;
  onOpen: (index: number) => void;
  loading: string;
}): ReactNode {
  const { count, onRange } = props;
  const id = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const [current, setCurrent] = useState(0);
  const rootPx = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
  const rowPx = Math.round(rowRem * rootPx);
  // eslint-disable-next-line react-hooks/incompatible-library -- what it returns is read here and handed to nobody
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    overscan,
  });
  const items = virtual.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? -1;
  useEffect(() => {
    if (last >= first) onRange(first, last);
  }, [first, last, onRange]);

  const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? rowPx * 10) / rowPx) - 2);
  const steps: Readonly<Record<string, number>> = {
    ArrowDown: 1,
    ArrowUp: -1,
    PageDown: page,
    PageUp: -page,
    Home: -count,
    End: count,
  };
  const key = (event: KeyboardEvent): void => {
    const step = steps[event.key];
    if (step !== undefined) {
      event.preventDefault();
      const next = Math.max(0, Math.min(count - 1, current + step));
      setCurrent(next);
      virtual.scrollToIndex(next);
    } else if (event.key === 'Enter' && count > 0) {
      event.preventDefault();
      props.onOpen(current);
    }
  };
  const tracks = props.columns.map(({ width }) => width).join(' ');
  const kindOf = ({ isFigure }: Column): string =>
    isFigure === true ? 'long-cell long-figure' : 'long-cell';

  return (
    <div
      className="long"
      role="grid"
      aria-label={props.label}
      aria-rowcount={count + 1}
      aria-colcount={props.columns.length}
      aria-activedescendant={count > 0 ? `${id}-${current}` : undefined}
      tabIndex={0}
      onKeyDown={key}
    >
      <div
        role="row"
        aria-rowindex={1}
        className="long-row long-head"
        style={{ gridTemplateColumns: tracks }}
      >
        {props.columns.map((column) => (
          <span key={column.id} role="columnheader" className={kindOf(column)}>
            {column.words}
          </span>
        ))}
      </div>
      <div ref={scroller} role="rowgroup" className="long-body">
        <div role="presentation" className="long-space" style={{ height: virtual.getTotalSize() }}>
          {items.map(({ index, start, size }) => {
            const cells = props.row(index);
            return (
              <div
                key={index}
                id={`${id}-${index}`}
                role="row"
                aria-rowindex={index + 2}
                aria-selected={index === current}
                className="long-row"
                style={{ gridTemplateColumns: tracks, height: size, transform: `translateY(${start}px)` }}
                onClick={() => {
                  setCurrent(index);
                  props.onOpen(index);
                }}
              >
                {cells === null ? (
                  <span role="gridcell" className="long-cell soft" aria-colspan={props.columns.length}>
                    {props.loading}
                  </span>
                ) : (
                  props.columns.map((column, at) => (
                    <span key={column.id} role="gridcell" className={kindOf(column)}>
                      {cells[at]}
                    </span>
                  ))
                )}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
