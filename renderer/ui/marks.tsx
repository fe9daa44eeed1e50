import type { ReactNode } from 'react';

/** The same shapes as in the tray (resources/icons/draw.mjs): told apart without colour. */
type TrayMark = 'working' | 'yielding' | 'paused' | 'waiting' | 'attention';
export type MarkName = TrayMark | 'globe' | 'spark' | 'building';

const leaf = 'M12.7 13.6C12.9 9.9 15.4 7.7 19.6 7.2 19.6 11.2 16.9 13.6 12.7 13.6Z';
const ring = <circle cx="12" cy="12" r="9.7" fill="none" stroke="currentColor" strokeWidth="2.2" />;

const shapes: Readonly<Record<MarkName, ReactNode>> = {
  working: (
    <>
      <path d="M12 1C14.5 3.6 14.5 6.6 12 9.4 9.5 6.6 9.5 3.6 12 1Z" />
      <path d={leaf} />
      <path d={leaf} transform="matrix(-1 0 0 1 24 0)" />
      <path d={leaf} transform="translate(0 6.6)" />
      <path d={leaf} transform="matrix(-1 0 0 1 24 6.6)" />
      <path d="M11.1 9H12.9V23H11.1Z" />
    </>
  ),
  yielding: (
    <>
      <circle cx="12" cy="6.8" r="5.3" />
      <path d="M2 22.8C2 17.2 6.2 13.9 12 13.9S22 17.2 22 22.8Z" />
    </>
  ),
  paused: (
    <>
      {ring}
      <path d="M8.2 7.5H10.8V16.5H8.2ZM13.2 7.5H15.8V16.5H13.2Z" />
    </>
  ),
  waiting: (
    <>
      {ring}
      <path
        d="M12 6.4V12.2L15.6 14.4"
        fill="none"
        stroke="currentColor"
        strokeWidth="2.2"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </>
  ),
  globe: (
    <g fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round">
      <circle cx="12" cy="12" r="10" />
      <ellipse cx="12" cy="12" rx="4.4" ry="10" />
      <path d="M2.6 8.6H21.4M2.6 15.4H21.4" />
    </g>
  ),
  spark: (
    <path d="M13.6 1.4 4.2 13.6A.8.8 0 0 0 4.8 14.9H10.6L9.2 22 A.6.6 0 0 0 10.3 22.5L19.8 10.3A.8.8 0 0 0 19.2 9H13.4L14.7 1.9A.6.6 0 0 0 13.6 1.4Z" />
  ),
  building: (
    <path
      fillRule="evenodd"
      d="M5.4 1.6H14.6A1.4 1.4 0 0 1 16 3V8.6H20A1.4 1.4 0 0 1 21.4 10V22.4H13.4V18.2H10.6V22.4H4V3A1.4 1.4 0 0 1 5.4 1.6ZM7.2 5.2V7.6H9V5.2ZM11 5.2V7.6H12.8V5.2ZM7.2 9.4V11.8H9V9.4ZM11 9.4V11.8H12.8V9.4ZM7.2 13.6V16H9V13.6ZM11 13.6V16H12.8V13.6ZM17 12V14.4H18.6V12ZM17 16.2V18.6H18.6V16.2Z"
    />
  ),
  attention: (
    <path
      fillRule="evenodd"
      d="M12 1.6C12.8 1.6 13.4 2 13.8 2.7L23 19.6C23.8 21.1 22.8 22.6 21.2 22.6H2.8C1.2 22.6 0.2 21.1 1 19.6L10.2 2.7C10.6 2 11.2 1.6 12 1.6ZM10.7 8.4V15H13.3V8.4ZM10.7 16.8V19.4H13.3V16.8Z"
    />
  ),
};

/** A decoration: the words beside it say the same. `size`: in px where text is as large as usual; it grows with it. */
export function Mark(props: { name: MarkName; size: number }): ReactNode {
  const size = `${props.size / 16}rem`;
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" fill="currentColor" aria-hidden="true">
      {shapes[props.name]}
    </svg>
  );
}

/** Beside a value that cannot be changed here; the words beside it say the same. */
export function LockMark(): ReactNode {
  return (
    <svg
      className="lock"
      width="0.75rem"
      height="0.75rem"
      viewBox="0 0 24 24"
      fill="currentColor"
      aria-hidden="true"
    >
      <path d="M4 10.5H20V23H4Z" />
      <path d="M7.5 11V7.5A4.5 4.5 0 0 1 16.5 7.5V11" fill="none" stroke="currentColor" strokeWidth="3" />
    </svg>
  );
}
