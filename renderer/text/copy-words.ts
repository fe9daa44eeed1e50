import { t } from './say.ts';

/** What a button says that copies something, before and after. */
export function copyWords(): { readonly words: string; readonly copied: string; readonly selected: string } {
  const keys = navigator.userAgent.includes('Macintosh') ? '⌘C' : 'Ctrl+C';
  return { words: t('health:copy'), copied: t('health:copied'), selected: t('health:selected', { keys }) };
}
