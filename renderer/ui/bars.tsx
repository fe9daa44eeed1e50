import { type ReactNode, useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import { useStyleChange } from './use-style-change.ts';

/** Parts of a bar, from below: told apart by pattern, not by colour alone. */
export type BarLook = 'solid' | 'hatched' | 'outlined';

export interface BarPart {
  readonly words: string;
  readonly look: BarLook;
  /** One for each bar. */
  readonly values: readonly number[];
}

const heightPx = 200;
const hatchPx = 6;

/** Each part on top of those before it. Pure. */
export function stacked(parts: readonly { readonly values: readonly number[] }[]): number[][] {
  const sums: number[][] = [];
  for (const { values } of parts) {
    const below = sums.at(-1);
    sums.push(values.map((value, at) => value + (below?.[at] ?? 0)));
  }
  return sums;
}

/** Stripes at an angle, as a brush for a canvas. */
function hatch(ink: string, paper: string): CanvasPattern | string {
  const tile = document.createElement('canvas');
  tile.width = hatchPx;
  tile.height = hatchPx;
  const brush = tile.getContext('2d');
  if (!brush) return ink;
  brush.fillStyle = paper;
  brush.fillRect(0, 0, hatchPx, hatchPx);
  brush.strokeStyle = ink;
  brush.lineWidth = 1.5;
  for (const shift of [-hatchPx, 0, hatchPx]) {
    brush.beginPath();
    brush.moveTo(shift, hatchPx);
    brush.lineTo(shift + hatchPx, 0);
    brush.stroke();
  }
  return brush.createPattern(tile, 'repeat') ?? ink;
}

/** Bars over time. It is a picture only: who uses it puts the same figures into a table beside it. */
export function Bars(props: {
  parts: readonly BarPart[];
  /** One for each bar, short. */
  labels: readonly string[];
  figure: (value: number) => string;
  /** The bar under the pointer; null: none. */
  onPoint: (index: number | null) => void;
}): ReactNode {
  const { parts, labels, figure, onPoint } = props;
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const style = useStyleChange();
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const watch = new ResizeObserver(([entry]) => {
      setWidth(Math.floor(entry?.contentRect.width ?? 0));
    });
    watch.observe(element);
    return () => {
      watch.disconnect();
    };
  }, []);
  useEffect(() => {
    const element = box.current;
    if (!element || width === 0) return undefined;
    const ink = (name: string): string => getComputedStyle(element).getPropertyValue(name).trim();
    const font = `${ink('--text-small')} ${getComputedStyle(element).fontFamily}`;
    const brushes: Readonly<Record<BarLook, CanvasPattern | string>> = {
      solid: ink('--accent'),
      hatched: hatch(ink('--accent'), ink('--card')),
      outlined: ink('--accent-wash'),
    };
    const sums = stacked(parts);
    // Drawn from the tallest to the lowest, so that each part shows above the one before it.
    const drawn = parts.map((part, at) => ({ part, sums: sums[at] ?? [] })).reverse();
    const isRightToLeft = document.documentElement.dir === 'rtl';
    const axis = { stroke: ink('--ink-soft'), font, ticks: { show: false } };
    const chart = new uPlot(
      {
        width,
        height: heightPx,
        padding: [8, 8, 0, 0],
        legend: { show: false },
        cursor: { x: false, y: false, points: { show: false }, drag: { x: false, y: false } },
        scales: {
          x: { time: false, range: [-0.6, labels.length - 0.4], dir: isRightToLeft ? -1 : 1 },
          y: { range: (_chart, _low, high) => [0, high > 0 ? high * 1.08 : 1] },
        },
        axes: [
          {
            ...axis,
            grid: { show: false },
            incrs: [1, 2, 5, 7, 10, 14, 30, 60, 100],
            space: 52,
            values: (_chart, places) => places.map((place) => labels[place] ?? ''),
          },
          {
            ...axis,
            // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- 1: right, 3: left; the enum exists as a type only
            side: isRightToLeft ? 1 : 3,
            size: 64,
            grid: { stroke: ink('--line'), width: 1 },
            values: (_chart, values) => values.map(figure),
          },
        ],
        series: [
          {},
          ...drawn.map(({ part }) => ({
            label: part.words,
            stroke: ink('--accent'),
            width: part.look === 'outlined' ? 1.5 : 0.5,
            fill: brushes[part.look] as string,
            points: { show: false },
            ...(uPlot.paths.bars ? { paths: uPlot.paths.bars({ size: [0.72, 48], radius: 0.12 }) } : {}),
          })),
        ],
        hooks: {
          setCursor: [
            ({ cursor }) => {
              onPoint(cursor.idx ?? null);
            },
          ],
        },
      },
      [labels.map((_label, at) => at), ...drawn.map((one) => one.sums)],
      element,
    );
    return () => {
      chart.destroy();
    };
  }, [parts, labels, figure, onPoint, width, style]);
  return <div ref={box} className="bars" aria-hidden="true" />;
}
