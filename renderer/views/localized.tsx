import { type ReactNode, useSyncExternalStore } from 'react';
import { I18nProvider } from 'react-aria-components';
import { onSpeaker, speaker } from '../text/say.ts';

/** Tells react-aria what the page speaks, and so from where lists and menus run; else it would ask the browser. */
export function Localized({ children }: { children: ReactNode }): ReactNode {
  const { language } = useSyncExternalStore(onSpeaker, speaker);
  return <I18nProvider locale={language}>{children}</I18nProvider>;
}
