export type Language = 'en' | 'de' | 'fr' | 'es' | 'ja' | 'ar';
export type Direction = 'ltr' | 'rtl';

export interface LanguageInfo {
  readonly code: Language;
  /** In the language itself. */
  readonly name: string;
  readonly direction: Direction;
  /** Somebody who speaks it has read it; else the menu says that nobody has. */
  readonly isChecked: boolean;
}

/** The languages that Gleaner speaks, in the order of the menu. */
export const languages: readonly LanguageInfo[] = [
  { code: 'en', name: 'English', direction: 'ltr', isChecked: true },
  { code: 'de', name: 'Deutsch', direction: 'ltr', isChecked: false },
  { code: 'fr', name: 'Français', direction: 'ltr', isChecked: false },
  { code: 'es', name: 'Español', direction: 'ltr', isChecked: false },
  { code: 'ja', name: '日本語', direction: 'ltr', isChecked: false },
  { code: 'ar', name: 'العربية', direction: 'rtl', isChecked: false },
];

/**
 * The language to speak. Pure.
 * @param wanted the person's setting; `system` (or what Gleaner does not speak): the first of the system's that it
 *   speaks, else English
 * @param ofSystem BCP 47 tags, the preferred first
 */
export function chooseLanguage(wanted: string, ofSystem: readonly string[]): Language {
  for (const tag of [wanted, ...ofSystem]) {
    const found = languages.find(({ code }) => code === tag.toLowerCase().split('-')[0]);
    if (found) return found.code;
  }
  return 'en';
}

export function directionOf(language: Language): Direction {
  return languages.find(({ code }) => code === language)?.direction ?? 'ltr';
}
