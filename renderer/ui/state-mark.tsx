import type { ReactNode } from 'react';

export type MarkedState = 'ok' | 'warning' | 'failed' | 'unknown';

const line = { fill: 'none', stroke: 'currentColor', strokeWidth: 2.2, strokeLinecap: 'round' } as const;

const shapes: Readonly<Record<MarkedState, ReactNode>> = {
  ok: (
    <g {...line} strokeLinejoin="round">
      <circle cx="12" cy="12" r="9.8" />
      <path d="M7.4 12.4 10.7 15.6 16.6 8.8" />
    </g>
  ),
  warning: (
    <g {...line} strokeLinejoin="round">
      <path d="M12 3 22 20.6H2Z" />
      <path d="M12 9.6V14.2M12 17.3V17.4" />
    </g>
  ),
  failed: (
    <path
      fillRule="evenodd"
      d="M7.6 1.6H16.4L22.4 7.6V16.4L16.4 22.4H7.6L1.6 16.4V7.6ZM8.7 6.9 6.9 8.7 10.2 12 6.9 15.3 8.7 17.1 12 13.8 15.3 17.1 17.1 15.3 13.8 12 17.1 8.7 15.3 6.9 12 10.2Z"
    />
  ),
  unknown: (
    <g {...line}>
      <circle cx="12" cy="12" r="9.8" strokeDasharray="3.4 2.7" />
      <path d="M8.4 12H15.6" />
    </g>
  ),
};

/** How something stands, by shape and colour; a word beside it says the same. */
export function StateMark({ state }: { state: MarkedState }): ReactNode {
  return (
    <svg
      className={`state-mark state-mark-${state}`}
      viewBox="0 0 24 24"
      fill="currentColor"
      aria-hidden="true"
    >
      {shapes[state]}
    </svg>
  );
}
