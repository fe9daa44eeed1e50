import uPlot from 'uplot';
import { heightOf, stacked } from './bars-math.ts';

/** Parts of a bar, from nothing on: told apart by pattern, not by colour alone. */
export type BarLook = 'solid' | 'hatched' | 'outlined';

export interface BarPart {
  readonly words: string;
  readonly look: BarLook;
  /** One for each bar. */
  readonly values: readonly number[];
}

export interface BarsPicture {
  readonly parts: readonly BarPart[];
  /** One for each bar, short. */
  readonly labels: readonly string[];
  readonly figure: (value: number) => string;
}

export interface DrawnBars {
  /** Marks one of the bars. */
  mark(index: number): void;
  destroy(): void;
}

const hatchPx = 6;

/** Stripes at an angle, as a brush for a canvas. */
function hatch(ink: string, paper: string): CanvasPattern | string {
  const side = Math.round(hatchPx * devicePixelRatio);
  const tile = document.createElement('canvas');
  tile.width = side;
  tile.height = side;
  const brush = tile.getContext('2d');
  if (!brush) return ink;
  brush.fillStyle = paper;
  brush.fillRect(0, 0, side, side);
  brush.strokeStyle = ink;
  brush.lineWidth = side / 4;
  // Thrice, so that the corners are filled, too.
  for (const shift of [-side, 0, side]) {
    brush.beginPath();
    brush.moveTo(shift - 1, side + 1);
    brush.lineTo(shift + side + 1, -1);
    brush.stroke();
  }
  return brush.createPattern(tile, 'repeat') ?? ink;
}

/** How wide words are in a font, in CSS px. */
function measure(font: string): (words: readonly string[]) => number {
  const brush = document.createElement('canvas').getContext('2d');
  if (brush) brush.font = font;
  return (words) => Math.ceil(Math.max(0, ...words.map((one) => brush?.measureText(one).width ?? 0)));
}

/**
 * Draws bars into an element, as large as it is, in its font size and its colours as they are now.
 * @param onPoint the bar under the pointer; null: none
 */
export function drawBars(
  element: HTMLElement,
  { parts, labels, figure }: BarsPicture,
  onPoint: (index: number | null) => void,
): DrawnBars {
  const style = getComputedStyle(element);
  const ink = (name: string): string => style.getPropertyValue(name).trim();
  const em = Number.parseFloat(style.fontSize);
  const font = `${Math.round(em)}px ${style.fontFamily}`;
  const widthOf = measure(font);
  const accent = ink('--accent');
  const brushes: Readonly<Record<BarLook, CanvasPattern | string>> = {
    solid: accent,
    hatched: hatch(accent, ink('--card')),
    outlined: ink('--accent-wash'),
  };
  const ends = stacked(parts);
  // Drawn from the farthest end to the nearest, so that each part shows above those after it.
  const drawn = parts.map((part, at) => ({ part, ends: ends[at] ?? [] })).reverse();
  const isRightToLeft = style.direction === 'rtl';
  const axis = { stroke: ink('--ink-soft'), font, ticks: { show: false } };
  const marker = document.createElement('div');
  marker.className = 'bars-chosen';
  let marked: number | null = null;
  const placeMarker = (plot: uPlot): void => {
    if (marked === null) return;
    const sides = [marked - 0.5, marked + 0.5].map((at) => plot.valToPos(at, 'x'));
    marker.style.left = `${Math.min(...sides)}px`;
    marker.style.width = `${Math.max(...sides) - Math.min(...sides)}px`;
  };
  // The last label may be wider than the room of its bar.
  const room = element.clientWidth / labels.length;
  const end = Math.max(em / 2, (widthOf(labels) - room) / 2);
  const plot = new uPlot(
    {
      width: element.clientWidth,
      height: element.clientHeight,
      padding: [em / 2, isRightToLeft ? 0 : end, 0, isRightToLeft ? end : 0],
      legend: { show: false },
      cursor: { x: false, y: false, points: { show: false }, drag: { x: false, y: false } },
      scales: {
        x: { time: false, range: [-0.6, labels.length - 0.4], dir: isRightToLeft ? -1 : 1 },
        y: { range: (_plot, low, high) => heightOf(low, high) },
      },
      axes: [
        {
          ...axis,
          grid: { show: false },
          size: em * 2.2,
          incrs: [1, 2, 3, 4, 5, 7, 10, 14, 30, 60, 100],
          space: widthOf(labels) + em,
          values: (_plot, places) => places.map((place) => labels[place] ?? ''),
        },
        {
          ...axis,
          // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- 1: right, 3: left; the enum exists as a type only
          side: isRightToLeft ? 1 : 3,
          // At first there are none yet, which uPlot's types do not tell.
          size: (_plot, words: readonly string[] | null) => widthOf(words ?? []) + em * 1.2,
          space: em * 3,
          grid: { stroke: ink('--line'), width: 1 },
          values: (_plot, values) => values.map(figure),
        },
      ],
      series: [
        {},
        ...drawn.map(({ part }) => ({
          label: part.words,
          stroke: accent,
          width: part.look === 'outlined' ? 1.5 : 0.5,
          fill: brushes[part.look] as string,
          points: { show: false },
          ...(uPlot.paths.bars ? { paths: uPlot.paths.bars({ size: [0.72, 48], radius: 0.12 }) } : {}),
        })),
      ],
      hooks: {
        draw: [placeMarker],
        setCursor: [
          ({ cursor }) => {
            onPoint(cursor.idx ?? null);
          },
        ],
      },
    },
    [labels.map((_label, at) => at), ...drawn.map((one) => one.ends)],
    element,
  );
  plot.under.append(marker);
  return {
    mark(index) {
      marked = index;
      placeMarker(plot);
    },
    destroy() {
      plot.destroy();
    },
  };
}
