import type { Message } from 'dbus-next';
import type { Disposable } from '../base/disposal.ts';
import type { Log } from '../base/log.ts';

const watcherName = 'org.kde.StatusNotifierWatcher';
const busName = 'org.freedesktop.DBus';
/** The library's own list begins to read a cookie file that no bus of today keeps, and fails over its absence. */
const authMethods = ['EXTERNAL', 'ANONYMOUS'] as const;

export interface TrayWatch extends Disposable {
  /** Whether this desktop had a tray when it was asked. */
  readonly present: boolean;
}

/**
 * Asks the session bus whether a StatusNotifier tray exists, and tells whenever one comes (a panel that started later than
 * we did, or restarted: Electron registers its icon only once) or goes. No session bus means no tray.
 */
export async function watchTray(onChange: (present: boolean) => void, log: Log): Promise<TrayWatch> {
  const { Message: BusMessage, sessionBus } = await import('dbus-next');
  const ask = (member: string, word: string): Message =>
    new BusMessage({
      destination: busName,
      path: '/org/freedesktop/DBus',
      interface: busName,
      member,
      signature: 's',
      body: [word],
    });
  try {
    const bus = sessionBus({ authMethods: [...authMethods] });
    const lost = new Promise<never>((_resolve, reject) => {
      bus.on('error', (error: unknown) => {
        reject(error instanceof Error ? error : new Error(String(error)));
      });
    });
    lost.catch((error: unknown) => {
      log.warn('tray', 'the session bus is not usable', { words: String(error) });
    });
    const call = async (message: Message): Promise<unknown> => {
      const reply = await Promise.race([bus.call(message), lost]);
      return reply?.body[0];
    };
    bus.on('message', (message: Message) => {
      const [name, , owner] = message.body as unknown[];
      if (message.sender === busName && message.member === 'NameOwnerChanged' && name === watcherName) {
        onChange(owner !== '');
      }
    });
    await call(
      ask(
        'AddMatch',
        `type='signal',sender='${busName}',interface='${busName}',member='NameOwnerChanged',arg0='${watcherName}'`,
      ),
    );
    const present = (await call(ask('NameHasOwner', watcherName))) === true;
    return {
      present,
      dispose: () => {
        bus.disconnect();
      },
    };
  } catch (error) {
    log.warn('tray', 'this desktop cannot be asked for its tray', { words: String(error) });
    return { present: false, dispose: () => undefined };
  }
}
