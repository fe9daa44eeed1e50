import i18next from 'i18next';
import ICU from 'i18next-icu';
import { type Key, loadCatalogue } from './catalogues.ts';
import { type Direction, directionOf, type Language } from './languages.ts';

export type Values = Readonly<Record<string, string | number | Date>>;

/** Says messages of the catalogue in one language. */
export interface Speaker {
  readonly language: Language;
  readonly direction: Direction;
  /** The message with its values put in: numbers, dates and plurals as the language writes them. */
  readonly t: (key: Key, values?: Values) => string;
}

/** Where a language lacks a message, which a test forbids, English says it. */
export async function createSpeaker(language: Language): Promise<Speaker> {
  const [english, own] = await Promise.all([loadCatalogue('en'), loadCatalogue(language)]);
  const instance = i18next.createInstance().use(ICU);
  await instance.init({
    lng: language,
    fallbackLng: 'en',
    resources: { ...{ en: english }, [language]: own },
    ns: Object.keys(english),
    defaultNS: false,
    keySeparator: false,
    nsSeparator: ':',
    // What is put in is shown as text, never as markup.
    interpolation: { escapeValue: false },
    initAsync: false,
  });
  return {
    language,
    direction: directionOf(language),
    t: (key, values) => instance.t(key, values ?? {}),
  };
}
