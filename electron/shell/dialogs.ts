import type { App, Dialog } from 'electron';
import { chooseLanguage } from '../../text/languages.ts';
import { sayFailure } from '../../text/said.ts';
import { createSpeaker } from '../../text/speaker.ts';
import type { Failure } from '../contract/failures.ts';

/** Says why there will be no app, in the system's language: no setting has been read. Resolves when it was read. */
export async function tellCannotStart(
  app: Pick<App, 'getPreferredSystemLanguages'>,
  dialog: Dialog,
  failure: Failure,
): Promise<void> {
  const speaker = await createSpeaker(chooseLanguage('system', app.getPreferredSystemLanguages()));
  const { sentence, hint, detail } = sayFailure(speaker, failure);
  const more = [hint, detail].filter((words) => words !== null);
  await dialog.showMessageBox({
    type: 'error',
    title: speaker.t('shell:cannotStart'),
    message: sentence,
    ...(more.length === 0 ? {} : { detail: more.join('\n\n') }),
  });
}
