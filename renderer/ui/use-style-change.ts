import { useSyncExternalStore } from 'react';

const queries = ['(prefers-color-scheme: dark)', '(prefers-contrast: more)'] as const;

/** Changes with the page's colours, for what is drawn and not styled. */
export function useStyleChange(): string {
  return useSyncExternalStore(
    (changed) => {
      const watched = queries.map((query) => window.matchMedia(query));
      for (const one of watched) one.addEventListener('change', changed);
      return () => {
        for (const one of watched) one.removeEventListener('change', changed);
      };
    },
    () => queries.map((query) => String(window.matchMedia(query).matches)).join(' '),
  );
}
