import { type KeyboardEvent, type PointerEvent, type ReactNode, useRef, useState } from 'react';
import { between, type CellAt, hoursOfDay, moved, painted, type Week } from './week.ts';

interface Stroke {
  readonly from: CellAt;
  readonly to: CellAt;
  readonly on: boolean;
}

/**
 * A week to paint on. By mouse: press and drag a rectangle; Escape gives it up. By keyboard: arrows, Home, End and Page keys move; Space or
 * Enter turns an hour on or off; Shift with a move paints what lies between, as the hour was painted that one began at.
 */
export function WeekGrid(props: {
  labelledBy: string;
  describedBy: string;
  disabled: boolean;
  week: Week;
  days: readonly { readonly short: string; readonly name: string }[];
  hour: (hour: number) => string;
  cell: (day: string, hour: string, state: 'on' | 'off' | 'partly') => string;
  onChange: (week: Week) => void;
}): ReactNode {
  const { week, disabled } = props;
  const [at, setAt] = useState<CellAt>({ day: 0, hour: 0 });
  const [stroke, setStroke] = useState<Stroke | null>(null);
  const table = useRef<HTMLTableElement>(null);
  const shown = stroke ? painted(week, between(stroke.from, stroke.to), stroke.on) : week;
  const isOn = ({ day, hour }: CellAt): boolean => week[day]?.[hour] === 'on';

  const finish = (): void => {
    if (stroke) props.onChange(painted(week, between(stroke.from, stroke.to), stroke.on));
    setStroke(null);
  };
  const focus = (cell: CellAt): void => {
    setAt(cell);
    table.current?.querySelector<HTMLElement>(`[data-cell="${cell.day}-${cell.hour}"]`)?.focus();
  };
  const press = (event: PointerEvent, cell: CellAt): void => {
    if (disabled || event.button !== 0) return;
    event.preventDefault();
    focus(cell);
    // The stroke ends where the button is let go, be that outside.
    table.current?.setPointerCapture(event.pointerId);
    setStroke({ from: cell, to: cell, on: !isOn(cell) });
  };
  const drag = (event: PointerEvent): void => {
    if (!stroke) return;
    if (event.buttons === 0) {
      finish();
      return;
    }
    const name = document.elementFromPoint(event.clientX, event.clientY)?.closest<HTMLElement>('[data-cell]')
      ?.dataset['cell'];
    const [day, hour] = name?.split('-').map(Number) ?? [];
    if (day !== undefined && hour !== undefined) setStroke({ ...stroke, to: { day, hour } });
  };
  const key = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') setStroke(null);
    const next = moved(at, event.key, document.documentElement.dir === 'rtl');
    if (next) {
      event.preventDefault();
      if (event.shiftKey && !disabled) props.onChange(painted(week, between(at, next), isOn(at)));
      focus(next);
      return;
    }
    if (disabled || (event.key !== ' ' && event.key !== 'Enter')) return;
    event.preventDefault();
    props.onChange(painted(week, [at], !isOn(at)));
  };

  return (
    <table
      ref={table}
      role="grid"
      className="week"
      aria-labelledby={props.labelledBy}
      aria-describedby={props.describedBy}
      aria-disabled={disabled}
      aria-multiselectable
      onPointerMove={drag}
      onPointerUp={finish}
      onPointerCancel={() => {
        setStroke(null);
      }}
      onKeyDown={key}
    >
      <thead>
        <tr>
          <td />
          {Array.from({ length: hoursOfDay }, (_, hour) => (
            <th key={hour} scope="col">
              {hour % 3 === 0 ? <span aria-hidden="true">{hour}</span> : null}
              <span className="hidden-label">{props.hour(hour)}</span>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {shown.map((hours, day) => (
          <tr key={props.days[day]?.name}>
            <th scope="row">
              <span aria-hidden="true">{props.days[day]?.short}</span>
              <span className="hidden-label">{props.days[day]?.name}</span>
            </th>
            {hours.map((state, hour) => (
              <td
                // Hours have no other name.
                key={`${day}-${String(hour)}`}
                role="gridcell"
                data-cell={`${day}-${hour}`}
                data-state={state}
                aria-selected={state !== 'off'}
                aria-label={props.cell(props.days[day]?.name ?? '', props.hour(hour), state)}
                tabIndex={at.day === day && at.hour === hour ? 0 : -1}
                onPointerDown={(event) => {
                  press(event, { day, hour });
                }}
                onFocus={() => {
                  setAt({ day, hour });
                }}
              />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
