import en from './catalogue/en.ts';
import type { Language } from './languages.ts';

/** What a language says, by part of the program and key; ICU messages. */
export type Catalogue = { readonly [Part in keyof typeof en]: Readonly<Record<string, string>> };

/** `part:key` of every message there is. */
export type Key = {
  [Part in keyof typeof en]: `${Part}:${keyof (typeof en)[Part] & string}`;
}[keyof typeof en];

/** Each is loaded only when it is spoken. */
const loaders: Readonly<Record<Language, () => Promise<Catalogue>>> = {
  en: () => Promise.resolve(en),
  de: async () => (await import('./catalogue/de.ts')).default,
  fr: async () => (await import('./catalogue/fr.ts')).default,
  es: async () => (await import('./catalogue/es.ts')).default,
  ja: async () => (await import('./catalogue/ja.ts')).default,
  ar: async () => (await import('./catalogue/ar.ts')).default,
};

export function loadCatalogue(language: Language): Promise<Catalogue> {
  return loaders[language]();
}
