import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const css = readFileSync(new URL('../../renderer/ui/tokens.css', import.meta.url), 'utf8');
const [light = '', dark = ''] = css.split('@media (prefers-color-scheme: dark)');

/** Every `--name: oklch(L C H)` of a part of the style sheet. */
function colours(part: string): Map<string, readonly [number, number, number]> {
  const found = part.matchAll(/--([a-z-]+): oklch\(([\d.]+) ([\d.]+) ([\d.]+)\);/g);
  return new Map([...found].map(([, name = '', l, c, h]) => [name, [Number(l), Number(c), Number(h)]]));
}

/** Relative luminance of WCAG 2 for an OKLCH colour; matrices from Ottosson, "A perceptual color space" (2020). */
function luminance([lightness, chroma, hue]: readonly [number, number, number]): number {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const clip = (value: number): number => Math.min(1, Math.max(0, value));
  const red = clip(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s);
  const green = clip(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s);
  const blue = clip(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Ink on paper as the style sheets combine them. */
const pairs = [
  ['ink', 'paper'],
  ['ink', 'card'],
  ['ink', 'track'],
  ['ink', 'accent-wash'],
  ['ink', 'calm-wash'],
  ['ink', 'warn-wash'],
  ['ink-soft', 'paper'],
  ['ink-soft', 'card'],
  ['ink-soft', 'calm-wash'],
  ['ink-soft', 'warn-wash'],
  ['ink-soft', 'track'],
  ['accent', 'card'],
  ['accent', 'paper'],
  ['accent', 'warn-wash'],
  ['accent', 'accent-wash'],
  ['accent-ink', 'accent'],
  ['calm', 'calm-wash'],
  ['warn', 'card'],
  ['warn', 'warn-wash'],
  ['bad', 'card'],
  ['card', 'bad'],
  ['bad', 'warn-wash'],
] as const;

describe.each([
  ['light', colours(light)],
  ['dark', new Map([...colours(light), ...colours(dark)])],
])('contrast in %s', (_scheme, tokens) => {
  it.each(pairs)('%s on %s is at least 4.5', (ink, paper) => {
    const [one, other] = [tokens.get(ink), tokens.get(paper)];
    if (!one || !other) throw new Error(`tokens.css lacks --${ink} or --${paper}`);
    const [high = 0, low = 0] = [luminance(one), luminance(other)].sort((x, y) => y - x);
    expect((high + 0.05) / (low + 0.05)).toBeGreaterThanOrEqual(4.5);
  });
});
