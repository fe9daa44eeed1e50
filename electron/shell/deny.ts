import type { App, DownloadItem, Event, Session, WebContents } from 'electron';
import type { Disposable } from '../base/disposal.ts';
import type { Log } from '../base/log.ts';
import { pageOrigin } from './app-protocol.ts';

/**
 * Puts every renderer into Chromium's sandbox, whatever its window asks for. Before the app is ready. Root cannot
 * have that sandbox and starts us with `--no-sandbox`; the two together would end every child at its start.
 */
export function sandboxRenderers(app: App): void {
  if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox();
}

type Refused = (what: string, detail: string) => void;

const logRefusals =
  (log: Log): Refused =>
  (what, detail) => {
    log.warn('window', `refused ${what}`, { detail: detail.slice(0, 200) });
  };

/**
 * Denies by default everything that a page could ask of its session: permissions, devices, downloads and requests
 * that leave `app://gleaner`. The window's own pages need none of it, so whatever is refused here is a fault or an
 * attack and goes to the log. Disposing it lets downloads pass; all else stays denied.
 */
export function denyInSession(session: Session, log: Log): Disposable {
  const refused = logRefusals(log);
  session.setPermissionRequestHandler((_contents, permission, answer) => {
    refused('a permission', permission);
    answer(false);
  });
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  session.setDisplayMediaRequestHandler((_request, answer) => {
    refused('a screen capture', 'display media');
    answer({});
  });
  session.setBluetoothPairingHandler((_details, answer) => {
    answer({ confirmed: false });
  });
  session.webRequest.onBeforeRequest(({ url }, answer) => {
    const ours = url.startsWith(`${pageOrigin}/`) || url.startsWith('devtools://');
    if (!ours) refused('a request', url);
    answer({ cancel: !ours });
  });
  const refuseDownload = (event: Event, item: DownloadItem): void => {
    refused('a download', item.getURL());
    event.preventDefault();
  };
  session.on('will-download', refuseDownload);
  return { dispose: () => void session.off('will-download', refuseDownload) };
}

/** Denies every page, of whatever window, navigation, new windows, webviews and Bluetooth. Disposing it leaves pages made later alone. */
export function denyInPages(app: App, log: Log): Disposable {
  const refused = logRefusals(log);
  const deny = (_event: Event, contents: WebContents): void => {
    denyIn(contents, refused);
  };
  app.on('web-contents-created', deny);
  return { dispose: () => void app.off('web-contents-created', deny) };
}

function denyIn(contents: WebContents, refused: Refused): void {
  contents.setWindowOpenHandler(({ url }) => {
    refused('a new window', url);
    return { action: 'deny' };
  });
  // Fires for the main frame and for every other; our own first load is not a navigation by the page.
  contents.on('will-frame-navigate', (details) => {
    // A page may begin anew, which leads nowhere else.
    if (details.isMainFrame && details.url === contents.getURL()) return;
    refused('a navigation', details.url);
    details.preventDefault();
  });
  contents.on('will-redirect', (details) => {
    refused('a redirect', details.url);
    details.preventDefault();
  });
  contents.on('will-attach-webview', (event) => {
    refused('a webview', '');
    event.preventDefault();
  });
  contents.on('select-bluetooth-device', (event, _devices, answer) => {
    event.preventDefault();
    answer('');
  });
}
