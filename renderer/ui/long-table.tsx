import { useVirtualizer } from '@tanstack/react-virtual';
import {
  type CSSProperties,
  type KeyboardEvent,
  memo,
  type ReactNode,
  type Ref,
  useCallback,
  useEffect,
  useId,
  useImperativeHandle,
  useRef,
  useState,
} from 'react';

export interface Column {
  readonly id: string;
  readonly words: string;
  /** A track of CSS grid. */
  readonly width: string;
  /** Figures stand at the end of their column. */
  readonly isFigure?: boolean;
  /** What the row is about. */
  readonly isHead?: boolean;
}

const rowRem = 3.5;
const headRem = 2.25;
/** Rows that are kept ready beyond what can be seen. */
const overscan = 6;

/**
 * A table of any length, of which only the rows in sight exist. One row is current: arrows, Page keys, Home and End move
 * it, Enter, the space bar or a click opens it.
 */
export function LongTable(props: {
  label: string;
  /** The same object while nothing about them changes. */
  columns: readonly Column[];
  count: number;
  /** One cell per column, the same object while the row is the same; null: not loaded yet. */
  row: (index: number) => readonly ReactNode[] | null;
  /** Rows that are about to be seen, both included. */
  onRange: (first: number, last: number) => void;
  onOpen: (index: number) => void;
  loading: string;
  /** Back to the first row whenever this changes. */
  beginning: number;
  /** What takes the focus for the table. */
  ref?: Ref<{ focus(): void }>;
}): ReactNode {
  const { count, onRange, onOpen, beginning } = props;
  const id = useId();
  const scroller = useRef<HTMLDivElement>(null);
  useImperativeHandle(props.ref, () => ({ focus: () => scroller.current?.focus() }), []);
  const [chosen, setChosen] = useState(0);
  const current = Math.min(chosen, Math.max(0, count - 1));
  const rootPx = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
  const rowPx = Math.round(rowRem * rootPx);
  const headPx = Math.round(headRem * rootPx);
  // eslint-disable-next-line react-hooks/incompatible-library -- what it returns is read here and handed to nobody
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    overscan,
    // The head covers the first row's place, and pushes the others down by its own height.
    scrollPaddingEnd: headPx,
  });
  useEffect(() => {
    virtual.measure();
  }, [virtual, rowPx]);
  useEffect(() => {
    setChosen(0);
    virtual.scrollToOffset(0);
  }, [virtual, beginning]);

  const items = virtual.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? -1;
  useEffect(() => {
    if (last >= first) onRange(first, last);
  }, [first, last, onRange]);
  const open = useCallback(
    (index: number) => {
      setChosen(index);
      onOpen(index);
    },
    [onOpen],
  );

  const key = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowPx) - 1);
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -count,
      End: count,
    };
    const step = steps[event.key];
    if (count === 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    if (step !== undefined) {
      const next = Math.max(0, Math.min(count - 1, current + step));
      setChosen(next);
      virtual.scrollToIndex(next);
    } else if (event.key === 'Enter' || event.key === ' ') {
      onOpen(current);
    } else return;
    event.preventDefault();
  };
  const isCurrentThere = current >= first && current <= last;
  const sizes: CSSProperties & Record<`--${string}`, string> = {
    '--long-tracks': props.columns.map(({ width }) => width).join(' '),
    '--long-head': `${headPx}px`,
    '--long-size': `${headPx + virtual.getTotalSize() + 2}px`,
  };

  return (
    <div
      ref={scroller}
      className="long"
      role="grid"
      aria-label={props.label}
      aria-rowcount={count + 1}
      aria-colcount={props.columns.length}
      aria-activedescendant={isCurrentThere ? `${id}-${current}` : undefined}
      tabIndex={0}
      style={sizes}
      onKeyDown={key}
    >
      <div role="rowgroup" className="long-top">
        <div role="row" aria-rowindex={1} className="long-row long-head">
          {props.columns.map((column) => (
            <span key={column.id} role="columnheader" className={kindOf(column)} data-column={column.id}>
              {column.words}
            </span>
          ))}
        </div>
      </div>
      <div role="rowgroup" className="long-space" style={{ blockSize: virtual.getTotalSize() }}>
        {items.map(({ index, start, size }) => (
          <LongRow
            key={index}
            id={`${id}-${index}`}
            index={index}
            start={start}
            size={size}
            isCurrent={index === current}
            columns={props.columns}
            cells={props.row(index)}
            loading={props.loading}
            onOpen={open}
          />
        ))}
      </div>
    </div>
  );
}

const kindOf = ({ isFigure }: Column): string => (isFigure === true ? 'long-cell long-figure' : 'long-cell');

/** Kept while nothing of it changes: a scrolled table renders the few rows that came into sight. */
const LongRow = memo(function LongRow(props: {
  id: string;
  index: number;
  /** Of the row, in CSS pixels from the first one's top. */
  start: number;
  size: number;
  isCurrent: boolean;
  columns: readonly Column[];
  cells: readonly ReactNode[] | null;
  loading: string;
  onOpen: (index: number) => void;
}): ReactNode {
  const { index, cells, columns, onOpen } = props;
  return (
    <div
      id={props.id}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={props.isCurrent}
      className="long-row"
      style={{ blockSize: props.size, transform: `translateY(${props.start}px)` }}
      onClick={() => {
        onOpen(index);
      }}
    >
      {cells === null ? (
        <span role="gridcell" className="long-cell long-loading soft" aria-colspan={columns.length}>
          {props.loading}
        </span>
      ) : (
        columns.map((column, at) => (
          <span
            key={column.id}
            role={column.isHead === true ? 'rowheader' : 'gridcell'}
            className={kindOf(column)}
            data-column={column.id}
          >
            {cells[at]}
          </span>
        ))
      )}
    </div>
  );
});
