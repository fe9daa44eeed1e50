import { type NativeImage, Notification } from 'electron';
import type { Disposable } from '../base/disposal.ts';
import type { Log } from '../base/log.ts';
import type { NoticeWords } from './notice-words.ts';

/** A notification of this desktop. One that cannot be shown is logged, and no more: window and tray say the same. */
export function showNotification(
  words: NoticeWords,
  icon: NativeImage,
  onClick: () => void,
  log: Log,
): Disposable {
  const notification = new Notification({ ...words, icon, silent: true });
  notification.on('click', onClick);
  notification.on('failed', (_event, error) => {
    log.info('notify', 'a notification was not shown', { words: error });
  });
  notification.show();
  return {
    dispose() {
      notification.removeAllListeners();
      notification.close();
    },
  };
}
