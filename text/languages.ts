export type Language = 'en' | 'de' | 'fr' | 'es' | 'ja' | 'ar';

export interface LanguageInfo {
  readonly code: Language;
  /** In the language itself. */
  readonly name: string;
  readonly direction: 'ltr' | 'rtl';
  /** Somebody who speaks it has read it; else the menu says that nobody has. */
  readonly isChecked: boolean;
}

/** The languages that Gleaner speaks, in the order of the menu. */
export const languages: readonly LanguageInfo[] = [
  { code: 'en', name: 'English', direction: 'ltr', isChecked: true },
];

/**
 * The language to speak. Pure.
 * @param wanted the person's setting; `system`: the first of the system's that Gleaner speaks, else English
 * @param ofSystem BCP 47 tags, the preferred first
 */
export function chooseLanguage(wanted: Language | 'system', ofSystem: readonly string[]): Language {
  if (wanted !== 'system') return wanted;
  for (const tag of ofSystem) {
    const found = languages.find(({ code }) => code === tag.toLowerCase().split('-')[0]);
    if (found) return found.code;
  }
  return 'en';
}

export function directionOf(language: Language): 'ltr' | 'rtl' {
  return languages.find(({ code }) => code === language)?.direction ?? 'ltr';
}
