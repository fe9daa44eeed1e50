import type { Speaker } from '../../text/speaker.ts';

/** Words from outside (a job's title, a failure) as one line without controls, of at most `longest` characters. Pure. */
export function oneLine(words: string, longest: number): string {
  const line = words.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
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
