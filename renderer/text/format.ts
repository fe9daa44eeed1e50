import * as format from '../../text/format.ts';
import type { Language } from '../../text/languages.ts';
import { language, t } from './say.ts';

/** The same in the page's language. */
const here =
  <Rest extends readonly unknown[]>(say: (language: Language, ...rest: Rest) => string) =>
  (...rest: Rest): string =>
    say(language(), ...rest);

export const amount = here(format.amount);
export const bound = here(format.bound);
export const bytes = here(format.bytes);
export const clock = here(format.clock);
export const countdown = here(format.countdown);
export const date = here(format.date);
export const dates = here(format.dates);
export const dayHour = here(format.dayHour);
export const duration = here(format.duration);
export const energy = here(format.energy);
export const exact = here(format.exact);
export const exactPercent = here(format.exactPercent);
export const figure = here(format.figure);
export const instant = here(format.instant);
export const list = here(format.list);
export const milliseconds = here(format.milliseconds);
export const moment = here(format.moment);
export const money = here(format.money);
export const percent = here(format.percent);
export const price = here(format.price);
export const sentenceCase = here(format.sentenceCase);
export const signedAmount = here(format.signedAmount);
export const span = here(format.span);
export const watts = here(format.watts);
export const weekday = here(format.weekday);

/** How far ahead `at` is, in words: `in 23 h`; what is past is due now. Epoch ms. */
export function ahead(at: number, now: number): string {
  const seconds = Math.round((at - now) / 1000);
  return seconds < 60 ? t('common:soon') : format.relative(language(), seconds);
}

/** How long ago `at` was, in words; `now` and `at` are epoch ms. */
export function ago(at: number, now: number): string {
  const seconds = Math.floor((now - at) / 1000);
  return seconds < 10 ? t('common:justNow') : format.relative(language(), -seconds);
}
