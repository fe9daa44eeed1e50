import type { Failure, FailureCode } from '../electron/contract/failures.ts';
import type { GridView } from '../electron/contract/grids.ts';
import type { Denial } from '../electron/contract/network.ts';
import type { Allowance, Reason } from '../electron/contract/policy.ts';
import type { Said } from '../electron/contract/said.ts';
import { isSetByOrganization } from '../electron/contract/set-by.ts';
import type { Contribution } from '../electron/contract/snapshot.ts';
import english from './catalogue/en.ts';
import type { Language } from './languages.ts';
import type { Speaker, Values } from './speaker.ts';

/** What went wrong, in the speaker's language. */
export interface SaidFailure {
  readonly sentence: string;
  readonly hint: string | null;
  /** The host's own words, in English, which tell more; null where `sentence` is these words already. */
  readonly detail: string | null;
}

/** What happens and why, in a sentence. `now` (epoch ms) is that of the Snapshot. Pure but for the time zone. */
export function sayState(
  speaker: Speaker,
  { said, allowance }: Pick<Contribution, 'said' | 'allowance'>,
  now: number,
): string {
  return said === null ? sayAllowance(speaker, allowance, now) : say(speaker, said, now);
}

/** What binds most, in a sentence, or that nothing does. */
export function sayAllowance(
  speaker: Speaker,
  { share, reasons, organization }: Pick<Allowance, 'share' | 'reasons' | 'organization'>,
  now: number,
): string {
  const [first] = reasons;
  if (!first) return speaker.t('said:allowance.free');
  if (first.code === 'turn') return speaker.t('said:allowance.turn');
  const values = { percent: Math.round(share * 100), reason: sayReason(speaker, first, now) };
  const key = allowanceKey(share, first);
  return isSetByOrganization(first)
    ? speaker.t(`${key}-by`, { ...values, organization: nameOf(speaker, organization) })
    : speaker.t(key, values);
}

function allowanceKey(
  share: number,
  { code }: Reason,
): `said:allowance.${'works' | 'off' | 'paused' | 'paused-until' | 'waits'}` {
  if (share > 0) return 'said:allowance.works';
  switch (code) {
    case 'disabled':
      return 'said:allowance.off';
    case 'schedule':
      return 'said:allowance.waits';
    case 'pause':
      return 'said:allowance.paused-until';
    default:
      return 'said:allowance.paused';
  }
}

function nameOf(speaker: Speaker, organization: string | null): string {
  return organization === null ? speaker.t('said:organization') : foreign(speaker, organization);
}

/** What holds contribution back, in words that fit behind "Paused: …", without a full stop. */
export function sayReason(
  speaker: Speaker,
  { said, lingers }: Pick<Reason, 'said' | 'lingers'>,
  now: number,
): string {
  const reason = say(speaker, said, now);
  return lingers ? speaker.t('said:reason.lingers', { reason }) : reason;
}

/** What a grid does and why, in a sentence. */
export function sayGrid(speaker: Speaker, { said }: Pick<GridView, 'said'>, now: number): string {
  return say(speaker, said, now);
}

/** What a gateway refused and why, in a sentence. */
export function sayDenial(speaker: Speaker, { said }: Pick<Denial, 'said'>, now: number): string {
  return say(speaker, said, now);
}

/** In English a failure's own words; else what its code means in general, with these words as `detail`. Pure. */
export function sayFailure(speaker: Speaker, { code, sentence, hint }: Failure): SaidFailure {
  if (speaker.language === 'en') return { sentence, hint: hint ?? null, detail: null };
  const hintKey = `failure.${code}.hint`;
  return {
    sentence: speaker.t(`said:failure.${code}`),
    hint: isHint(hintKey) ? speaker.t(`said:${hintKey}`) : null,
    detail: hint === undefined ? sentence : `${sentence} ${hint}`,
  };
}

type HintKey = Extract<keyof typeof english.said, `failure.${FailureCode}.hint`>;

function isHint(key: string): key is HintKey {
  return Object.hasOwn(english.said, key);
}

/** The message for anything that the host says. Pure but for the time zone. */
export function say(speaker: Speaker, said: Said, now: number): string {
  return said.code === 'failure'
    ? ofFailure(speaker, said.values)
    : speaker.t(`said:${said.code}`, valuesOf(speaker, said, now));
}

type FailureValues = Extract<Said, { code: 'failure' }>['values'];

function ofFailure(speaker: Speaker, { failure, sentence }: FailureValues): string {
  return sayFailure(speaker, { code: failure, sentence }).sentence;
}

function valuesOf(speaker: Speaker, said: Exclude<Said, { code: 'failure' }>, now: number): Values {
  if (said.code === 'state.starting-after') return { why: ofFailure(speaker, said.values) };
  const { values } = said;
  if ('until' in values) return { until: clockWords(speaker, values.until, now) };
  if ('minutes' in values) return { ...values, after: roughly(speaker, values.minutes) };
  if ('accelerator' in values) return { accelerator: speaker.t(`said:accelerator.${values.accelerator}`) };
  return Object.fromEntries(
    Object.entries<string | number>(values).map(([name, value]) => [
      name,
      typeof value === 'string' ? foreign(speaker, value) : value,
    ]),
  );
}

/** Whose times are told another way than by the language's first country: the host's English is British. */
const locales: Readonly<Partial<Record<Language, string>>> = { en: 'en-GB' };

/** Local wall-clock time of `at`, with the day when it is not that of `now` (both epoch ms). */
function clockWords(speaker: Speaker, at: number, now: number): string {
  const locale = locales[speaker.language] ?? speaker.language;
  const date = new Date(at);
  const time = date.toLocaleTimeString(locale, { hour: '2-digit', minute: '2-digit' });
  if (date.toDateString() === new Date(now).toDateString()) return time;
  const day = date.toLocaleDateString(locale, { day: 'numeric', month: 'short' });
  return speaker.t('said:when.day', { day, time });
}

function roughly(speaker: Speaker, minutes: number): string {
  return minutes < 90
    ? speaker.t('said:after.minutes', { minutes })
    : speaker.t('said:after.hours', { hours: Math.round(minutes / 60) });
}

/** A name or address amid words that run the other way: it turns none of them, and they do not turn it. */
function foreign({ direction }: Speaker, text: string): string {
  if (direction === 'ltr') return text;
  return `\u2068${text.replace(/[\p{Bidi_Control}\p{Cc}\p{Zl}\p{Zp}]/gu, '')}\u2069`;
}
