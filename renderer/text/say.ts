import type { Key } from '../../text/catalogues.ts';
import { chooseLanguage, type Language } from '../../text/languages.ts';
import { createSpeaker, type Speaker, type Values } from '../../text/speaker.ts';

let current: Speaker | null = null;
const listeners = new Set<() => void>();

/** Who speaks from now on; whoever showed words shows them anew. */
export function setSpeaker(speaker: Speaker): void {
  current = speaker;
  for (const listener of listeners) listener();
}

/** Who speaks now. Nothing is shown before somebody does. */
export function speaker(): Speaker {
  if (current === null) throw new Error('no language was chosen yet');
  return current;
}

/** Calls `listener` whenever another language is spoken; returns the way to stop. */
export function onSpeaker(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The message in the page's language, with its values put in. */
export function t(key: Key, values?: Values): string {
  return speaker().t(key, values);
}

/** What stands before and after one of the message's values, for a value that is more than words. */
export function around(key: Key, value: string): readonly [before: string, after: string] {
  const mark = '\u0000';
  const [before = '', after = ''] = t(key, { [value]: mark }).split(mark);
  return [before, after];
}

/** The page's language. */
export function language(): Language {
  return speaker().language;
}

/** The latest that was asked for; whatever takes longer to load than what came after it is not spoken. */
let latest = 0;

/**
 * Speaks the language that the person wants.
 * @param wanted the setting `ui.language`
 */
export async function speak(wanted: string): Promise<void> {
  latest += 1;
  const mine = latest;
  const chosen = chooseLanguage(wanted, navigator.languages);
  if (current?.language === chosen) return;
  const next = await createSpeaker(chosen);
  if (mine === latest) setSpeaker(next);
}
