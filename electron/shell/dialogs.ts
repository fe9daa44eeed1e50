import type { App, Dialog } from 'electron';
import { chooseLanguage } from '../../text/languages.ts';
import { createSpeaker } from '../../text/speaker.ts';
import type { Failure } from '../contract/failures.ts';

/** Says why there will be no app, in the system's language: no setting has been read. Resolves when it was read. */
export async function tellCannotStart(
  app: Pick<App, 'getPreferredSystemLanguages'>,
  dialog: Dialog,
  { sentence, hint }: Failure,
): Promise<void> {
  const { t } = await createSpeaker(chooseLanguage('system', app.getPreferredSystemLanguages()));
  await dialog.showMessageBox({
    type: 'error',
    title: t('shell:cannotStart'),
    message: sentence,
    ...(hint === undefined ? {} : { detail: hint }),
  });
}
