import type { Check, CheckFix, CheckKey, FixReport } from '../../electron/contract/health.ts';
import english from '../../text/catalogue/en.ts';
import { bytes, duration } from './format.ts';
import { plain } from './plain.ts';
import { organizationName } from './policy-words.ts';
import { t } from './say.ts';

/** What a check came to, in words. */
export interface CheckWords {
  readonly title: string;
  readonly sentence: string;
  /** What the host says beyond that, in English. */
  readonly detail: string | null;
  /** What to do where nothing mends it. */
  readonly hint: string | null;
  /** The same from the host, in English, where the catalogue has none. */
  readonly hostHint: string | null;
}

type HintKey = Extract<keyof typeof english.health, `hint.${string}`> extends `hint.${infer Of}` ? Of : never;

/** Where the host's own words tell more than the sentence of the code does. */
const toldMore: ReadonlySet<CheckKey> = new Set<CheckKey>([
  'common.error',
  'qemu.too-old',
  'accelerator.hardware',
  'accelerator.emulated',
  'isolation.refused',
  'images.missing',
  'images.damaged',
  'images.not-built',
  'settings.broken',
  'settings.unusable',
  'network.proxy-refused',
  'problems.some',
]);

/** Says what a check came to; where another version of the host has a code of its own, by the host's words alone. */
export function checkWords(check: Check): CheckWords {
  const { id, code, detail, hint = null, fix } = check;
  const title = t(`health:title.${id}`);
  const key = [`${id}.${code}`, `common.${code}`].find(isCheckKey);
  if (key === undefined) return { title, sentence: detail, detail: null, hint: null, hostHint: hint };
  const sentence = t(`health:check.${key}`, sentenceValues(check));
  const common = { title, sentence, detail: toldMore.has(key) && detail !== sentence ? detail : null };
  // What the fix says takes the place of any hint.
  if (fix) return { ...common, hint: null, hostHint: null };
  return isHintKey(key)
    ? { ...common, hint: t(`health:hint.${key}`), hostHint: null }
    : { ...common, hint: null, hostHint: toldMore.has(key) ? hint : null };
}

/** Whether the catalogue has a sentence of it; that it has all of them is the compiler's to see, where it is said. */
function isCheckKey(key: string): key is CheckKey {
  return Object.hasOwn(english.health, `check.${key}`);
}

function isHintKey(key: string): key is HintKey {
  return Object.hasOwn(english.health, `hint.${key}`);
}

/** Where keys are, by what the host calls it. */
const places = new Map<unknown, 'store' | 'file' | 'noStore'>([
  ['the system’s key store', 'store'],
  ['a file that only this user may read', 'file'],
  ['a file that only this user may read, because there is no key store here', 'noStore'],
]);

/** Quantities as they are written, names of others set apart. */
function sentenceValues({ values }: Check): Record<string, string | number> {
  const said: Record<string, string | number> = { organization: organizationName(null) };
  for (const [name, value] of Object.entries(values)) {
    const place = name === 'place' ? places.get(value) : undefined;
    if (place !== undefined) said['place'] = t(`health:place.${place}`);
    else if (name === 'bytes') said['bytes'] = bytes(Number(value));
    else if (name === 'freeBytes') said['free'] = bytes(Number(value));
    else if (name === 'seconds') said['time'] = duration(Math.abs(Number(value)));
    else said[name] = typeof value === 'string' ? plain(value) : value;
  }
  return said;
}

/** What becomes of a fix, and what it is. */
export function fixWords({ code }: CheckFix): string {
  return t(`health:fix.${code}.about`);
}

/** What came of a fix. */
export function outcomeWords({ outcome, freedBytes }: FixReport): string {
  if (outcome === 'done' && freedBytes !== null) return t('health:freed', { bytes: bytes(freedBytes) });
  return t(`health:outcome.${outcome}`);
}
