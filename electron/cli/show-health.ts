import type { Check, FixReport, LogLine, Versions } from '../contract/health.ts';
import type { Look } from './show-status.ts';
import { cleanLine, formatBytes, formatWhen, pairs } from './text.ts';

type Styled = Pick<Look, 'style'>;

/** Each check on a line; below it its hint, and what mends it. */
export function showChecks(checks: readonly Check[], look: Styled): string {
  const width = Math.max(...checks.map(({ state }) => state.length), 0);
  return checks.map((check) => showCheck(check, width, look)).join('\n');
}

/** What became of a fix, and how the check stands now. */
export function showFixReport({ outcome, freedBytes, check }: FixReport, look: Styled): string {
  const freed = freedBytes === null ? '' : ` ${formatBytes(freedBytes)} freed.`;
  const words = {
    done: `Done.${freed}`,
    cancelled: 'Ended before it was done.',
    manual: 'This needs you:',
    nothing: 'There is no fix for this that is known.',
  }[outcome];
  return `${words}\n${showCheck(check, check.state.length, look)}`;
}

export function showVersions(versions: Versions, { now }: Pick<Look, 'now'>): string {
  const { images } = versions;
  return pairs([
    ['Gleaner', versions.gleaner],
    ['Electron', versions.electron],
    ['Chromium', versions.chromium],
    ['Node', versions.node],
    ['System', `${versions.system}, ${versions.architecture}`],
    ['QEMU', versions.qemu],
    ['Images', images && imagesWords(images, now)],
    ['boinc-client', images?.boincClient ?? null],
  ]);
}

/** As it stands in the file, with colours. */
export function showLogLine({ at, level, topic, text }: LogLine, { style }: Styled): string {
  const painted = level === 'warn' ? style.warn(level) : level;
  return `${style.dim(new Date(at).toISOString())} ${painted} ${style.bold(cleanLine(topic))} ${cleanLine(text)}`;
}

function showCheck({ title, state, detail, hint, fix }: Check, width: number, { style }: Styled): string {
  const paint = { ok: style.good, warning: style.warn, failed: style.bad, unknown: style.dim }[state];
  const below = [hint, ...fixLines(fix)].filter((line) => line !== undefined);
  return [
    `${paint(state.padEnd(width))}  ${style.bold(cleanLine(title))}: ${cleanLine(detail)}`,
    ...below.map((line) => `${' '.repeat(width + 2)}${cleanLine(line)}`),
  ].join('\n');
}

function fixLines(fix: Check['fix']): string[] {
  if (fix === null) return [];
  if (fix.kind === 'automatic') {
    // While it runs, the check itself tells so.
    return fix.running ? [] : [`Fix: ${fix.words}`];
  }
  return fix.command === null ? [fix.words] : [fix.words, `  ${fix.command}`];
}

function imagesWords({ recipe, kernel, builtAt }: NonNullable<Versions['images']>, now: number): string {
  const made = builtAt === null ? '' : `, made ${formatWhen(builtAt, now)}`;
  return `recipe ${recipe}, kernel ${kernel}${made}`;
}
