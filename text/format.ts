import { directionOf, type Language } from './languages.ts';

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/** Intl's formatters are dear to make and cheap to keep. */
function kept<Options extends object, Formatter>(
  make: (locale: Intl.Locale, options: Options) => Formatter,
): (language: Language, options: Options) => Formatter {
  const made = new Map<string, Formatter>();
  return (language, options) => {
    const key = `${language} ${JSON.stringify(options)}`;
    const formatter = made.get(key) ?? make(localeOf(language), options);
    made.set(key, formatter);
    return formatter;
  };
}

/** English writes a day before its month, and the time with 24 hours. */
const localeOf = (language: Language): Intl.Locale => new Intl.Locale(language === 'en' ? 'en-GB' : language);

const numberOf = kept((locale, options: Intl.NumberFormatOptions) => new Intl.NumberFormat(locale, options));
const dateOf = kept(
  (locale, options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, options),
);
const relativeOf = kept(
  (locale, options: Intl.RelativeTimeFormatOptions) => new Intl.RelativeTimeFormat(locale, options),
);
const listOf = kept((locale, options: Intl.ListFormatOptions) => new Intl.ListFormat(locale, options));

/** English units as the host writes them in its sentences: `2 h`, `50 %`. The other languages follow CLDR. */
function asTheHost(language: Language, words: string): string {
  if (language !== 'en') return words;
  return words
    .replace(/\bsecs?\b/, 's')
    .replace(/\bmins\b/, 'min')
    .replace(/\bhrs?\b/, 'h')
    .replace(/(\d)%/, '$1 %');
}

function unit(language: Language, value: number, name: string, digits = 0): string {
  const options = { style: 'unit', unit: name, unitDisplay: 'short', maximumFractionDigits: digits } as const;
  return asTheHost(language, numberOf(language, options).format(value));
}

/** `1:04:09`, `27:14` or `0:09`: what is left of `ms`, rounded up to whole seconds. */
export function countdown(language: Language, ms: number): string {
  const total = Math.max(0, Math.ceil(ms / 1000));
  const one = (value: number): string => numberOf(language, { useGrouping: false }).format(value);
  const two = (value: number): string => numberOf(language, { minimumIntegerDigits: 2 }).format(value);
  const hours = Math.floor(total / hour);
  const minutes = Math.floor((total % hour) / minute);
  const seconds = two(total % minute);
  return hours > 0 ? `${one(hours)}:${two(minutes)}:${seconds}` : `${one(minutes)}:${seconds}`;
}

/** A length of time in its two largest units; tenths below ten seconds. */
export function duration(language: Language, seconds: number): string {
  if (seconds < 10) return unit(language, seconds, 'second', 1);
  if (seconds < minute) return unit(language, seconds, 'second');
  const whole = Math.round(seconds);
  if (seconds < 10 * minute) {
    return joined(language, [Math.floor(whole / minute), 'minute'], [whole % minute, 'second']);
  }
  const minutes = Math.round(seconds / minute);
  if (minutes < 60) return unit(language, minutes, 'minute');
  return joined(language, [Math.floor(minutes / 60), 'hour'], [minutes % 60, 'minute']);
}

/** A length of time as somebody set it: hours, minutes and seconds, without those that are none. */
export function span(language: Language, seconds: number): string {
  const parts: readonly (readonly [value: number, unit: string])[] = [
    [Math.floor(seconds / hour), 'hour'],
    [Math.floor((seconds % hour) / minute), 'minute'],
    [Math.round(seconds % minute), 'second'],
  ];
  const told = parts.filter(([value]) => value > 0);
  return joined(language, ...(told.length === 0 ? [[0, 'second'] as const] : told));
}

function joined(language: Language, ...parts: readonly (readonly [value: number, unit: string])[]): string {
  const words = parts.map(([value, name]) => unit(language, value, name));
  return listOf(language, { type: 'unit', style: 'narrow' }).format(words);
}

/** Milliseconds of a yield: tenths below ten. */
export function milliseconds(language: Language, ms: number): string {
  return unit(language, ms, 'millisecond', ms < 10 ? 1 : 0);
}

/** Bounds of a histogram's bucket: seconds from a thousand ms on. */
export function bound(language: Language, ms: number): string {
  return ms < 1000 ? unit(language, ms, 'millisecond') : unit(language, ms / 1000, 'second', 1);
}

/** Bytes in binary units, as memory is sold. */
export function bytes(language: Language, count: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;
  let value = count;
  let index = 0;
  while (value >= 1024 && index < units.length - 1) {
    value /= 1024;
    index += 1;
  }
  const maximumFractionDigits = value < 10 && index > 0 ? 1 : 0;
  return latinUnit(language, value, units[index] ?? 'B', { maximumFractionDigits });
}

/** Energy in kWh, as it is sold: two digits of less than one. */
export function energy(language: Language, wattHours: number): string {
  const kWh = wattHours / 1000;
  const digits = kWh < 1 ? { maximumSignificantDigits: 2 } : { maximumFractionDigits: kWh < 10 ? 2 : 1 };
  return latinUnit(language, kWh, 'kWh', digits);
}

export function watts(language: Language, value: number): string {
  return latinUnit(language, value, 'W', { maximumFractionDigits: 1 });
}

/** A number with a unit that Intl has no words for. */
function latinUnit(
  language: Language,
  value: number,
  name: string,
  options: Intl.NumberFormatOptions,
): string {
  const words = `${numberOf(language, { useGrouping: false, ...options }).format(value)} ${name}`;
  // Amid words from the right, number and Latin unit would change places.
  return directionOf(language) === 'rtl' ? `\u2066${words}\u2069` : words;
}

