import { type Place, placeFragment } from '../../../electron/contract/place.ts';
import type { Language } from '../../../text/languages.ts';
import { createSpeaker, type Speaker } from '../../../text/speaker.ts';
import type { GalleryRun } from './gallery.ts';

/** Sets the language as the person does anywhere but in this window. Answers with what speaks it; waits for nothing. */
export async function speaks({ app }: GalleryRun, language: Language): Promise<Speaker['t']> {
  await app.evaluate((_electron, value) => {
    // It has happened once this returns; a promise that nobody holds may be collected before Playwright has heard of it.
    void globalThis.gallery.host.call('settings.set', { key: 'ui.language', value });
  }, language);
  return (await createSpeaker(language)).t;
}

let count = 0;

/** As the shell sends an open window to a place. */
export async function sendTo({ app }: GalleryRun, place: Place): Promise<void> {
  count += 1;
  await app.evaluate(
    ({ BrowserWindow }, fragment) => {
      const [window] = BrowserWindow.getAllWindows();
      void window?.loadURL(new URL(fragment, window.webContents.getURL()).href);
    },
    placeFragment(place, count),
  );
}
