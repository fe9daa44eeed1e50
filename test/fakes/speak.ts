import { setSpeaker } from '../../renderer/text/say.ts';
import type { Language } from '../../text/languages.ts';
import { createSpeaker } from '../../text/speaker.ts';

/** Lets the page's words be said in a test. */
export async function speakIn(language: Language): Promise<void> {
  setSpeaker(await createSpeaker(language));
}