/** An amount of money; two digits of what is less than the currency's smallest coin. */
export function money(language: Language, value: number, currency: string): string {
  const usual = numberOf(language, { style: 'currency', currency });
  const coin = 10 ** -(usual.resolvedOptions().maximumFractionDigits ?? 0);
  if (value === 0 || Math.abs(value) >= coin) return usual.format(value);
  return numberOf(language, { style: 'currency', currency, maximumSignificantDigits: 2 }).format(value);
}

/** What one of something costs: to the tenth of a hundredth, since electricity is priced so. */
export function price(language: Language, value: number, currency: string): string {
  return numberOf(language, { style: 'currency', currency, maximumFractionDigits: 4 }).format(value);
}

/** A share 0…1 in whole percent. */
export function percent(language: Language, share: number): string {
  return asTheHost(language, numberOf(language, { style: 'percent' }).format(share));
}

/** A share as somebody wrote it in percent: at most four decimals. */
export function exactPercent(language: Language, share: number): string {
  const options = { style: 'percent', maximumFractionDigits: 4 } as const;
  return asTheHost(language, numberOf(language, options).format(share));
}

/** The first letter large, for words that were made to stand inside a sentence. */
export function sentenceCase(language: Language, words: string): string {
  const [first = ''] = words;
  return first.toLocaleUpperCase(language) + words.slice(first.length);
}

/** An amount of a grid's own unit: at most two decimals. */
export function amount(language: Language, value: number): string {
  return numberOf(language, { useGrouping: false, maximumFractionDigits: 2 }).format(value).replace('-', '−');
}

/** As {@link amount}, with its sign. */
export function signedAmount(language: Language, value: number): string {
  const options = { useGrouping: false, maximumFractionDigits: 2, signDisplay: 'always' } as const;
  return numberOf(language, options).format(value).replace('-', '−');
}

/** A number of no unit: grouped, at most one decimal. */
export function figure(language: Language, value: number): string {
  return numberOf(language, { maximumFractionDigits: 1 }).format(value);
}

/** A number as somebody wrote it: at most four decimals. */
export function exact(language: Language, value: number): string {
  return numberOf(language, { maximumFractionDigits: 4 }).format(value);
}

/** `a, b, c`. */
export function list(language: Language, words: readonly string[]): string {
  return listOf(language, { type: 'conjunction', style: 'narrow' }).format(words);
}

/** Local time of day of `at`, with the date when it is not the day of `now`, and with the year when it is another (both epoch ms). */
export function moment(language: Language, at: number, now: number): string {
  const [date, today] = [new Date(at), new Date(now)];
  const time = clock(language, at);
  if (date.toDateString() === today.toDateString()) return time;
  const isThisYear = date.getFullYear() === today.getFullYear();
  const options: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short' };
  if (!isThisYear) options.year = 'numeric';
  return `${dateOf(language, options).format(date)} ${time}`;
}

/** Local time of day of `at` (epoch ms). */
export function clock(language: Language, at: number): string {
  return dateOf(language, { hour: '2-digit', minute: '2-digit' }).format(at);
}

/** A full hour of the day, short: with its minutes where a day has 24 hours, else by its half of the day. */
export function dayHour(language: Language, at: number): string {
  const short = dateOf(language, { hour: 'numeric' });
  return short.resolvedOptions().hour12 === true ? short.format(at) : clock(language, at);
}

/** Date and time of `at` (epoch ms) in full, to the second. */
export function instant(language: Language, at: number): string {
  return dateOf(language, { dateStyle: 'medium', timeStyle: 'medium' }).format(at);
}

/** The day of `at` (epoch ms) with its name: `Monday 31 March 2025`. */
export function weekday(language: Language, at: number): string {
  const options = { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' } as const;
  return dateOf(language, options).format(at);
}

const dateLooks = {
  /** `Mon 23`. */
  weekday: { weekday: 'short', day: 'numeric' },
  /** `23 Nov`. */
  day: { day: 'numeric', month: 'short' },
  /** `Nov`. */
  month: { month: 'short' },
  /** `Monday 23 November 2026`. */
  wholeDay: { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' },
  /** `23 November 2026`. */
  wholeDate: { day: 'numeric', month: 'long', year: 'numeric' },
  /** `November 2026`. */
  wholeMonth: { month: 'long', year: 'numeric' },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

/** The local date of an instant (epoch ms). */
export function date(language: Language, at: number, look: keyof typeof dateLooks): string {
  return dateOf(language, dateLooks[look]).format(at);
}

/** The local dates from the one of `from` to the one of `last` (epoch ms): `23 Feb – 1 Mar 2026`. */
export function dates(language: Language, from: number, last: number): string {
  return dateOf(language, { day: 'numeric', month: 'short', year: 'numeric' }).formatRange(from, last);
}

/** How far ahead (`in 23 h`) or how long ago (`20 s ago`) something is in its largest unit; `seconds` < 0: ago. */
export function relative(language: Language, seconds: number): string {
  const far = Math.abs(seconds);
  const [size, name]: readonly [number, Intl.RelativeTimeFormatUnit] =
    far < minute
      ? [1, 'second']
      : far < hour
        ? [minute, 'minute']
        : far < 2 * day
          ? [hour, 'hour']
          : [day, 'day'];
  // What is ahead is rounded, what is past has been reached.
  const count = seconds < 0 ? -Math.floor(far / size) : Math.round(far / size);
  return asTheHost(language, relativeOf(language, { style: 'short' }).format(count, name));
}
