import type { ReactNode } from 'react';

const radius = 46;
const stroke = 9;
/** It is open below: three quarters of a circle. */
const sweep = 270;

/** A point on the ring, `share` of its way round from the lower left; `at` moves it off the ring's middle. */
function point(share: number, at = radius): string {
  const angle = ((135 + sweep * share) * Math.PI) / 180;
  const round = (value: number): number => Math.round(value * 100) / 100;
  return `${round(60 + at * Math.cos(angle))} ${round(60 + at * Math.sin(angle))}`;
}

function arc(from: number, to: number): string {
  const isLarge = (to - from) * sweep > 180 ? 1 : 0;
  return `M ${point(from)} A ${radius} ${radius} 0 ${isLarge} 1 ${point(to)}`;
}

const inside = (share: number): number => Math.min(1, Math.max(0, share));

/**
 * How much may be used, and how much is: a ring up to 1. The limit is a notch across the ring, use a filled arc, so that
 * neither needs colour. Words stand in its middle; `words` is what it reads as.
 */
export function Gauge(props: {
  label: string;
  /** 0…1; null: not measured. */
  used: number | null;
  /** 0…1. */
  limit: number;
  words: string;
  /** In the middle: a figure, and what it is. */
  figure: string;
  about: string;
  /** Nothing is used on purpose: the ring rests. */
  rests?: boolean;
}): ReactNode {
  const limit = inside(props.limit);
  const used = inside(props.used ?? 0);
  return (
    <div
      className={props.rests === true ? 'gauge gauge-rests' : 'gauge'}
      role="meter"
      aria-label={props.label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(used * 100)}
      aria-valuetext={props.words}
    >
      <svg viewBox="0 0 120 108" aria-hidden="true">
        <path className="gauge-track" d={arc(0, 1)} strokeWidth={stroke} />
        {limit > 0 ? <path className="gauge-granted" d={arc(0, limit)} strokeWidth={stroke} /> : null}
        {used > 0.004 ? <path className="gauge-used" d={arc(0, used)} strokeWidth={stroke} /> : null}
        <path
          className="gauge-limit"
          d={`M ${point(limit, radius - stroke)} L ${point(limit, radius + stroke * 0.9)}`}
        />
      </svg>
      <span className="gauge-words" aria-hidden="true">
        <span className="gauge-figure">{props.figure}</span>
        <span className="gauge-about soft small">{props.about}</span>
      </span>
    </div>
  );
}
