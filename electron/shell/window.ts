import { BrowserWindow, nativeTheme, screen, type WebContents } from 'electron';
import type { Disposable } from '../base/disposal.ts';
import type { Log } from '../base/log.ts';
import { pageOrigin } from './app-protocol.ts';
import type { TrayIcons } from './icons.ts';
import { type Rectangle, usableBounds } from './shell-state.ts';
import { text } from './text.ts';

export interface MainWindowOptions {
  readonly preloadPath: string;
  readonly icons: TrayIcons;
  readonly log: Log;
  readonly bounds: () => Rectangle | null;
  readonly onBounds: (bounds: Rectangle) => void;
  /** Called before the first window only: a session costs memory that a tray alone does not need. */
  readonly prepareSession: () => void;
}

/** What the page shows before its own colours are there; the tokens' `--paper` in renderer/ui/tokens.css. */
const paper = { light: '#f8f9f7', dark: '#141815' };

/**
 * The one window: made when it is asked for and destroyed when it is closed, so that a closed window costs no
 * memory. The app lives on without it.
 */
export class MainWindow implements Disposable {
  readonly #o: MainWindowOptions;
  #window: BrowserWindow | undefined;
  #prepared = false;

  constructor(options: MainWindowOptions) {
    this.#o = options;
  }

  isOwn(contents: WebContents): boolean {
    return this.#window?.webContents === contents;
  }

  /** Shows the window, in front. `notice` is handed to the page in its address. */
  open(notice?: 'no-tray'): void {
    if (this.#window) {
      if (this.#window.isMinimized()) this.#window.restore();
      this.#window.show();
      this.#window.focus();
      return;
    }
    this.#window = this.#create(notice);
  }

  dispose(): void {
    const window = this.#window;
    this.#window = undefined;
    if (!window) return;
    this.#o.onBounds(window.getNormalBounds());
    window.destroy();
  }

  #create(notice: string | undefined): BrowserWindow {
    const { log, icons, preloadPath } = this.#o;
    if (!this.#prepared) this.#o.prepareSession();
    this.#prepared = true;
    const saved = usableBounds(
      this.#o.bounds(),
      screen.getAllDisplays().map((display) => display.workArea),
    );
    const window = new BrowserWindow({
      title: text.app,
      width: 880,
      height: 780,
      ...saved,
      minWidth: 420,
      minHeight: 480,
      show: false,
      autoHideMenuBar: true,
      icon: icons.app,
      backgroundColor: nativeTheme.shouldUseDarkColors ? paper.dark : paper.light,
      webPreferences: {
        preload: preloadPath,
        contextIsolation: true,
        sandbox: true,
        nodeIntegration: false,
        nodeIntegrationInSubFrames: false,
        nodeIntegrationInWorker: false,
        webSecurity: true,
        webviewTag: false,
        navigateOnDragDrop: false,
        spellcheck: false,
        enableWebSQL: false,
      },
    });
    window.once('ready-to-show', () => {
      window.show();
    });
    window.on('close', () => {
      this.#o.onBounds(window.getNormalBounds());
    });
    window.once('closed', () => {
      if (this.#window === window) this.#window = undefined;
    });
    window.webContents.on('render-process-gone', (_event, { reason }) => {
      log.warn('window', 'the page is gone', { reason });
      // Never reopened by itself: a page that falls at its start would do so for ever.
      window.destroy();
    });
    window
      .loadURL(`${pageOrigin}/${notice === undefined ? '' : `?notice=${notice}`}`)
      .catch((error: unknown) => {
        log.warn('window', 'the page did not load', { words: String(error) });
      });
    return window;
  }
}
