import type { Speaker } from '../../text/speaker.ts';

/** U+2068 and U+2069, which set a name apart from words that run the other way (text/said.ts puts them there). */
const isolate = '\u2068';
const pop = '\u2069';

/**
 * Words from outside (a job's title, a failure) as one line without controls, of at most `longest` characters; what is set
 * apart stays so, and ends with the line. Pure.
 */
export function oneLine(words: string, longest: number): string {
  const line = words
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (found) => (found === isolate || found === pop ? found : ' '))
    .replace(/ +/g, ' ')
    .trim();
  const short = line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
  let open = 0;
  let kept = '';
  for (const char of short) {
    if (char === isolate) open += 1;
    if (char === pop) {
      if (open === 0) continue;
      open -= 1;
    }
    kept += char;
  }
  return kept + pop.repeat(open);
}

/** A length of time in its largest two units that matter. */
export function timeSpan({ t }: Speaker, seconds: number): string {
  if (seconds < 60) return t('tray:time.seconds', { seconds: Math.round(seconds) });
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return t('tray:time.minutes', { minutes });
  return t('tray:time.hours', { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
}

/** What is left of `ms`, rounded up to whole minutes, so that it never says 0 while time is left. */
export function timeLeft(speaker: Speaker, ms: number): string {
  return timeSpan(speaker, Math.max(1, Math.ceil(ms / 60_000)) * 60);
}

/** At most so many decimals, none that say nothing. */
export function figure({ language }: Speaker, value: number, decimals: number): string {
  return new Intl.NumberFormat(language, { maximumFractionDigits: decimals }).format(value);
}
