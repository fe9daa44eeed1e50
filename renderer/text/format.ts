import { text } from './text.ts';

const minute = 60;
const hour = 3600;

/** `1:04:09`, `27:14` or `0:09`: what is left of `ms`, rounded up to whole seconds. */
export function countdown(ms: number): string {
  const total = Math.max(0, Math.ceil(ms / 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(total / hour);
  const minutes = Math.floor((total % hour) / minute);
  const seconds = two(total % minute);
  return hours > 0 ? `${hours}:${two(minutes)}:${seconds}` : `${minutes}:${seconds}`;
}

/** A length of time in its two largest units; tenths below ten seconds. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${Math.round(seconds * 10) / 10} s`;
  if (seconds < minute) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / minute);
  if (seconds < 10 * minute)
    return `${Math.floor(Math.round(seconds) / minute)} min ${Math.round(seconds) % minute} s`;
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Milliseconds of a yield: tenths below ten. */
export function milliseconds(ms: number): string {
  return `${ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms)} ms`;
}

/** Bytes in binary units, as memory is sold. */
export function bytes(count: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;
  let value = count;
  let index = 0;
  while (value >= 1024 && index < units.length - 1) {
    value /= 1024;
    index += 1;
  }
  const shown = value < 10 && index > 0 ? Math.round(value * 10) / 10 : Math.round(value);
  return `${shown} ${units[index] ?? 'B'}`;
}

/** A share 0…1 in whole percent. */
export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** Bounds of a histogram's bucket: seconds from a thousand ms on. */
export function bound(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${ms / 1000} s`;
}

/** The first letter large, for words that were made to stand inside a sentence. */
export function sentenceCase(words: string): string {
  const [first = ''] = words;
  return first.toLocaleUpperCase('en') + words.slice(first.length);
}

/** An amount of a grid's own unit: at most two decimals. */
export function amount(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** Credit of years: grouped, at most one decimal. */
export function largeAmount(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: 1 });
}

/** Local time of day of `at`, with the date when it is not the day of `now` (both epoch ms). */
export function moment(at: number, now: number): string {
  const date = new Date(at);
  const time = date.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  if (date.toDateString() === new Date(now).toDateString()) return time;
  return `${date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })} ${time}`;
}

/** How far ahead `at` is, in words: `in 23 h`; what is past is due now. Epoch ms. */
export function ahead(at: number, now: number): string {
  const seconds = Math.round((at - now) / 1000);
  if (seconds < minute) return text.soon;
  if (seconds < hour) return text.ahead(`${Math.round(seconds / minute)} min`);
  if (seconds < 48 * hour) return text.ahead(`${Math.round(seconds / hour)} h`);
  return text.ahead(`${Math.round(seconds / (24 * hour))} days`);
}

/** How long ago `at` was, in words; `now` and `at` are epoch ms. */
export function ago(at: number, now: number): string {
  const seconds = Math.max(0, Math.floor((now - at) / 1000));
  if (seconds < 10) return text.justNow;
  if (seconds < minute) return text.ago(`${seconds} s`);
  if (seconds < hour) return text.ago(`${Math.floor(seconds / minute)} min`);
  return text.ago(`${Math.floor(seconds / hour)} h`);
}
