import en from './catalogue/en.ts';
import type { Language } from './languages.ts';

/** What a language says, by part of the program and key; ICU messages. */
export type Catalogue = { readonly [Part in keyof typeof en]: Readonly<Record<string, string>> };

/** `part:key` of every message there is. */
export type Key = {
  [Part in keyof typeof en]: `${Part}:${keyof (typeof en)[Part] & string}`;
}[keyof typeof en];

/** Each is loaded only when it is spoken. */
const loaders: Readonly<Partial<Record<Language, () => Promise<Catalogue>>>> = {
  en: () => Promise.resolve(en),
};

export function loadCatalogue(language: Language): Promise<Catalogue> {
  return loaders[language]?.() ?? Promise.resolve(en);
}
